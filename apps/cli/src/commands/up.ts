import { existsSync } from 'node:fs';
import type { AnyServiceDefinition } from '@taxon/service';
import type { Command } from 'commander';
import type { Terminal } from '../terminal.ts';
import { asksForHelp, hostUntilStopped } from './host.ts';

const examples = `
Examples:
  taxon up                          takes taxon.yaml from here, if there is one
  taxon up --config production.yaml --server.port 50051
  taxon up --models tickets=models/tickets
  taxon up --registry registry --events.url kafka://broker-1:9092

--registry is that of all services (default: TAXON_REGISTRY, else the folder registry).
Events are kept in the folder events, unless --events.folder or --events.url says otherwise.`;

const usualConfig = 'taxon.yaml';

/** The flags, with the configuration file that lies here where none is named. */
const withUsualConfig = (words: readonly string[]): readonly string[] => {
  const named = words.some((word) => /^--config(=|$)/u.test(word)) || process.env['TAXON_CONFIG'] !== undefined;
  return named || !existsSync(usualConfig) ? words : ['--config', usualConfig, ...words];
};

/** `--registry PLACE`, else TAXON_REGISTRY, for all services that have one: they are to mean the same. A service's own flag wins. */
const withOneRegistry = (words: readonly string[], definitions: readonly AnyServiceDefinition[]): readonly string[] => {
  const at = words.findIndex((word) => /^--registry(=|$)/u.test(word));
  const joined = at >= 0 && words[at]!.includes('=');
  const place =
    at < 0 ? process.env['TAXON_REGISTRY'] : joined ? words[at]!.slice('--registry='.length) : words[at + 1];
  if (place === undefined || place === '') return words;
  const others = at < 0 ? words : words.toSpliced(at, joined ? 1 : 2);
  const sections = definitions.filter(({ config }) => 'registry' in config.shape).map(({ name }) => name);
  return [...sections.map((section) => `--${section}.registry=${place}`), ...others];
};

const up = async (terminal: Terminal, words: readonly string[]): Promise<void> => {
  const services = await Promise.all([
    import('@taxon/app-tokenizer'),
    import('@taxon/app-augmenter'),
    import('@taxon/app-trainer'),
    import('@taxon/app-distiller'),
    import('@taxon/app-inference'),
    import('@taxon/app-monitor'),
  ]);
  const [tokenizer, augmenter, trainer, distiller, inference, monitor] = services;
  const definitions = [
    tokenizer.tokenizerService,
    augmenter.augmenterService,
    trainer.trainerService,
    distiller.distillerService,
    inference.inferenceService,
    monitor.monitorService,
  ];
  if (asksForHelp(words)) {
    const { describeServices } = await import('@taxon/service');
    return terminal.out(`Usage: taxon up [options]\n\n${describeServices(definitions)}\n${examples}`);
  }
  await hostUntilStopped(terminal, {
    definitions,
    argv: withOneRegistry(withUsualConfig(words), definitions),
    eventsBelow: '.',
  });
};

export const addUpCommand = (program: Command, terminal: Terminal): void => {
  program
    .command('up')
    .description('serve all services in one process')
    .usage('[options]')
    // The services know their options; --help asks them.
    .argument('[flags...]')
    .helpOption(false)
    .allowUnknownOption()
    .action((words: string[]) => up(terminal, words));
};
