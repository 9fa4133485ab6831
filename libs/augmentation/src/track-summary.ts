import type { Verdict } from './candidate.ts';
import { DiversityCount } from './diversity.ts';
import { dropReasons, type AugmentationExample, type AugmentationSummary, type MethodSummary } from './summary.ts';
import type { Row } from './row.ts';

/** Examples that the report shows of each method. */
const examplesShown = { kept: 8, dropped: 4 }; // dropped ones of each reason

const emptyMethod = (name: string): MethodSummary => ({
  name,
  kept: 0,
  dropped: Object.fromEntries(dropReasons.map((reason) => [reason, 0])) as MethodSummary['dropped'],
  examples: { kept: [], dropped: [] },
});

/** A text that was made of a row, or could not be made. */
export interface Tried {
  row: Row;
  method: string;
  text: string | undefined;
}

/** Counts what happens, as it happens. */
export class SummaryTracker {
  rows = 0;
  parents = 0;
  wanted = 0;
  kept = 0;
  dropped = 0;
  readonly #start = performance.now();
  readonly #methods: Map<string, MethodSummary>;
  readonly #labels = new Map<string, { label: string; rows: number; made: number }>();
  readonly #before = new DiversityCount();
  readonly #made = new DiversityCount();
  readonly #task: number;

  constructor(methods: readonly string[], task: number) {
    this.#methods = new Map(methods.map((name) => [name, emptyMethod(name)]));
    this.#task = task;
  }

  #count(labels: Row['labels'], what: 'rows' | 'made'): void {
    for (const label of labels[this.#task] ?? []) {
      let own = this.#labels.get(label);
      if (own === undefined) this.#labels.set(label, (own = { label, rows: 0, made: 0 }));
      own[what]++;
    }
  }

  madeOf(label: string): number {
    return this.#labels.get(label)?.made ?? 0;
  }

  addRow(row: Row, wanted: number): void {
    this.rows++;
    if (wanted > 0) this.parents++;
    this.wanted += wanted;
    this.#before.add(row.text);
    this.#count(row.labels, 'rows');
  }

  /** A text that was kept, now or by the run that this one goes on with. */
  addMade(labels: Row['labels'], method: string, text: string): void {
    this.kept++;
    const own = this.#methods.get(method);
    if (own !== undefined) own.kept++;
    this.#made.add(text);
    this.#count(labels, 'made');
  }

  /** Candidates that were dropped elsewhere, and some of them. */
  addDropped(method: string, dropped: MethodSummary['dropped'], examples: readonly AugmentationExample[]): void {
    const own = this.#methods.get(method);
    if (own === undefined) return;
    for (const reason of dropReasons) {
      own.dropped[reason] += dropped[reason];
      this.dropped += dropped[reason];
    }
    for (const example of examples) this.#show(own.examples.dropped, example, examplesShown.dropped);
  }

  #show(list: AugmentationExample[], example: AugmentationExample, limit: number): void {
    const shown = list.reduce((n, { reason }) => n + (reason === example.reason ? 1 : 0), 0);
    if (shown < limit) list.push(example);
  }

  add({ row, method, text }: Tried, verdict: Verdict): void {
    const own = this.#methods.get(method)!;
    const { reason } = verdict;
    const list = reason === undefined ? own.examples.kept : own.examples.dropped;
    const limit = reason === undefined ? examplesShown.kept : examplesShown.dropped;
    if (text !== undefined)
      this.#show(list, { parent: row.id, from: row.text, to: text, labels: row.labels, ...verdict }, limit);
    if (reason === undefined) this.addMade(row.labels, method, text!);
    else {
      own.dropped[reason]++;
      this.dropped++;
    }
  }

  get summary(): AugmentationSummary {
    const { rows, parents, wanted, kept } = this;
    return {
      ...{ rows, parents, wanted, kept },
      methods: [...this.#methods.values()].map((own) => structuredClone(own)),
      labels: [...this.#labels.values()].sort((a, b) => b.rows - a.rows).map((one) => ({ ...one })),
      diversity: {
        rows: this.#before.figures,
        made: this.#made.figures,
        both: this.#before.merged(this.#made).figures,
      },
      seconds: (performance.now() - this.#start) / 1000,
      notes: [],
    };
  }
}
