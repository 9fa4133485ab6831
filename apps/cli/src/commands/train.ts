import type { Recipe, TrainingEvent, TrainingResult } from '@taxon/training';
import { TaxonError } from '@taxon/errors';
import type { Command } from 'commander';
import { catchInterrupt } from '../interrupt.ts';
import { createView } from '../progress/create-view.ts';
import type { ProgressView } from '../progress/progress-view.ts';
import { showTrainingEvent } from '../progress/training-view.ts';
import { addRecipeOptions, recipeFrom } from '../recipe-options.ts';
import { formatTrainingResult } from '../render/training-result.ts';
import { formatCommand } from '../shell.ts';
import type { Terminal } from '../terminal.ts';

export interface TrainOptions extends Record<string, unknown> {
  resume?: boolean;
  json?: boolean;
  quiet?: boolean;
  via?: string;
}

const examples = `
Examples:
  taxon train tickets.csv --out model/
  taxon train train.jsonl --validation dev.jsonl --test test.jsonl --label-column intent
  taxon train tickets.csv --encoder ./my-encoder --epochs 3 --set optimizer.dropout=0.1
  taxon train --recipe recipe.yaml --seed 7 --json
  taxon train tickets.csv --set folds=5 --set ensemble=vote
  taxon train few.csv --set data.labelNames=true
  taxon train tickets.csv --set folds=5 --via kafka://broker:9092      each fold by whichever trainer takes it
  taxon train --labels "refund request,delivery,invoice copy" --out model/

Without --validation and --test, 15 % of the texts of each class are held out for each. Ctrl-C leaves a checkpoint that
--resume goes on from.`;

/** The command that goes on from where this one was stopped. */
export const resumeCommand = (argv: readonly string[]): string =>
  formatCommand('taxon', ...argv, ...(argv.includes('--resume') ? [] : ['--resume']));

/** What an interrupted run tells. Without a checkpoint of its own, a resumed run still has the one it came from. */
export const stoppedError = (step: number | undefined, resumed: boolean, argv: readonly string[]): TaxonError => {
  const hint = `go on with:\n  ${resumeCommand(argv)}`;
  if (step !== undefined)
    return new TaxonError({ code: 'cancelled', message: `interrupted at step ${step}; a checkpoint is kept`, hint });
  if (resumed) return new TaxonError({ code: 'cancelled', message: 'interrupted; the checkpoint is as it was', hint });
  return new TaxonError({ code: 'cancelled', message: 'interrupted before training had begun; nothing is kept' });
};

/** The trainings of a recipe of many, done by all trainers on a bus. */
const runSplit = async (
  via: string,
  recipe: Recipe,
  shown: { signal: AbortSignal; onEvent: (event: TrainingEvent) => void },
  view: ProgressView,
): Promise<TrainingResult> => {
  const [{ openBus }, { trainSplit }] = await Promise.all([
    import('../open-bus.ts'),
    import('@taxon/app-trainer/shared'),
  ]);
  await using bus = await openBus(via, '--via');
  view.begin('train');
  const onPart = (done: number, total: number): void => view.update({ done, total, unit: 'parts' });
  return await trainSplit(recipe, { ...shown, bus, onPart });
};

/** Runs a recipe in a process of its own, shown to a person or as JSON events. */
export const runShown = async (
  terminal: Terminal,
  argv: readonly string[],
  recipe: Recipe,
  options: TrainOptions,
): Promise<TrainingResult> => {
  const { runTrainingJob } = await import('@taxon/training');
  const view = await createView(terminal, options);
  const interrupt = catchInterrupt(() =>
    view.note('stopping; what is trained so far is kept (Ctrl-C again: stop at once)'),
  );
  let keptStep: number | undefined;
  const shown = {
    signal: interrupt.signal,
    onEvent: (event: TrainingEvent) => {
      if (event.kind === 'checkpoint') keptStep = event.step;
      if (options.json) terminal.out(JSON.stringify(event));
      showTrainingEvent(view, event);
    },
  };
  try {
    const result = await (options.via === undefined
      ? runTrainingJob(recipe, { ...shown, resume: options.resume })
      : runSplit(options.via, recipe, shown, view));
    view.end();
    return result;
  } catch (error) {
    throw TaxonError.from(error).code === 'cancelled' ? stoppedError(keptStep, options.resume === true, argv) : error;
  } finally {
    view.abandon();
    interrupt.dispose();
  }
};

const train = async (terminal: Terminal, argv: readonly string[], data: string | undefined, options: TrainOptions) => {
  const result = await runShown(terminal, argv, await recipeFrom(data, options), options);
  if (options.json) terminal.out(JSON.stringify({ kind: 'result', ...result }));
  else terminal.out(formatTrainingResult(result, terminal.outColors));
};

export const addTrainCommand = (program: Command, terminal: Terminal, argv: readonly string[]): void => {
  addRecipeOptions(program.command('train').description('train a classifier on a labelled file'))
    .option('--resume', 'go on from the checkpoint of an interrupted run')
    .option(
      '--via <bus>',
      "let trainers do the trainings of folds, bagging or a search: kafka, kafka://HOST:PORT, or an embedded log's folder; all see the same files",
    )
    .option('--json', 'one JSON event a line, the result last')
    .option('--quiet', 'the result alone')
    .addHelpText('after', examples)
    .action((data: string | undefined, options: TrainOptions) => train(terminal, argv, data, options));
};
