import type { Lineage } from '@taxon/registry';
import { Option, type Command } from 'commander';
import {
  checkOutModel,
  collectModels,
  moveAlias,
  showHistory,
  type AliasCommandOptions,
  type CollectCommandOptions,
} from '../models/change.ts';
import { listModels, showModel } from '../models/list.ts';
import { registerModel, type RegisterCommandOptions } from '../models/register.ts';
import { addRegistryOption, type RegistryOption } from '../models/registry-option.ts';
import { numberFrom, wholeNumber } from '../option-values.ts';
import type { Terminal } from '../terminal.ts';

const examples = `
Examples:
  taxon models register intents model/ --with-data --alias serving
  taxon models list
  taxon models show intents                                all versions; intents@3 or intents@serving: one
  taxon models alias intents serving 3 --expect 2 --reason "better on new rows"
  taxon models history intents
  taxon models checkout intents@serving model-3/
  taxon models gc --dry-run
  taxon models list --registry s3://bucket/taxon           with AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION,
                                                           and AWS_ENDPOINT_URL for servers other than AWS`;

const hows: readonly Lineage['how'][] = ['trained', 'distilled', 'compressed', 'imported'];

const versionOrNone = (text: string): number | 'none' => (text === 'none' ? text : wholeNumber(1)(text));

const version = wholeNumber(1);

/** Who did it, and why. */
const addCause = (command: Command): Command =>
  command
    .option('--reason <text>', 'why, for the audit log')
    .option('--by <name>', 'who, for the audit log (default: the user)')
    .option('--event-id <id>', 'asked for twice under one id, it is done once');

const addReading = (models: Command, terminal: Terminal): void => {
  addRegistryOption(models.command('list').description('models with their newest versions and aliases'))
    .addHelpText('after', '\nExamples:\n  taxon models list\n  taxon models list --json')
    .action((options: RegistryOption) => listModels(terminal, options));
  addRegistryOption(
    models
      .command('show')
      .description("a model's versions, or one version with its lineage, scores and files")
      .argument('<model>', 'NAME, NAME@VERSION or NAME@ALIAS'),
  )
    .addHelpText('after', '\nExamples:\n  taxon models show intents\n  taxon models show intents@serving --json')
    .action((model: string, options: RegistryOption) => showModel(terminal, model, options));
  addRegistryOption(
    models
      .command('history')
      .description('all that ever happened to a model: by whom, when and why')
      .argument('<model>', 'name of the model'),
  )
    .addHelpText('after', '\nExamples:\n  taxon models history intents\n  taxon models history intents --json')
    .action((model: string, options: RegistryOption) => showHistory(terminal, model, options));
};

const addWriting = (models: Command, terminal: Terminal): void => {
  const register = models
    .command('register')
    .description('store a model folder as the next version of a model; the same content is one version')
    .argument('<model>', 'name of the model')
    .argument('<folder>', 'model folder')
    .option(
      '--with-data',
      'keep what it was trained and scored on with it, so that it can be trained again and compared',
    )
    .option('--alias <name>', 'let this alias point at it, e.g. serving')
    .option('--parent <version>', 'the version that it was made of', version)
    .addOption(new Option('--how <way>', 'how it was made (default: as the folder says)').choices(hows));
  addRegistryOption(addCause(register))
    .option('--quiet', 'the result alone')
    .addHelpText(
      'after',
      '\nExamples:\n  taxon models register intents model/\n  taxon models register intents model/ --with-data --alias serving\n  taxon models register intents model/ --alias candidate --parent 3',
    )
    .action((model: string, folder: string, options: RegisterCommandOptions) =>
      registerModel(terminal, model, folder, options),
    );
  const alias = models
    .command('alias')
    .description('let an alias point at another version')
    .argument('<model>', 'name of the model')
    .argument('<alias>', 'serving, shadow, candidate, or a word of your own')
    .argument('[version]', 'number of the version', version)
    .option('--expect <version>', 'only if it points there now; none: nowhere', versionOrNone)
    .option('--remove', 'let it point nowhere');
  addRegistryOption(addCause(alias))
    .addHelpText(
      'after',
      '\nExamples:\n  taxon models alias intents serving 3\n  taxon models alias intents serving 3 --expect 2\n  taxon models alias intents shadow --remove',
    )
    .action((model: string, name: string, to: number | undefined, options: AliasCommandOptions) =>
      moveAlias(terminal, [model, name, to], options),
    );
};

const addFolders = (models: Command, terminal: Terminal): void => {
  const checkout = models
    .command('checkout')
    .description("a version's files as a folder, checked against their digests")
    .argument('<model>', 'NAME, NAME@VERSION or NAME@ALIAS; NAME alone is what serves')
    .argument('[folder]', 'must not be there yet (default: one of the cache)');
  addRegistryOption(checkout)
    .option('--quiet', 'the result alone')
    .addHelpText('after', '\nExamples:\n  taxon models checkout intents@3 model-3/\n  taxon models checkout intents')
    .action((model: string, folder: string | undefined, options: RegistryOption) =>
      checkOutModel(terminal, model, folder, options),
    );
  const collect = models
    .command('gc')
    .description('remove versions that no alias and no process holds, and what only they had stored')
    .option('--keep-last <n>', 'newest versions of each model that stay (default: 5)', wholeNumber(0))
    .option('--keep-days <n>', 'days that every version stays (default: 7)', numberFrom(0, 36_500))
    .option('--keep-parents', 'keep the versions that others were made of')
    .option('--dry-run', 'tell, and remove nothing');
  addRegistryOption(collect)
    .addHelpText(
      'after',
      '\nExamples:\n  taxon models gc --dry-run\n  taxon models gc --keep-last 3 --keep-days 0 --keep-parents\n\nWhat was stored within the last hour stays until a later run: a registration may be at it.',
    )
    .action((options: CollectCommandOptions) => collectModels(terminal, options));
};

/** `taxon models`: versions of models, what serves, and what happened to them. */
export const addModelsCommand = (program: Command, terminal: Terminal): void => {
  const models = program
    .command('models')
    .description('keep versions of models: register, promote, look back, clean up')
    .helpCommand(false)
    .addHelpText('after', examples);
  addReading(models, terminal);
  addWriting(models, terminal);
  addFolders(models, terminal);
};
