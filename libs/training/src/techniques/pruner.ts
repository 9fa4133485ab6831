// Which trials of a hyper-parameter search are not worth going on with. A trial reports a score after each of its steps (epochs or
// evaluations, 1-based; higher is better); trials run one after the other or side by side.

export interface MedianOptions {
  kind: 'median';
  /** Trials that finish before any is pruned. @default 4 */
  startupTrials?: number;
  /** Steps of a trial before it may be pruned. @default 1 */
  warmupSteps?: number;
}

export interface HalvingOptions {
  kind: 'successive-halving';
  /** The step of the first rung; rung k is at firstRung·factorᵏ. @default 1 */
  firstRung?: number;
  /** One of `factor` trials goes on from each rung. @default 3 */
  factor?: number;
}

export type PrunerOptions = MedianOptions | HalvingOptions;

export type Verdict = 'continue' | 'prune';

export interface Pruner {
  /** Takes a trial's score at a step and says whether it goes on. */
  report(trial: number, step: number, score: number): Verdict;
}

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};

/** A trial stops where its best score so far is below the median of the others' at that step (Golovin et al. 2017, Vizier). */
const medianPruner = ({ startupTrials = 4, warmupSteps = 1 }: MedianOptions): Pruner => {
  const scores = new Map<number, Map<number, number>>(); // trial → step → best score so far
  return {
    report(trial, step, score) {
      const own = scores.get(trial) ?? new Map<number, number>();
      scores.set(trial, own);
      const best = Math.max(score, ...own.values());
      own.set(step, best);
      const others = [...scores].flatMap(([other, steps]) => {
        const value = steps.get(step);
        return other === trial || value === undefined ? [] : [value];
      });
      if (step <= warmupSteps || others.length < Math.max(1, startupTrials)) return 'continue';
      return best < median(others) ? 'prune' : 'continue';
    },
  };
};

/** Asynchronous successive halving (Li et al. 2020): past a rung go the best 1/factor of the trials that have reached it. */
const halvingPruner = ({ firstRung = 1, factor = 3 }: HalvingOptions): Pruner => {
  const rungs = new Map<number, number[]>();
  const isRung = (step: number): boolean => {
    for (let rung = firstRung; rung <= step; rung *= factor) if (Math.round(rung) === step) return true;
    return false;
  };
  return {
    report(_, step, score) {
      if (!isRung(step)) return 'continue';
      const reached = [...(rungs.get(step) ?? []), score];
      rungs.set(step, reached);
      const places = Math.max(1, Math.floor(reached.length / factor));
      const better = reached.filter((other) => other > score).length;
      return better < places ? 'continue' : 'prune';
    },
  };
};

/** A pruner of its own state; a score that is no number always ends its trial. */
export const createPruner = (options: PrunerOptions): Pruner => {
  const pruner = options.kind === 'median' ? medianPruner(options) : halvingPruner(options);
  return {
    report: (trial, step, score) => (Number.isFinite(score) ? pruner.report(trial, step, score) : 'prune'),
  };
};
