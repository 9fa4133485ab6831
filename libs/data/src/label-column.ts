import type { TaskKind } from './example.ts';
import { countOf, type Note } from './note.ts';

/** What a label cell holds before the task's kind is known: one label ('' for an empty cell), a list, nothing, or a fault. */
export type LabelCell = string | readonly string[] | { problem: string } | undefined;

/** Reads one label column. Its kind, unless given, shows only when every cell was seen. */
export class LabelColumn {
  readonly #name: string; // quoted, for messages
  readonly #kind: TaskKind | undefined;
  readonly #separator: string | undefined;
  readonly #only: boolean;
  #several = 0; // cells that no single-label task could have, and the line of the first
  #firstSeveral = 0;
  readonly #lists = new Map<string, readonly string[]>(); // one object a class, not one a row

  /** `only`: there is no other task, so a row whose label is not known is of no use. */
  constructor(column: string, kind: TaskKind | undefined, separator: string | undefined, only: boolean) {
    this.#name = JSON.stringify(column);
    this.#kind = kind;
    this.#separator = kind === 'single-label' ? undefined : separator;
    this.#only = only;
  }

  get kind(): TaskKind {
    return this.#kind ?? (this.#several > 0 ? 'multi-label' : 'single-label');
  }

  /** Says why the column is taken for multi-label, when nobody said so: one row may be a mistake. */
  get note(): Note | undefined {
    if (this.#kind !== undefined || this.#several === 0) return undefined;
    const rows = countOf(this.#several, 'row does', 'rows do');
    const message = `${this.#name} is multi-label: ${rows} not hold exactly one label, the first on line ${this.#firstSeveral}`;
    return { level: 'info', message };
  }

  #sawSeveral(line: number): void {
    if (this.#several === 0) this.#firstSeveral = line;
    this.#several++;
  }

  #scalar(value: unknown): string | { problem: string } {
    if (typeof value === 'string') return value.trim();
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    return { problem: `the label in ${this.#name} is ${JSON.stringify(value)}, not a string or number` };
  }

  #list(values: readonly unknown[], line: number, split = false): LabelCell {
    const labels = new Set<string>();
    for (const value of values) {
      const label = this.#scalar(value);
      if (typeof label !== 'string') return label;
      if (label === '') return { problem: `the label in ${this.#name} is empty` };
      labels.add(label);
    }
    if (labels.size !== 1 || split) this.#sawSeveral(line);
    return [...labels];
  }

  read(value: unknown, line: number): LabelCell {
    if (value === undefined || value === null) return undefined;
    if (Array.isArray(value)) return this.#list(value, line);
    if (this.#separator !== undefined && typeof value === 'string' && value.includes(this.#separator)) {
      const parts = value.split(this.#separator).filter((part) => part.trim() !== '');
      return this.#list(parts, line, true);
    }
    return this.#scalar(value);
  }

  /** The labels of a cell, once all cells were read; `undefined` where not known. */
  labels(cell: LabelCell): readonly string[] | undefined | { problem: string } {
    if (cell === undefined) return this.#only ? { problem: `the label in ${this.#name} is null` } : undefined;
    if (cell === '') {
      if (!this.#only) return undefined;
      return this.kind === 'multi-label' ? [] : { problem: `the label in ${this.#name} is empty` };
    }
    if (typeof cell !== 'string') {
      if ('problem' in cell || this.kind === 'multi-label') return cell;
      if (cell.length === 1) return this.labels(cell[0]);
      const what = `the list in ${this.#name} holds ${countOf(cell.length, 'label')}`;
      return { problem: `${what}; a single-label text has exactly one` };
    }
    const list = this.#lists.get(cell) ?? [cell];
    this.#lists.set(cell, list);
    return list;
  }
}
