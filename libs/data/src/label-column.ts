import type { TaskKind } from './example.ts';
import { countOf } from './note.ts';

/** What a label cell holds before the task's kind is known: one label ('' for an empty cell), a list, nothing, or a fault. */
export type LabelCell = string | readonly string[] | { problem: string } | undefined;

/** Reads one label column. Its kind, unless given, shows only when every cell was seen. */
export class LabelColumn {
  readonly #name: string; // quoted, for messages
  readonly #kind: TaskKind | undefined;
  readonly #separator: string | undefined;
  readonly #only: boolean;
  #several = false; // a cell that no single-label task could have
  readonly #lists = new Map<string, readonly string[]>(); // one object a class, not one a row

  /** `only`: there is no other task, so a row whose label is not known is of no use. */
  constructor(column: string, kind: TaskKind | undefined, separator: string | undefined, only: boolean) {
    this.#name = JSON.stringify(column);
    this.#kind = kind;
    this.#separator = kind === 'single-label' ? undefined : separator;
    this.#only = only;
  }

  get kind(): TaskKind {
    return this.#kind ?? (this.#several ? 'multi-label' : 'single-label');
  }

  #scalar(value: unknown): string | { problem: string } {
    if (typeof value === 'string') return value.trim();
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    return { problem: `the label in ${this.#name} is ${JSON.stringify(value)}, not a string or number` };
  }

  #list(values: readonly unknown[]): LabelCell {
    const labels = new Set<string>();
    for (const value of values) {
      const label = this.#scalar(value);
      if (typeof label !== 'string') return label;
      if (label === '') return { problem: `the label in ${this.#name} is empty` };
      labels.add(label);
    }
    if (labels.size !== 1) this.#several = true;
    return [...labels];
  }

  read(value: unknown): LabelCell {
    if (value === undefined || value === null) return undefined;
    if (Array.isArray(value)) return this.#list(value);
    if (this.#separator !== undefined && typeof value === 'string' && value.includes(this.#separator)) {
      this.#several = true;
      return this.#list(value.split(this.#separator).filter((part) => part.trim() !== ''));
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
