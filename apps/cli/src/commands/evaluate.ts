import { join } from 'node:path';
import type { Command } from 'commander';
import type { Evaluation, LabelledFileOptions, UnseenLabel } from '../evaluation.ts';
import { catchInterrupt } from '../interrupt.ts';
import { wholeNumber } from '../option-values.ts';
import { createView } from '../progress/create-view.ts';
import type { ProgressView } from '../progress/progress-view.ts';
import { countOf } from '../render/format.ts';
import { oneLine } from '../render/predictions.ts';
import type { Terminal } from '../terminal.ts';

interface EvaluateOptions extends Omit<LabelledFileOptions, 'signal'> {
  threads?: number;
  report?: string;
  json?: boolean;
  quiet?: boolean;
}

const helpExamples = `
Examples:
  taxon evaluate model/ test.jsonl
  taxon evaluate model/ test.csv --label-column intent --report evaluation/
  taxon evaluate model/ test.csv --label-separator '|' --source-column source --report evaluation/
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
  { json, report }: EvaluateOptions,
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
};

const evaluate = async (terminal: Terminal, model: string, file: string, options: EvaluateOptions): Promise<void> => {
  const view = await createView(terminal, options);
  const interrupt = catchInterrupt();
  const { signal } = interrupt;
  const { readLabelledFile, unseenLabels } = await import('../evaluation.ts');
  const { loadClassifier } = await import('@taxon/models');
  const classifier = await loadClassifier(model, { threads: options.threads, signal });
  try {
    const { space, rule } = classifier;
    const dataset = await readLabelledFile(file, space, { ...options, signal });
    for (const { message, level } of dataset.notes) view.note(message, level);
    view.begin('classify');
    const logits = await classifier.logits(
      dataset.examples.map(({ text, pair }) => (pair === undefined ? text : { text, pair })),
      { signal, onProgress: (done, total) => view.update({ done, total, unit: 'texts' }) },
    );
    view.end();
    const { scoreLogits } = await import('@taxon/training');
    const scored = scoreLogits(logits, dataset.examples, space, rule);
    const evaluation: Evaluation = { scored, unseen: unseenLabels(dataset.examples, space) };
    tellUnseen(view, evaluation.unseen);
    if (options.report !== undefined) {
      const { writeEvaluationReport } = await import('../evaluation-report.ts');
      await writeEvaluationReport(options.report, { model, space, dataset, evaluation });
    }
    await tell(terminal, model, file, options, evaluation);
  } finally {
    view.abandon();
    interrupt.dispose();
    await classifier.dispose();
  }
};

export const addEvaluateCommand = (program: Command, terminal: Terminal): void => {
  program
    .command('evaluate')
    .description('score a model on a labelled file')
    .argument('<model>', 'model folder')
    .argument('<file>', 'labelled file: CSV, TSV, JSONL or a JSON array')
    .option('--format <name>', "csv, tsv, jsonl or json (default: by the file's ending)")
    .option('--text-column <name>', 'column or key of the texts (default: text)')
    .option(
      '--label-column <name>',
      'column or key of the labels (default: label); TASK=NAME for a model of several tasks (default: the task; repeatable)',
      (text: string, before: string[] | undefined) => [...(before ?? []), text],
    )
    .option('--label-separator <text>', 'between the labels of one cell, e.g. "|", for a multi-label model')
    .option('--source-column <name>', 'column or key of where a text comes from: scores by source in the report')
    .option('--pair-column <name>', "column or key of each text's second one, for a model of sentence pairs")
    .option('--threads <n>', 'processor cores used (default: all)', wholeNumber(0))
    .option('--report <folder>', 'write charts and a page with the mistakes there')
    .option('--json', 'one JSON line')
    .option('--quiet', 'the result alone')
    .addHelpText('after', helpExamples)
    .action((model: string, file: string, options: EvaluateOptions) => evaluate(terminal, model, file, options));
};
