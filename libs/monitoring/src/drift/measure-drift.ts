import { createRandom } from '@taxon/data';
import { invalidInput } from '@taxon/errors';
import type { TaskProfile } from '../profile.ts';
import type { Reference } from '../reference.ts';
import type { WindowView } from '../window.ts';
import { meanDiscrepancy } from './mean-discrepancy.ts';
import { populationStability } from './population-stability.ts';

export interface DriftOptions {
  /** PSI of the labels answered. @default 0.2 */
  labelPsi?: number;
  /** PSI of the confidences. @default 0.2 */
  confidencePsi?: number;
  /** Chance of a false alarm of each PSI, where chance alone may exceed its limit. @default 0.001 */
  psiAlpha?: number;
  /** Chance of a false alarm of the embeddings' distance: traffic is looked at often. @default 0.001 */
  mmdAlpha?: number;
  /** Predictions, by what they are worth, before anything is said. @default 200 */
  leastN?: number;
  /** Rows of each side that the embeddings' distance is computed of. @default 250 */
  sample?: number;
  /** Of the sample and the permutations. @default 0 */
  seed?: number;
}

/** What a window of predictions is against the reference: figures and limits of the event `DriftMeasured`. */
export interface Drift {
  /** Predictions in the window. */
  n: number;
  /** False: too few to say anything; nothing is beyond a limit then. */
  enough: boolean;
  /** `labelPsi` and `confidencePsi`, the largest of the tasks; `embeddingMmd` and its p-value `embeddingP`, where there are embeddings. */
  figures: Record<string, number>;
  /** By the same names: what chance exceeds too seldom, for PSI never less than its option. */
  limits: Record<string, number>;
  /** Names of figures beyond their limits. */
  beyond: string[];
}

interface Distance {
  figure: number;
  limit: number;
}

/** The task that is furthest beyond its limit. */
const furthest = (distances: readonly Distance[]): Distance | undefined =>
  distances.reduce<Distance | undefined>(
    (best, next) => (best === undefined || next.figure - next.limit > best.figure - best.limit ? next : best),
    undefined,
  );

/** Labels of either side in one order, and last the answers without one. */
const labelCounts = (a: TaskProfile, b: TaskProfile): [number[], number[]] => {
  const names = [...new Set([...Object.keys(a.labels), ...Object.keys(b.labels)])].sort();
  const counts = ({ labels, none }: TaskProfile) => [
    ...names.map((name) => (Object.hasOwn(labels, name) ? labels[name]! : 0)),
    none,
  ];
  return [counts(a), counts(b)];
};

/** Rows drawn without replacement, the heavier sooner (Efraimidis and Spirakis 2006). */
const drawRows = (rows: WindowView['embeddings'], size: number, seed: number): (readonly number[])[] => {
  const random = createRandom(seed);
  return rows
    .map(({ row, weight }) => ({ row, key: -Math.log(1 - random()) / weight }))
    .sort((a, b) => a.key - b.key)
    .slice(0, size)
    .map(({ row }) => row);
};

const embeddingDistance = (reference: Reference, window: WindowView, options: DriftOptions) => {
  const { sample = 250, mmdAlpha: alpha = 0.001, seed = 0 } = options;
  const known = reference.embeddings.map((row) => ({ row, weight: 1 }));
  const [a, b] = [drawRows(known, sample, seed), drawRows(window.embeddings, sample, seed + 1)];
  // Fewer rows can hardly tell anything, and the estimate needs two.
  if (a.length < 20 || b.length < 20) return undefined;
  if (b.some((row) => row.length !== a[0]!.length))
    throw invalidInput(
      `embeddings of ${b.find((row) => row.length !== a[0]!.length)!.length} numbers against a reference of ${a[0]!.length}`,
      'keep a window for each version, and the reference of the same version',
    );
  // So many that p can well be below alpha.
  const permutations = Math.ceil(2 / alpha);
  return { ...meanDiscrepancy(a, b, { alpha, permutations, seed }), alpha };
};

/**
 * Holds a window of live predictions against what the same version answered to its validation texts.
 * @throws TaxonError `invalid_input` when the embeddings are of another model
 */
export const measureDrift = (reference: Reference, window: WindowView, options: DriftOptions = {}): Drift => {
  const { psiAlpha: alpha = 0.001, leastN = 200 } = options;
  const tasks = Object.keys(reference.tasks).filter((task) => window.tasks[task] !== undefined);
  const psi = (counts: (a: TaskProfile, b: TaskProfile) => [number[], number[]], least: number) =>
    furthest(
      tasks.map((task) => {
        const [known, live] = [reference.tasks[task]!, window.tasks[task]!];
        const [a, b] = counts(known, live);
        const scaled = b.map((count) => count * window.scale);
        // Of several labels a text, texts are independent of each other, labels are not.
        const answers = [known.n, live.n * window.scale] as const;
        const { psi: figure, chance } = populationStability(a, scaled, { alpha, answers });
        return { figure, limit: Math.max(least, chance) };
      }),
    );
  const labels = psi(labelCounts, options.labelPsi ?? 0.2);
  const confidence = psi((a, b) => [a.confidence, b.confidence], options.confidencePsi ?? 0.2);
  const embedding = embeddingDistance(reference, window, options);
  const enough = window.effectiveN >= leastN && reference.n >= leastN;
  const beyond = [
    ...(labels && labels.figure > labels.limit ? ['labelPsi'] : []),
    ...(confidence && confidence.figure > confidence.limit ? ['confidencePsi'] : []),
    ...(embedding && embedding.p <= embedding.alpha ? ['embeddingMmd'] : []),
  ];
  return {
    n: window.n,
    enough,
    figures: {
      ...(labels && { labelPsi: labels.figure }),
      ...(confidence && { confidencePsi: confidence.figure }),
      ...(embedding && { embeddingMmd: embedding.mmd, embeddingP: embedding.p }),
    },
    limits: {
      ...(labels && { labelPsi: labels.limit }),
      ...(confidence && { confidencePsi: confidence.limit }),
      ...(embedding && { embeddingMmd: embedding.chance, embeddingP: embedding.alpha }),
    },
    beyond: enough ? beyond : [],
  };
};
