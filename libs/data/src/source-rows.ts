import { invalidInput, nearestName, type TaxonError, type Violation } from '@taxon/errors';
import { countOf, type Note } from './note.ts';

/** A column (CSV, TSV) or key (JSON) that the caller asks for, and the option that names it. */
export interface WantedColumn {
  name: string;
  option: string;
  /** JSON objects may lack the key, as long as one has it. */
  optional?: boolean;
  /** The whole file may lack it. */
  absent?: boolean;
}

/** One record of a file: the wanted columns' values in the order asked for, or why it cannot be read. */
export interface SourceRow {
  /** 1-based line on which the record starts. */
  line: number;
  /** `undefined` where a JSON object lacks the key; strings in CSV and TSV. */
  values: readonly unknown[];
  problem?: string;
}

export interface RowSource {
  path: string;
  /** Valid UTF-8 without byte order mark, cut between code points. */
  chunks: AsyncIterable<Buffer>;
  columns: readonly WantedColumn[];
  /** Readers tell here what they did on their own, such as skipping blank lines. */
  notes: Note[];
}

/** The records of a source, many at a time: an await a record would cost more than the parsing. */
export type RowReader = (source: RowSource) => AsyncGenerator<SourceRow[]>;

/** The error for a column that the file does not have. `kind` is what the format calls it. */
export const missingColumn = (
  at: string,
  column: WantedColumn,
  present: readonly string[],
  kind: 'column' | 'key',
): TaxonError => {
  const near = nearestName(column.name, present);
  const list = present.length === 0 ? 'none' : present.map((name) => JSON.stringify(name)).join(', ');
  const choice = near === undefined ? 'one of them' : JSON.stringify(near);
  return invalidInput(
    `${at}: there is no ${kind} ${JSON.stringify(column.name)}; the ${kind}s are: ${list}`,
    `Set ${column.option} to ${choice}.`,
    [{ field: column.option, description: `${at} has no ${kind} ${JSON.stringify(column.name)}` }],
  );
};

/** Collects rows that cannot be used, so that a person sees the first five at once instead of one a run. */
export class RowProblems {
  readonly #path: string;
  readonly #first: Violation[] = [];
  #count = 0;

  constructor(path: string) {
    this.#path = path;
  }

  add(line: number, description: string): void {
    this.#count++;
    if (this.#first.length < 5) this.#first.push({ field: `${this.#path}:${line}`, description });
  }

  /** @throws TaxonError `invalid_input` with the first five problems and the count of all, when there are any */
  throwIfAny(hint: string): void {
    const [only] = this.#first;
    if (only === undefined) return;
    if (this.#count === 1) throw invalidInput(`${only.field}: ${only.description}`, hint, this.#first);
    const list = this.#first.map(({ field, description }) => `\n  ${field}: ${description}`).join('');
    const rest =
      this.#count > this.#first.length ? `\n  … and ${countOf(this.#count - this.#first.length, 'more row')}` : '';
    throw invalidInput(
      `${countOf(this.#count, 'row')} of ${this.#path} cannot be used:${list}${rest}`,
      hint,
      this.#first,
    );
  }
}

export const noteBlankLines = (notes: Note[], count: number): void => {
  if (count > 0) notes.push({ level: 'info', message: `${countOf(count, 'blank line')} skipped` });
};
