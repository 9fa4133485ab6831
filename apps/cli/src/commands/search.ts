import type { Command } from 'commander';
import { wholeNumber } from '../option-values.ts';
import { addRecipeOptions, recipeFrom } from '../recipe-options.ts';
import { formatTrials } from '../render/trials.ts';
import { formatTrainingResult } from '../render/training-result.ts';
import type { Terminal } from '../terminal.ts';
import { runShown, type TrainOptions } from './train.ts';

interface SearchOptions extends TrainOptions {
  trials: number;
  pruner?: string;
}

const examples = `
Examples:
  taxon search tickets.csv --trials 10 --out model/
  taxon search tickets.csv --trials 30 --pruner halving --set search.seed=1
  taxon search --recipe recipe.yaml --set "search.options={optimizer.epochs: [2, 4], optimizer.dropout: [0, 0.1, 0.2]}"
  taxon train tickets.csv --recipe model/run/best-recipe.yaml     the recipe that was found

The first trial is the recipe as it stands; the others take options at random from search.options. Each is judged by the
validation part alone, the best model is saved. Ctrl-C leaves a checkpoint that --resume goes on from.`;

const search = async (
  terminal: Terminal,
  argv: readonly string[],
  data: string | undefined,
  options: SearchOptions,
) => {
  const { trials, pruner, set, ...rest } = options;
  const asked = [`search.trials=${trials}`, ...(pruner === undefined ? [] : [`search.pruner=${pruner}`])];
  const recipe = await recipeFrom(data, { ...rest, set: [...((set ?? []) as string[]), ...asked] });
  const result = await runShown(terminal, argv, recipe, options);
  if (options.json) return terminal.out(JSON.stringify({ kind: 'result', ...result }));
  if (result.search !== undefined) for (const line of formatTrials(result.search)) terminal.out(line);
  terminal.out(formatTrainingResult(result, terminal.outColors));
};

/** `taxon search`: trainings with other options, of which the best is kept. */
export const addSearchCommand = (program: Command, terminal: Terminal, argv: readonly string[]): void => {
  addRecipeOptions(program.command('search').description('search for the options that train the best classifier'))
    .option('--trials <n>', 'trainings', wholeNumber(1), 10)
    .option('--pruner <name>', 'median, halving or none: which trials are stopped early (default: median)')
    .option('--resume', 'go on where an interrupted search was stopped')
    .option('--json', 'one JSON event a line, the result last')
    .option('--quiet', 'the result alone')
    .addHelpText('after', examples)
    .action((data: string | undefined, options: SearchOptions) => search(terminal, argv, data, options));
};
