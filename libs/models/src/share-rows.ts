/** Positions that another run of the program costs beside those that it computes: what starting its nodes takes. */
const runCost = 16;

/**
 * Which texts are computed together, a text a row: rows are as long as their longest text. Of all ways to deal the texts to
 * runs by length, the one with the fewest positions, each run counted as `runCost` more.
 * @param lengths tokens of each text
 * @returns the run that holds the first text: indices into `lengths`, in their order
 */
export const shareRows = (lengths: readonly number[]): number[] => {
  const counts = new Map<number, number>();
  for (const length of lengths) counts.set(length, (counts.get(length) ?? 0) + 1);
  const sizes = [...counts.keys()].sort((a, b) => a - b);
  // best[i]: cost of the i shortest lengths; from[i]: the first of them that shares a run with length i − 1.
  const best = [0];
  const from = [0];
  for (let i = 1; i <= sizes.length; i++) {
    best[i] = Infinity;
    let rows = 0;
    for (let start = i - 1; start >= 0; start--) {
      rows += counts.get(sizes[start]!)!;
      const cost = best[start]! + runCost + rows * sizes[i - 1]!;
      if (cost < best[i]!) [best[i], from[i]] = [cost, start];
    }
  }
  let end = sizes.length;
  const place = sizes.indexOf(lengths[0]!);
  while (from[end]! > place) end = from[end]!;
  const [shortest, longest] = [sizes[from[end]!]!, sizes[end - 1]!];
  return lengths.flatMap((length, i) => (length >= shortest && length <= longest ? [i] : []));
};
