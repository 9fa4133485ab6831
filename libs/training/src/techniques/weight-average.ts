import type { Weights } from '@taxon/models';

/** Share of the newest weights in the average after update `count` (1-based); the first one's is 1. */
export type AverageRule = (count: number) => number;

/**
 * Exponential moving average. With `bias` (Kingma & Ba 2015, §3) the first weights count as much as they would late in a run;
 * with `warm-up` (TensorFlow's: decay at most (1 + n)/(10 + n)) those of the start are soon forgotten, as fine-tuning wants.
 * @param decay 0..1, such as 0.999
 */
export const exponential =
  (decay: number, correction: 'bias' | 'warm-up' = 'warm-up'): AverageRule =>
  (count) => {
    if (count === 1) return 1;
    return correction === 'bias' ? (1 - decay) / (1 - decay ** count) : Math.max(1 - decay, 9 / (10 + count));
  };

/** The mean of all weights given: SWA (Izmailov et al. 2018) over epochs, or a soup of checkpoints (Wortsman et al. 2022). */
export const uniform: AverageRule = (count) => 1 / count;

export interface WeightAverage {
  /** The average; the model's own weights between a swap and the next. */
  readonly weights: Weights;
  /** Weights averaged so far. */
  count: number;
  update(current: Weights): void;
  /** Exchanges the average with the weights in place, without a third copy: once to evaluate or save, once more to go on. */
  swap(current: Weights): void;
}

const arraysOf = ({ words, positions, types, parameters }: Weights): Float32Array[] => [
  words,
  positions,
  types,
  ...Object.keys(parameters)
    .sort()
    .map((name) => parameters[name]!),
];

const copy = ({ words, positions, types, parameters }: Weights): Weights => ({
  words: words.slice(),
  positions: positions.slice(),
  types: types.slice(),
  parameters: Object.fromEntries(Object.entries(parameters).map(([name, values]) => [name, values.slice()])),
});

/**
 * An average of a model's weights over its training: one more copy of them.
 * @param weights their shapes, and what the average is before the first update
 * @param count updates that `weights` already is the average of, for a run that resumes
 */
export const createAverage = (weights: Weights, rule: AverageRule, count = 0): WeightAverage => {
  const average = copy(weights);
  const arrays = arraysOf(average);
  return {
    weights: average,
    count,
    update(current) {
      this.count += 1;
      const share = rule(this.count);
      arraysOf(current).forEach((values, index) => {
        const mean = arrays[index]!;
        for (let i = 0; i < mean.length; i++) mean[i]! += share * (values[i]! - mean[i]!);
      });
    },
    swap(current) {
      arraysOf(current).forEach((values, index) => {
        const mean = arrays[index]!;
        for (let i = 0; i < mean.length; i++) {
          const value = values[i]!;
          values[i] = mean[i]!;
          mean[i] = value;
        }
      });
    },
  };
};
