import type { Answer } from '@taxon/contracts';

/** What feedback on a prediction needs to know of it. */
export interface RecentPrediction {
  text: string;
  pair?: string;
  answers: Answer[];
}

export interface RecentPredictions {
  remember(id: string, prediction: RecentPrediction): void;
  get(id: string): RecentPrediction | undefined;
}

/** Characters of texts that are remembered for each prediction, on average: what bounds the memory. */
const charactersEach = 500;

/** Remembers the newest predictions: `size` of them, fewer where their texts are long. */
export const createRecentPredictions = (size: number): RecentPredictions => {
  // A Map keeps the order of insertion.
  const kept = new Map<string, RecentPrediction>();
  const limit = size * charactersEach;
  let characters = 0;
  const lengthOf = ({ text, pair = '' }: RecentPrediction): number => text.length + pair.length;
  return {
    remember: (id, prediction) => {
      if (lengthOf(prediction) > limit) return;
      kept.set(id, prediction);
      characters += lengthOf(prediction);
      for (const [oldest, old] of kept) {
        if (kept.size <= size && characters <= limit) return;
        kept.delete(oldest);
        characters -= lengthOf(old);
      }
    },
    get: (id) => kept.get(id),
  };
};
