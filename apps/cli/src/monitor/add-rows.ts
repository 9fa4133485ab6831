import { LabelledText, type AddRowsResponse } from '@taxon/contracts';
import type { Example } from '@taxon/data';
import { invalidInput, TaxonError } from '@taxon/errors';
import type { LabelledFileOptions } from '../evaluation.ts';
import { catchInterrupt } from '../interrupt.ts';
import { currentUser } from '../models/registry-option.ts';
import { createView } from '../progress/create-view.ts';
import { countOf } from '../render/format.ts';
import { connectToMonitor, type ServiceOptions } from '../service-options.ts';
import type { Terminal } from '../terminal.ts';

export interface AddRowsOptions extends ServiceOptions, Omit<LabelledFileOptions, 'signal' | 'otherTasks'> {
  tasks?: readonly string[];
  by?: string;
  quiet?: boolean;
}

/** Far below what a call may hold (10,000 rows, 4 MiB), so that progress is seen. */
const most = { rows: 1000, bytes: 2 ** 20 };

interface Chunk {
  rows: LabelledText[];
  /** In the file. */
  lines: number[];
}

/** Which column holds which task; one task needs no name. */
const columnsOf = ({ tasks = [''], labelColumn = [] }: AddRowsOptions): { task: string; column: string }[] => {
  const columns = tasks.map((task) => ({ task, column: task === '' ? 'label' : task }));
  for (const given of labelColumn) {
    const at = given.indexOf('=');
    const named = columns.find(({ task }) => task !== '' && task === given.slice(0, at));
    if (named !== undefined) named.column = given.slice(at + 1);
    else if (columns.length === 1) columns[0]!.column = given;
    else
      throw invalidInput(
        `--label-column ${given}: several tasks are given, ${tasks.join(', ')}`,
        `Say which one, e.g. --label-column ${tasks[0]!}=${given.slice(at + 1)}.`,
      );
  }
  return columns;
};

/** A text and what is known of it. */
const toRow = ({ text, pair, labels }: Example, tasks: readonly string[]): LabelledText =>
  LabelledText.fromPartial({
    ...{ text, pair },
    tasks: tasks.flatMap((task, i) => (labels[i] === undefined ? [] : [{ task, labels: [...labels[i]] }])),
  });

const chunksOf = (examples: readonly Example[], tasks: readonly string[]): Chunk[] => {
  const chunks: Chunk[] = [];
  let bytes = Infinity;
  for (const example of examples) {
    const row = toRow(example, tasks);
    const size = LabelledText.encode(row).finish().length;
    if (bytes + size > most.bytes || chunks.at(-1)!.rows.length === most.rows) {
      chunks.push({ rows: [], lines: [] });
      bytes = 0;
    }
    chunks.at(-1)!.rows.push(row);
    chunks.at(-1)!.lines.push(example.line);
    bytes += size;
  }
  return chunks;
};

/** `rows[7].text: blank` as the file's own line. */
const inFile = (error: unknown, file: string, { lines }: Chunk, kept: number): TaxonError => {
  const known = TaxonError.from(error);
  const [, row, what] = /^rows\[(\d+)\]\.(.*)$/su.exec(known.message) ?? [];
  const rest = `${kept === 0 ? 'Nothing of the file was taken.' : `${countOf(kept, 'row')} before it were taken, which does no harm: what is there is there once.`} Mend the file and add it again.`;
  return row === undefined
    ? known
    : new TaxonError({ code: known.code, message: `${file} line ${lines[Number(row)]!}: ${what}`, hint: rest, cause: error }); // prettier-ignore
};

/** `taxon monitor add` */
export const addRows = async (
  terminal: Terminal,
  [model, file]: readonly [string, string],
  options: AddRowsOptions,
): Promise<void> => {
  const view = await createView(terminal, options);
  const interrupt = catchInterrupt();
  const { signal } = interrupt;
  try {
    const { readDataset } = await import('@taxon/data');
    const columns = columnsOf(options);
    const { format, textColumn, pairColumn, labelSeparator, by: from = currentUser() } = options;
    const read = { format, textColumn, pairColumn, labelSeparator, tasks: columns };
    view.begin('read');
    const { examples, notes } = await readDataset(file, { ...read, signal });
    for (const { message, level } of notes) view.note(message, level);
    const labelled = examples.filter(({ labels }) => labels.some((known) => known !== undefined));
    if (labelled.length < examples.length)
      view.note(`${countOf(examples.length - labelled.length, 'row')} without any label, left out`);
    using monitor = await connectToMonitor(options);
    const sum = { added: 0, known: 0 };
    view.begin('add');
    for (const chunk of chunksOf(
      labelled,
      columns.map(({ task }) => task),
    )) {
      const request = { model, rows: chunk.rows, from };
      const { added, known } = await monitor
        .ask<AddRowsResponse>((...call) => monitor.client.addRows(request, ...call), signal)
        .catch((error: unknown) => {
          throw inFile(error, file, chunk, sum.added + sum.known);
        });
      sum.added += added;
      sum.known += known;
      view.update({ done: sum.added + sum.known, total: labelled.length, unit: 'texts' });
    }
    view.end();
    if (options.json) return terminal.out(JSON.stringify({ model, file, ...sum }));
    terminal.out(
      `${model}  ${countOf(sum.added, 'row')} added${sum.known === 0 ? '' : `, ${countOf(sum.known, 'row')} known already`}`,
    );
  } finally {
    view.abandon();
    interrupt.dispose();
  }
};
