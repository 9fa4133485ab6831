import type { Example } from '@taxon/data';
import type { Command } from 'commander';
import { catchInterrupt } from '../interrupt.ts';
import { wholeNumber } from '../option-values.ts';
import { createView } from '../progress/create-view.ts';
import type { ProgressView } from '../progress/progress-view.ts';
import { countOf } from '../render/format.ts';
import { oneLine } from '../render/predictions.ts';
import type { Terminal } from '../terminal.ts';

interface EvaluateOptions {
  format?: 'csv' | 'tsv' | 'jsonl' | 'json';
  textColumn?: string;
  labelColumn?: string;
  threads?: number;
  json?: boolean;
  quiet?: boolean;
}

const helpExamples = `
Examples:
  taxon evaluate model/ test.jsonl
  taxon evaluate model/ test.csv --label-column intent
  taxon evaluate model/ test.csv --json | tail -1`;

/** A label that the model cannot answer, and the texts that carry it. */
interface UnseenLabel {
  label: string;
  n: number;
}

/** Labels of the examples that the model cannot answer, in the order of their first text. */
const countUnseen = (examples: readonly Example[], known: ReadonlySet<string>): UnseenLabel[] => {
  const counts = new Map<string, number>();
  for (const { label } of examples) if (!known.has(label)) counts.set(label, (counts.get(label) ?? 0) + 1);
  return [...counts].map(([label, n]) => ({ label, n }));
};

const tellUnseen = (view: ProgressView, unseen: UnseenLabel[]): void => {
  if (unseen.length === 0) return;
  const shown = unseen.slice(0, 5).map(({ label, n }) => `'${oneLine(label, 40)}' (${countOf(n, 'text')})`);
  const rest = unseen.length > shown.length ? ` and ${unseen.length - shown.length} more` : '';
  const what = unseen.length === 1 ? 'a label that the model does not know' : 'labels that the model does not know';
  view.note(`${what}, scored as errors: ${shown.join(', ')}${rest}`, 'warning');
};

/** Scores predicted labels. A label that the model does not know is a class of its own, which no prediction ever meets. */
const score = async (examples: readonly Example[], predicted: readonly string[], known: readonly string[]) => {
  const [{ encodeLabels }, { classificationMetrics }] = await Promise.all([
    import('@taxon/data'),
    import('@taxon/evaluation'),
  ]);
  const index = new Map(known.map((label, at) => [label, at]));
  const expected = encodeLabels({ kind: 'single-label', labels: [...known] }, examples);
  const answers = Int32Array.from(predicted, (label) => index.get(label)!);
  const strangers = examples.filter((_, at) => expected[at] === -1).map(({ label }) => label);
  return classificationMetrics(expected, answers, known, strangers);
};

const evaluate = async (terminal: Terminal, model: string, file: string, options: EvaluateOptions): Promise<void> => {
  const view = await createView(terminal, options);
  const interrupt = catchInterrupt();
  const { signal } = interrupt;
  const { readDataset } = await import('@taxon/data');
  const { loadClassifier } = await import('@taxon/models');
  const { format, textColumn, labelColumn, threads } = options;
  const { examples, notes } = await readDataset(file, { format, textColumn, labelColumn, signal });
  for (const { message, level } of notes) view.note(message, level);
  const classifier = await loadClassifier(model, { threads, signal });
  try {
    view.begin('classify');
    const predictions = await classifier.classify(
      examples.map(({ text }) => text),
      { topK: 1, signal, onProgress: (done, total) => view.update({ done, total, unit: 'texts' }) },
    );
    view.end();
    const predicted = predictions.map(({ labels }) => labels[0]!.label);
    const unseen = countUnseen(examples, new Set(classifier.labels));
    const metrics = await score(examples, predicted, classifier.labels);
    tellUnseen(view, unseen);
    const { n, accuracy, macroF1, weightedF1, perClass } = metrics;
    if (options.json)
      terminal.out(JSON.stringify({ model, file, n, accuracy, macroF1, weightedF1, unseenLabels: unseen, perClass }));
    else terminal.out((await import('@taxon/evaluation')).formatMetricsTable(metrics));
  } finally {
    view.end();
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
    .option('--label-column <name>', 'column or key of the labels (default: label)')
    .option('--threads <n>', 'processor cores used (default: all)', wholeNumber(0))
    .option('--json', 'one JSON line')
    .option('--quiet', 'the result alone')
    .addHelpText('after', helpExamples)
    .action((model: string, file: string, options: EvaluateOptions) => evaluate(terminal, model, file, options));
};
