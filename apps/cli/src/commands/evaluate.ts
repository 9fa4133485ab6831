import { join } from 'node:path';
import type { Command } from 'commander';
import type { Evaluation, LabelledFileOptions, UnseenLabel } from '../evaluation.ts';
import { catchInterrupt } from '../interrupt.ts';
import { addLabelledFileOptions } from '../labelled-file-options.ts';
import { wholeNumber } from '../option-values.ts';
import { createView } from '../progress/create-view.ts';
import type { ProgressView } from '../progress/progress-view.ts';
import { countOf } from '../render/format.ts';
import { oneLine } from '../render/predictions.ts';
import type { Terminal } from '../terminal.ts';

interface EvaluateOptions extends Omit<LabelledFileOptions, 'signal'> {
  threads?: number;
  report?: string;
  saveAnswers?: string;
  json?: boolean;
  quiet?: boolean;
}

const helpExamples = `
Examples:
  taxon evaluate model/ test.jsonl
  taxon evaluate model/ test.csv --label-column intent --report evaluation/
  taxon evaluate model/ test.csv --label-separator '|' --source-column source --report evaluation/
  taxon evaluate model/ test.csv --save-answers answers.jsonl     for taxon compare
  taxon evaluate model/ test.csv --json | tail -1`;

const tellUnseen = (view: ProgressView, unseen: UnseenLabel[]): void => {
  if (unseen.length === 0) return;
  const shown = unseen.slice(0, 5).map(({ label, n }) => `'${oneLine(label, 40)}' (${countOf(n, 'text')})`);
  const rest = unseen.length > shown.length ? ` and ${unseen.length - shown.length} more` : '';
  const what = unseen.length === 1 ? 'a label that the model does not know' : 'labels that the model does not know';
  view.note(`${what}, scored as errors: ${shown.join(', ')}${rest}`, 'warning');
};

const tell = async (
  terminal: Terminal,
  model: string,
  file: string,
  { json, report, saveAnswers }: EvaluateOptions,
  { scored: { scores, hierarchy }, unseen }: Evaluation,
): Promise<void> => {
  if (json)
    return terminal.out(
      JSON.stringify({
        model,
        file,
        n: scores.n,
        ...scores.figures,
        unseenLabels: unseen,
        tasks: scores.tasks,
        report,
        answers: saveAnswers,
      }),
    );
  const { formatMetricsTable } = await import('@taxon/evaluation');
  const { titledFigures } = await import('@taxon/training');
  for (const task of scores.tasks) {
    if (scores.tasks.length > 1) terminal.out(`\n${task.task}`);
    terminal.out(formatMetricsTable({ ...task, figures: titledFigures(task) }));
  }
  if (hierarchy !== undefined) terminal.out(`\nright at every level ${hierarchy.pathAccuracy.toFixed(4)}`);
  if (report !== undefined) terminal.out(`\nreport ${join(report, 'report.html')}`);
  if (saveAnswers !== undefined) terminal.out(`${report === undefined ? '\n' : ''}answers ${saveAnswers}`);
};

const evaluate = async (terminal: Terminal, model: string, file: string, options: EvaluateOptions): Promise<void> => {
  const view = await createView(terminal, options);
  const interrupt = catchInterrupt();
  const { signal } = interrupt;
  try {
    const { answerFile } = await import('../answer-file.ts');
    const answered = await answerFile(model, file, { ...options, signal }, view);
    const { space, rule, dataset, logits } = answered;
    const { saveAnswers, scoreLogits } = await import('@taxon/training');
    const { unseenLabels } = await import('../evaluation.ts');
    const scored = scoreLogits(logits, dataset.examples, space, rule);
    const evaluation: Evaluation = { scored, unseen: unseenLabels(dataset.examples, space) };
    tellUnseen(view, evaluation.unseen);
    if (options.report !== undefined) {
      const { writeEvaluationReport } = await import('../evaluation-report.ts');
      await writeEvaluationReport(options.report, { model, space, dataset, evaluation });
    }
    if (options.saveAnswers !== undefined)
      await saveAnswers(options.saveAnswers, { space, rule, examples: dataset.examples, logits }, { signal });
    await tell(terminal, model, file, options, evaluation);
  } finally {
    view.abandon();
    interrupt.dispose();
  }
};

export const addEvaluateCommand = (program: Command, terminal: Terminal): void => {
  const command = program
    .command('evaluate')
    .description('score a model on a labelled file')
    .argument('<model>', 'model folder')
    .argument('<file>', 'labelled file: CSV, TSV, JSONL or a JSON array');
  addLabelledFileOptions(command)
    .option('--threads <n>', 'processor cores used (default: all)', wholeNumber(0))
    .option('--report <folder>', 'write charts and a page with the mistakes there')
    .option('--save-answers <file>', 'write the answer to every text there, as taxon compare reads it')
    .option('--json', 'one JSON line')
    .option('--quiet', 'the result alone')
    .addHelpText('after', helpExamples)
    .action((model: string, file: string, options: EvaluateOptions) => evaluate(terminal, model, file, options));
};
