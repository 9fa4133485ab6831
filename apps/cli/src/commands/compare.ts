import type { AnswersComparison } from '@taxon/evaluation';
import type { Command } from 'commander';
import type { SourceOptions } from '../comparison.ts';
import { catchInterrupt } from '../interrupt.ts';
import { addLabelledFileOptions } from '../labelled-file-options.ts';
import { wholeNumber } from '../option-values.ts';
import { createView } from '../progress/create-view.ts';
import type { Terminal } from '../terminal.ts';

interface CompareOptions extends Omit<SourceOptions, 'signal'> {
  top: number;
  csv?: string;
  html?: string;
  json?: boolean;
  quiet?: boolean;
}

const examples = `
Examples:
  taxon compare before/ after/                         the answers that both runs kept of their test part
  taxon compare before/ after/ --data test.csv         both models are asked about a labelled file
  taxon compare before/ after/ --html comparison.html --csv changed.csv
  taxon evaluate model/ test.csv --save-answers old.jsonl && taxon compare old.jsonl new.jsonl

p is how often chance alone makes such a difference between two runs that are equally good: McNemar's exact test for
accuracy and exact match, a permutation test for the rest. It knows the texts, not the seed of training: two runs of one recipe differ, too.`;

/** Figures, labels and counts; the texts are in the CSV file. */
const jsonOf = (a: string, b: string, { n, notes, tasks, all }: AnswersComparison, { csv, html }: CompareOptions) => ({
  ...{ a, b, n, notes },
  tasks: tasks.map(({ name, kind, comparison, both, neither, labels }) => {
    const { n: texts, level, figures, onlyA, onlyB } = comparison;
    return { task: name, kind, n: texts, level, figures, both, onlyA, onlyB, neither, labels };
  }),
  ...{ all, csv, html },
});

const compare = async (terminal: Terminal, a: string, b: string, options: CompareOptions): Promise<void> => {
  const { top, csv, html, json, quiet, ...asked } = options;
  const view = await createView(terminal, { json, quiet });
  const interrupt = catchInterrupt();
  const { signal } = interrupt;
  try {
    const { readSources } = await import('../comparison.ts');
    const { compareAnswers, comparisonPage, flipsCsv, writeWhole } = await import('@taxon/evaluation');
    const [ofA, ofB] = await readSources([a, b], { ...asked, signal }, view);
    const comparison = compareAnswers(ofA, ofB);
    if (csv !== undefined) await writeWhole(csv, [flipsCsv(comparison)], signal);
    if (html !== undefined)
      await writeWhole(html, [comparisonPage({ a, b, comparison, createdAt: new Date().toISOString() })], signal);
    if (json) return terminal.out(JSON.stringify(jsonOf(a, b, comparison, options)));
    const { formatComparison } = await import('../render/comparison.ts');
    for (const { message, level } of comparison.notes) view.note(message, level);
    const sides = { a: { path: a, split: ofA.split }, b: { path: b, split: ofB.split } };
    for (const line of formatComparison(sides, comparison, { top, columns: terminal.columns })) terminal.out(line);
    for (const [what, path] of [
      ['texts', csv],
      ['page', html],
    ] as const)
      if (path !== undefined) terminal.out(`${what.padEnd(7)}${path}`);
  } finally {
    view.abandon();
    interrupt.dispose();
  }
};

/** `taxon compare`: two runs on the same texts, with paired tests. */
export const addCompareCommand = (program: Command, terminal: Terminal): void => {
  const command = program
    .command('compare')
    .description('compare two runs on the same texts')
    .argument('<a>', 'model folder, or file of answers')
    .argument('<b>', 'the other one')
    .option('--data <file>', 'labelled file that both models are asked about (default: the answers that they kept)');
  addLabelledFileOptions(command)
    .option('--threads <n>', 'processor cores used (default: all)', wholeNumber(0))
    .option('--top <n>', 'labels and texts shown of each kind', wholeNumber(0), 10)
    .option('--csv <file>', 'write every text there that only one of them answers right')
    .option('--html <file>', 'write a page there with figures, labels and texts')
    .option('--json', 'one JSON line')
    .option('--quiet', 'the result alone')
    .addHelpText('after', examples)
    .action((a: string, b: string, options: CompareOptions) => compare(terminal, a, b, options));
};
