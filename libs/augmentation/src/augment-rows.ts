import type { TaskDefinition } from '@taxon/data';
import { TaxonError } from '@taxon/errors';
import type { Candidate, Turn } from './candidate.ts';
import { gatherRows } from './gather-rows.ts';
import { makeTexts, type MakeOptions } from './make-texts.ts';
import { closeMethods, openMethods, type OpenMethod } from './open-methods.ts';
import type { AugmentOptions } from './options.ts';
import { openChecks } from './open-checks.ts';
import { openJudge } from './open-judge.ts';
import type { Judge } from './judge.ts';
import { createQuota, policyTask, type Quota } from './policy.ts';
import type { DatasetProfile } from './profile.ts';
import type { Check } from './quality-gate.ts';
import type { AugmentedRow, Row } from './row.ts';
import { SeenTexts } from './seen-texts.ts';
import type { Outcome } from './settle-wishes.ts';
import type { AugmentationExample, AugmentationProgress, AugmentationSummary } from './summary.ts';
import { SummaryTracker } from './track-summary.ts';
import type { Translator } from './translator.ts';

export interface AugmentContext {
  /** Of the rows' labels, in their order. */
  tasks: readonly TaskDefinition[];
  /**
   * Of a first pass over the same rows (`profileRows`). Targets, `below`, and methods that need other rows of a class ask for it; with it,
   * no text repeats a row that comes later.
   */
  profile?: DatasetProfile;
  /** The profile is used for this run alone, which may write into it: saves a copy of what was seen, 16 MiB. @default false */
  ownsProfile?: boolean;
  /** What an earlier, unfinished run had handed out: it is neither made nor handed out again, and the rest is what it would have been. */
  resume?: ResumedRun;
  /** In place of what the policy says: how many texts a row is asked for. Nothing chooses among rows then. */
  quota?: Quota;
  /** Methods and checks of the same options that stay open: who opened them closes them. */
  tools?: Tools;
  translator?: Translator;
  /** Every candidate, kept or dropped. */
  onCandidate?: (candidate: AugmentationExample & { method: string }) => void;
  signal?: AbortSignal;
  /**
   * Rows that are there are augmented once no further one has come for so many milliseconds; what is made of them does not depend on it.
   * @default 20
   */
  flushAfter?: number;
  /** At most some times a second. */
  onProgress?: (progress: AugmentationProgress) => void;
}

export interface ResumedRun {
  /** `rowsDone` of the earlier run. */
  rows: number;
  /** All texts that were made of these rows, in their order. */
  made: AsyncIterable<AugmentedRow>;
}

/** The texts as they are made, in the order of their parents; can be gone through once. */
export interface Augmentation extends AsyncIterable<AugmentedRow> {
  /** Rows whose texts have all been handed out and taken: where an interrupted run goes on. */
  readonly rowsDone: number;
  /** Of what was made so far; of everything once the iteration has ended. */
  summary(): AugmentationSummary;
}

/** Rows that are looked at together at most: enough for native calls, few enough that what is made of them dies young in the heap. */
const chunkRows = 64;
const progressEvery = 200; // milliseconds

/** What says how many texts a row is asked for. */
interface Asked {
  quota: Quota;
  judge: Judge | undefined;
}

/** What makes texts, and what looks at them. */
export interface Tools {
  methods: readonly OpenMethod[];
  checks: readonly Check[];
  dispose(): Promise<void>;
}

/** @throws TaxonError as methods and models do that cannot be opened */
export const openTools = async (options: AugmentOptions, context: AugmentContext): Promise<Tools> => {
  const { signal, profile, translator } = context;
  const { language, seed, encoder, threads } = options;
  const methods = await openMethods(options.methods, { language, seed, profile, encoder, translator, threads, signal });
  try {
    const { checks, dispose } = await openChecks(options, context.tasks, signal);
    return {
      ...{ methods, checks },
      dispose: async () => {
        await closeMethods(methods);
        await dispose();
      },
    };
  } catch (error) {
    await closeMethods(methods);
    throw error;
  }
};

/** Rows that a first pass has judged are not judged again. */
const openOwnJudge = (options: AugmentOptions, { profile, quota, tasks, signal }: AugmentContext) =>
  profile?.chosen === undefined && quota === undefined ? openJudge(options, tasks, signal) : undefined;

const toAugmented = ({ wish: { row }, method, text = '' }: Candidate): AugmentedRow => {
  const { id, ...rest } = row;
  return { ...rest, text, origin: { method, parent: id } };
};

/** Goes through rows, makes what the policy wants, hands out what the gate keeps. */
class Run implements Augmentation {
  readonly #rows: AsyncIterable<Row>;
  readonly #options: AugmentOptions;
  readonly #context: AugmentContext;
  readonly #task: number;
  readonly #tracker: SummaryTracker;
  readonly #seen: SeenTexts;
  /** Whether rows count as seen only once their turn has come. */
  readonly #seesRows: boolean;
  #told = 0;
  rowsDone = 0;

