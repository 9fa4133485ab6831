import { invalidInput } from '@taxon/errors';
import { Command, CommanderError } from 'commander';
import { addAugmentCommand } from './commands/augment.ts';
import { addCompareCommand } from './commands/compare.ts';
import { addCompressCommand } from './commands/compress.ts';
import { addDistilCommand } from './commands/distil.ts';
import { addEngineCommand } from './commands/engine.ts';
import { addEvaluateCommand } from './commands/evaluate.ts';
import { addFeedbackCommand } from './commands/feedback.ts';
import { addModelsCommand } from './commands/models.ts';
import { addEventsCommand } from './commands/events.ts';
import { addMonitorCommand } from './commands/monitor.ts';
import { addPredictCommand } from './commands/predict.ts';
import { addRecipeCommand } from './commands/recipe.ts';
import { addSearchCommand } from './commands/search.ts';
import { addServeCommand } from './commands/serve.ts';
import { addTrainCommand } from './commands/train.ts';
import { addUpCommand } from './commands/up.ts';
import { exitCodes, reportError } from './exit.ts';
import type { Terminal } from './terminal.ts';
import { version } from './version.ts';

const introduction = `
Begin with:
  taxon train data.csv --out model/      columns text and label
  taxon predict model/ "a text"
  taxon COMMAND --help                   options and examples`;

const createProgram = (terminal: Terminal, argv: readonly string[]): Command => {
  const program = new Command('taxon')
    .description('Train, evaluate and serve text classifiers of the BERT family.')
    .version(version, '-V, --version', 'print the version')
    .option('--verbose', 'show where an error comes from')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .addHelpText('after', introduction)
    .showSuggestionAfterError()
    .exitOverride()
    // Errors are told in one place, `reportError`.
    .configureOutput({ outputError: () => undefined });
  addTrainCommand(program, terminal, argv);
  addSearchCommand(program, terminal, argv);
  addAugmentCommand(program, terminal);
  addDistilCommand(program, terminal, argv);
  addEvaluateCommand(program, terminal);
  addCompareCommand(program, terminal);
  addCompressCommand(program, terminal);
  addPredictCommand(program, terminal);
  addServeCommand(program, terminal);
  addUpCommand(program, terminal);
  addModelsCommand(program, terminal);
  addMonitorCommand(program, terminal);
  addFeedbackCommand(program, terminal);
  addRecipeCommand(program, terminal);
  addEventsCommand(program, terminal);
  addEngineCommand(program, terminal);
  return program;
};

/** Commander's complaint, e.g. `error: unknown option '--epoch'\n(Did you mean --epochs?)`, as ours. */
const usageError = ({ message }: CommanderError, argv: readonly string[], program: Command): Error => {
  const [first = '', ...rest] = message.replace(/^error: /u, '').split('\n');
  const known = program.commands.find((command) => command.name() === argv[0]);
  const help = `${known === undefined ? 'taxon' : `taxon ${known.name()}`} --help lists what there is`;
  return invalidInput([first, ...rest].join(' '), help);
};

/** Whether a flag is given before a lone `--`, where flags end and texts begin. */
const hasFlag = (argv: readonly string[], flag: string): boolean => {
  const end = argv.indexOf('--');
  return (end < 0 ? argv : argv.slice(0, end)).includes(flag);
};

/**
 * Runs one command line to its end.
 * @param argv without node and script
 * @returns the exit code: 0, 2 for what the caller can mend, 130 when interrupted, 1 for the rest
 */
export const runCommandLine = async (argv: readonly string[], terminal: Terminal): Promise<number> => {
  const program = createProgram(terminal, argv);
  const style = { json: hasFlag(argv, '--json'), verbose: hasFlag(argv, '--verbose') };
  try {
    await program.parseAsync(argv, { from: 'user' });
    return exitCodes.ok;
  } catch (error) {
    if (!(error instanceof CommanderError)) return reportError(error, terminal, style);
    if (error.exitCode === 0) return exitCodes.ok;
    // `taxon` alone: the help that commander has printed says it all.
    if (error.code === 'commander.help') return exitCodes.invalidInput;
    return reportError(usageError(error, argv, program), terminal, style);
  }
};
