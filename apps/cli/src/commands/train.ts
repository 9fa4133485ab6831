import type { TrainingResult } from '@taxon/training';
import { TaxonError } from '@taxon/errors';
import type { Command } from 'commander';
import { catchInterrupt } from '../interrupt.ts';
import { createView } from '../progress/create-view.ts';
import { showTrainingEvent } from '../progress/training-view.ts';
import { addRecipeOptions, recipeFrom } from '../recipe-options.ts';
import { formatTrainingResult } from '../render/training-result.ts';
import { formatCommand } from '../shell.ts';
import type { Terminal } from '../terminal.ts';

interface TrainOptions extends Record<string, unknown> {
  resume?: boolean;
  json?: boolean;
  quiet?: boolean;
}

const examples = `
Examples:
  taxon train tickets.csv --out model/
  taxon train train.jsonl --validation dev.jsonl --test test.jsonl --label-column intent
  taxon train tickets.csv --encoder ./my-encoder --epochs 3 --set optimizer.dropout=0.1
  taxon train --recipe recipe.yaml --seed 7 --json

Without --validation and --test, 15 % of the texts of each class are held out for each. Ctrl-C leaves a checkpoint that
--resume goes on from.`;

/** The command that goes on from where this one was stopped. */
export const resumeCommand = (argv: readonly string[]): string =>
  formatCommand('taxon', ...argv, ...(argv.includes('--resume') ? [] : ['--resume']));

const stopped = (checkpoint: { step: number } | undefined, argv: readonly string[]): TaxonError => {
  const message =
    checkpoint === undefined
      ? 'interrupted before there was anything to keep'
      : `interrupted at step ${checkpoint.step}; a checkpoint is kept`;
  const hint = checkpoint === undefined ? undefined : `go on with:\n  ${resumeCommand(argv)}`;
  return new TaxonError({ code: 'cancelled', message, hint });
};

const train = async (terminal: Terminal, argv: readonly string[], data: string | undefined, options: TrainOptions) => {
  const recipe = await recipeFrom(data, options);
  const { runTrainingJob } = await import('@taxon/training');
  const view = await createView(terminal, options);
  const interrupt = catchInterrupt(() => view.note('stopping, a checkpoint is written (Ctrl-C again: stop at once)'));
  let checkpoint: { step: number } | undefined;
  let result: TrainingResult;
  try {
    result = await runTrainingJob(recipe, {
      signal: interrupt.signal,
      resume: options.resume,
      onEvent: (event) => {
        if (event.kind === 'checkpoint') checkpoint = event;
        if (options.json) terminal.out(JSON.stringify(event));
        showTrainingEvent(view, event);
      },
    });
  } catch (error) {
    throw TaxonError.from(error).code === 'cancelled' ? stopped(checkpoint, argv) : error;
  } finally {
    view.end();
    interrupt.dispose();
  }
  if (options.json) terminal.out(JSON.stringify({ kind: 'result', ...result }));
  else terminal.out(formatTrainingResult(result, terminal.outColors));
};

export const addTrainCommand = (program: Command, terminal: Terminal, argv: readonly string[]): void => {
  addRecipeOptions(program.command('train').description('train a classifier on a labelled file'))
    .option('--resume', 'go on from the checkpoint of an interrupted run')
    .option('--json', 'one JSON event a line, the result last')
    .option('--quiet', 'the result alone')
    .addHelpText('after', examples)
    .action((data: string | undefined, options: TrainOptions) => train(terminal, argv, data, options));
};
