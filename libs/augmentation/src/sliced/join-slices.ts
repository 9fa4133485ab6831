import type { TaskDefinition } from '@taxon/data';
import { invalidInput } from '@taxon/errors';
import type { AugmentOptions } from '../options.ts';
import { policyTask } from '../policy.ts';
import type { DatasetProfile } from '../profile.ts';
import type { AugmentedRow, Row } from '../row.ts';
import { SeenTexts } from '../seen-texts.ts';
import type { AugmentationSummary } from '../summary.ts';
import { SummaryTracker } from '../track-summary.ts';
import type { CutSlice } from './cut-slices.ts';
import type { SliceResult } from './slice.ts';

export interface JoinOptions {
  options: AugmentOptions;
  tasks: readonly TaskDefinition[];
  /** Of the whole dataset; its `seen` is written into. */
  profile: DatasetProfile;
}

/** What was made of slices, as if it had been made of one dataset, but for what a slice did not know of the others: it is dropped here. */
export class SliceJoin {
  readonly #options: AugmentOptions;
  readonly #task: number;
  readonly #seen: SeenTexts;
  readonly #tracker: SummaryTracker;

  constructor({ options, tasks, profile }: JoinOptions) {
    this.#options = options;
    this.#task = policyTask(tasks, options.policy);
    this.#seen = options.quality.unique ? profile.seen : new SeenTexts((text) => text);
    this.#tracker = new SummaryTracker(
      options.methods.map(({ name }) => name),
      this.#task,
    );
  }

  summary(): AugmentationSummary {
    return this.#tracker.summary;
  }

  /** Slices in the order of the rows. @param result undefined where nothing was asked for */
  *add({ rows }: CutSlice, result: SliceResult | undefined): Generator<AugmentedRow> {
    const parents = rows.filter(({ wanted }) => wanted > 0).map(({ row }) => row);
    for (const { row, wanted } of rows) if (row.origin === undefined) this.#tracker.addRow(row, wanted);
    const parentOf = (at: number): Row => {
      const row = parents[at];
      if (row === undefined)
        throw invalidInput(`what was made of a slice names its row ${at}; it has ${parents.length}`);
      return row;
    };
    for (const { method, counts, examples } of result?.dropped ?? []) {
      const shown = examples.map(({ row: at, ...example }) => {
        const { id, text, labels } = parentOf(at);
        return { ...example, parent: id, from: text, labels };
      });
      this.#tracker.addDropped(method, counts, shown);
    }
    for (const { row: at, method, text, similarity } of result?.made ?? []) {
      const row = parentOf(at);
      if (!this.#hasRoom(row)) continue;
      const isRepeat = this.#seen.add(this.#seen.formOf(text));
      this.#tracker.add(
        { row, method, text },
        { ...(isRepeat && { reason: 'repeat' }), ...(similarity !== undefined && { similarity }) },
      );
      if (isRepeat) continue;
      const { id, ...rest } = row;
      yield { ...rest, text, origin: { method, parent: id } };
    }
  }

  #hasRoom({ labels }: Row): boolean {
    const { perLabel = Infinity } = this.#options.policy;
    return (labels[this.#task] ?? []).every((label) => this.#tracker.madeOf(label) < perLabel);
  }
}
