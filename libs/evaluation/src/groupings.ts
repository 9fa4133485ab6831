import { rowsOf } from './shapes.ts';
import type { Grouping } from './slices.ts';

/** Groups of about equal size by length; lengths that are equal stay together, so there may be fewer. */
export const groupByLength = (lengths: ArrayLike<number>, bins = 5, by = 'length'): Grouping => {
  const sorted = Float64Array.from(lengths).sort();
  const n = sorted.length;
  // Largest length of each bin; equal ones fall together.
  const uppers = [
    ...new Set(Array.from({ length: n === 0 ? 0 : bins }, (_, i) => sorted[Math.ceil(((i + 1) * n) / bins) - 1]!)),
  ];
  const of = Int32Array.from(lengths, (length) => uppers.findIndex((upper) => length <= upper));
  const names = uppers.map((upper, i) => {
    const lower = i === 0 ? sorted[0]! : sorted.find((length) => length > uppers[i - 1]!)!;
    return lower === upper ? String(upper) : `${lower}–${upper}`;
  });
  return { by, names, of };
};

/** Groups by a name of each text, such as its source, in alphabetical order; texts without one come last. */
export const groupByName = (
  values: readonly (string | undefined)[],
  by = 'source',
  missing = `(no ${by})`,
): Grouping => {
  const named = [...new Set(values.filter((name) => name !== undefined))].sort();
  const names = values.includes(undefined) ? [...named, missing] : named;
  const places = new Map<string | undefined, number>(named.map((name, i) => [name, i]));
  return { by, names, of: Int32Array.from(values, (name) => places.get(name) ?? names.length - 1) };
};

/** Groups by how many labels a text carries; the last group holds all above. */
export const groupByLabelCount = (expected: Uint8Array, classes: number, most = 4): Grouping => {
  const n = rowsOf('expected', expected, classes);
  const of = new Int32Array(n);
  for (let text = 0; text < n; text++) {
    let count = 0;
    for (let at = text * classes; at < (text + 1) * classes; at++) count += expected[at]!;
    of[text] = Math.min(count, most);
  }
  const names = Array.from({ length: most + 1 }, (_, i) => (i === most ? `${i} or more` : String(i)));
  return { by: 'labels', names, of };
};
