/** Logits and right labels of classifiers that are right most of the time. */
export interface MadeUpAnswers {
  multiLabel: { logits: Float32Array; expected: Uint8Array }; // both [texts, labels]
  singleLabel: { logits: Float32Array; expected: Int32Array }; // [texts, labels], [texts]
}

/** Shares of 0 … 1 by a linear congruential generator (Numerical Recipes): the same everywhere. */
const createShares = (): (() => number) => {
  let state = 12345;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
};

const multiLabel = (texts: number, labels: number, share: () => number): MadeUpAnswers['multiLabel'] => {
  const logits = Float32Array.from({ length: texts * labels }, () => -5 + 2 * (share() - 0.5));
  const expected = new Uint8Array(texts * labels);
  const drawn = (power: number): number => Math.floor(labels * share() ** power);
  for (let begin = 0; begin < logits.length; begin += labels)
    for (let i = 0; i < 3; i++) {
      const label = begin + drawn(2); // some labels are rare
      expected[label] = 1;
      if (share() < 0.85) logits[label] = 4 * share();
      if (share() < 0.3) logits[begin + drawn(1)] = 3 * share();
    }
  return { logits, expected };
};

const singleLabel = (texts: number, labels: number, share: () => number): MadeUpAnswers['singleLabel'] => {
  const logits = Float32Array.from({ length: texts * labels }, () => 3 * (share() - 0.5));
  const expected = Int32Array.from({ length: texts }, () => Math.floor(labels * share() ** 2));
  expected.forEach((label, text) => {
    if (share() < 0.85) logits[text * labels + label]! += 4 + 4 * share();
  });
  return { logits, expected };
};

export const madeUpAnswers = (texts: number, labels: number): MadeUpAnswers => {
  const share = createShares();
  return { multiLabel: multiLabel(texts, labels, share), singleLabel: singleLabel(texts, labels, share) };
};