  constructor(rows: AsyncIterable<Row>, options: AugmentOptions, context: AugmentContext) {
    this.#rows = rows;
    this.#options = options;
    this.#context = context;
    this.#task = policyTask(context.tasks, options.policy);
    this.#tracker = new SummaryTracker(
      options.methods.map(({ name }) => name),
      this.#task,
    );
    // Without `unique` only what is the same to the letter repeats a text: of made ones, and its own parent.
    const { unique } = options.quality;
    const { profile, ownsProfile = false } = context;
    const known = ownsProfile ? profile?.seen : profile?.seen.clone();
    this.#seen = unique ? (known ?? new SeenTexts()) : new SeenTexts((text) => text);
    this.#seesRows = unique && profile === undefined;
  }

  summary(): AugmentationSummary {
    return this.#tracker.summary;
  }

  #tell(): void {
    const now = performance.now();
    if (now - this.#told < progressEvery) return;
    this.#told = now;
    const { rows, kept, dropped } = this.#tracker;
    this.#context.onProgress?.({ rows, total: this.#context.profile?.rows, kept, dropped });
  }

  /** What the earlier run made counts as made. */
  async #takeUp(): Promise<void> {
    const { resume, signal } = this.#context;
    if (resume === undefined) return;
    for await (const row of resume.made) {
      this.#seen.add(this.#seen.formOf(row.text));
      this.#tracker.addMade(row.labels, row.origin.method, row.text);
      signal?.throwIfAborted();
    }
    this.rowsDone = resume.rows;
  }

  #labelsOf(row: Row): readonly string[] {
    return row.labels[this.#task] ?? [];
  }

  /** A label's texts end at `perLabel`, whatever its rows were asked for. */
  #hasRoom(row: Row, madeHere: ReadonlyMap<string, number>): boolean {
    const { perLabel = Infinity } = this.#options.policy;
    return this.#labelsOf(row).every((label) => this.#tracker.madeOf(label) + (madeHere.get(label) ?? 0) < perLabel);
  }

  /** What is wanted of rows, `first` being the number of the first of them that nobody made. */
  async #turnsOf(rows: readonly Row[], first: number, { quota, judge }: Asked): Promise<Turn[]> {
    const { profile, signal } = this.#context;
    const given = rows.filter(({ origin }) => origin === undefined);
    const chosen = profile?.chosen
      ? given.map((_, i) => profile.chosen!.rows.has(first + i))
      : await judge?.choose(given, signal);
    let i = 0;
    return rows.map((row) => {
      const turn: Turn = { row, wishes: [] };
      if (this.#seesRows) turn.form = this.#seen.formOf(row.text);
      if (row.origin !== undefined) return turn;
      const count = quota(row, chosen?.[i] ?? true);
      this.#tracker.addRow(row, count);
      if (first + i++ >= this.rowsDone)
        turn.wishes = Array.from({ length: count }, (_, copy) => ({ row, copy, tries: [] }));
      return turn;
    });
  }

  #count({ candidate, verdict }: Outcome): void {
    const { wish, method, text = '' } = candidate;
    this.#tracker.add({ row: wish.row, method, text: candidate.text }, verdict);
    const { id, text: from, labels } = wish.row;
    this.#context.onCandidate?.({ method, parent: id, from, to: text, labels, ...verdict });
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<AugmentedRow> {
    const { profile, signal, flushAfter } = this.#context;
    const { seed, policy, quality } = this.#options;
    const quota = this.#context.quota ?? createQuota(policy, { task: this.#task, seed, profile });
    const tools = this.#context.tools ?? (await openTools(this.#options, this.#context));
    let judge: Judge | undefined;
    try {
      judge = await openOwnJudge(this.#options, this.#context);
      const { methods, checks } = tools;
      const making: MakeOptions = {
        ...{ seed, methods, checks, seen: this.#seen, attempts: quality.attempts, signal },
        hasRoom: (row, madeHere) => this.#hasRoom(row, madeHere),
        labelsOf: (row) => this.#labelsOf(row),
      };
      await this.#takeUp();
      let index = 0;
      for await (const rows of gatherRows(this.#rows, { most: chunkRows, flushAfter, signal })) {
        const turns = await this.#turnsOf(rows, index, { quota, judge });
        const outcomes = await makeTexts(turns, making);
        for (const outcome of outcomes) this.#count(outcome);
        this.#tell();
        for (const { candidate, verdict } of outcomes) if (verdict.reason === undefined) yield toAugmented(candidate);
        index += rows.reduce((n, { origin }) => n + (origin === undefined ? 1 : 0), 0);
        this.rowsDone = Math.max(this.rowsDone, index);
        if (signal?.aborted) throw TaxonError.from(signal.reason);
      }
      this.#told = 0;
      this.#tell();
    } catch (error) {
      throw signal?.aborted && !(error instanceof TaxonError)
        ? new TaxonError({ code: 'cancelled', message: 'augmenting was cancelled', cause: error })
        : error;
    } finally {
      if (tools !== this.#context.tools) await tools.dispose();
      await judge?.dispose();
    }
  }
}

/**
 * Makes new rows of a dataset's: as many as the policy wants, by methods drawn by their weights, kept where the quality gate lets them pass.
 * What is made of a row depends on the seed and the row (and, through `quality.unique`, on what was kept before), not on how many rows
 * were looked at together, so that a run goes on where it stopped. Memory does not grow with the rows. Rows that were made (`origin`) are not augmented again.
 * @throws TaxonError, when the iteration begins or goes on: `invalid_input`, `failed_precondition` (no profile, no engine), `cancelled`
 */
export const augmentRows = (rows: AsyncIterable<Row>, options: AugmentOptions, context: AugmentContext): Augmentation =>
  new Run(rows, options, context);
