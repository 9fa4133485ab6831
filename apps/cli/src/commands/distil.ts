import type { DistillationEvent, DistillationOptions, DistillationResult } from '@taxon/distillation';
import { TaxonError } from '@taxon/errors';
import type { Command } from 'commander';
import { addDistilOptions, distillationFrom } from '../distil-options.ts';
import { catchInterrupt } from '../interrupt.ts';
import { createView } from '../progress/create-view.ts';
import type { ProgressView } from '../progress/progress-view.ts';
import { showTrainingEvent } from '../progress/training-view.ts';
import { formatDistillationResult } from '../render/distillation-result.ts';
import type { Terminal } from '../terminal.ts';
import { stoppedError, type TrainOptions } from './train.ts';

const examples = `
Examples:
  taxon distil tickets.csv --teacher model/ --student layers:3 --out student/
  taxon distil tickets.csv --teacher model/ --student layers:3+heads:8+ffn:768+vocabulary:domain
  taxon distil train.jsonl --validation dev.jsonl --teacher a/ --teacher b/ --unlabelled more.txt --temperature 4
  taxon distil tickets.csv --teacher model/ --student scratch:mini --signals logits=1,relations=1 --epochs 30
  taxon distil tickets.csv --teacher model/ --student same --generations 3          born again
  taxon distil --recipe distillation.yaml --json

The student is an ordinary model folder. Ctrl-C leaves a checkpoint that --resume goes on from.`;

const showEvent = (view: ProgressView, event: DistillationEvent): void => {
  if (event.kind === 'generation') return view.note(`generation ${event.number} of ${event.total}`);
  if (event.kind === 'stage' && (event.stage === 'student' || event.stage === 'teacher'))
    return view.begin(event.stage);
  if (event.kind === 'progress' && (event.stage === 'student' || event.stage === 'teacher')) return view.update(event);
  showTrainingEvent(view, event as Parameters<typeof showTrainingEvent>[1]);
};

/** Distils in a process of its own, shown to a person or as JSON events. */
const runShown = async (
  terminal: Terminal,
  argv: readonly string[],
  distillation: DistillationOptions,
  options: TrainOptions,
): Promise<DistillationResult> => {
  const { runDistillationJob } = await import('@taxon/distillation');
  const view = await createView(terminal, options);
  const interrupt = catchInterrupt(() =>
    view.note('stopping; what is trained so far is kept (Ctrl-C again: stop at once)'),
  );
  let keptStep: number | undefined;
  try {
    const result = await runDistillationJob(distillation, {
      signal: interrupt.signal,
      resume: options.resume,
      onEvent: (event) => {
        if (event.kind === 'checkpoint') keptStep = event.step;
        if (options.json) terminal.out(JSON.stringify(event));
        showEvent(view, event);
      },
    });
    view.end();
    return result;
  } catch (error) {
    const cancelled = TaxonError.from(error).code === 'cancelled';
    throw cancelled ? stoppedError(keptStep, options.resume === true, argv) : error;
  } finally {
    view.abandon();
    interrupt.dispose();
  }
};

const distil = async (terminal: Terminal, argv: readonly string[], data: string | undefined, options: TrainOptions) => {
  const result = await runShown(terminal, argv, await distillationFrom(data, options), options);
  if (options.json) terminal.out(JSON.stringify({ kind: 'result', ...result }));
  else terminal.out(formatDistillationResult(result, terminal.outColors));
};

/** `taxon distil`: a smaller model that is taught by a larger one. */
export const addDistilCommand = (program: Command, terminal: Terminal, argv: readonly string[]): void => {
  addDistilOptions(program.command('distil').description('teach a smaller model what a larger one knows'))
    .option('--resume', 'go on from what an interrupted run left')
    .option('--json', 'one JSON event a line, the result last')
    .option('--quiet', 'the result alone')
    .addHelpText('after', examples)
    .action((data: string | undefined, options: TrainOptions) => distil(terminal, argv, data, options));
};
