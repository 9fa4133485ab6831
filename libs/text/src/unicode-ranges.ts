/** A set of code points as sorted, disjoint ranges: `[first0, last0, first1, last1, …]`, ends included. */
export type CodePointRanges = Uint32Array;

/** Reads `gap.length` pairs in base 36, as `fixtures/unicode_tables.py` writes them. */
export const parseRanges = (text: string): CodePointRanges => {
  const pairs = text.split(' ');
  const ranges = new Uint32Array(2 * pairs.length);
  let end = 0;
  pairs.forEach((pair, i) => {
    const [gap = '', length = '0'] = pair.split('.');
    ranges[2 * i] = end + parseInt(gap, 36);
    ranges[2 * i + 1] = end = ranges[2 * i]! + parseInt(length, 36);
  });
  return ranges;
};

/** Whether the code point is in the set; a binary search. */
export const inRanges = (ranges: CodePointRanges, codePoint: number): boolean => {
  let low = 0;
  let high = ranges.length >> 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (codePoint > ranges[2 * middle + 1]!) low = middle + 1;
    else high = middle;
  }
  return 2 * low < ranges.length && codePoint >= ranges[2 * low]!;
};

/** Calls back with every range, cut to the code points below `limit` (exclusive); `last` is included. */
export const eachRange = (
  ranges: CodePointRanges,
  limit: number,
  visit: (first: number, last: number) => void,
): void => {
  for (let i = 0; i < ranges.length && ranges[i]! < limit; i += 2)
    visit(ranges[i]!, Math.min(ranges[i + 1]!, limit - 1));
};

/** Reads `first.count.stride.delta` runs in base 36 into a map from each capital to its small letter. */
export const parseRuns = (text: string): Map<number, number> => {
  const map = new Map<number, number>();
  for (const run of text.split(' ')) {
    const [first = 0, count = 0, stride = 1, delta = 0] = run.split('.').map((digits) => parseInt(digits, 36));
    for (let k = 0, point = first; k < count; k++, point += stride) map.set(point, point + delta);
  }
  return map;
};
