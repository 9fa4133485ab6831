import { shuffle, type Random } from './random.ts';
import type { Unit } from './strata.ts';

export interface PlacementOptions {
  /** Number of strata: keys are below it. */
  strata: number;
  /** Share of every part; they sum to 1. */
  shares: readonly number[];
  random: Random;
  /** `first-part`: every stratum is in part 0 before any other. `several-parts`: in two parts at least, where it has two units. */
  guarantee: 'first-part' | 'several-parts';
}

/** Strata for the combinations of labels that are frequent enough to be in every part; the rest rely on their single labels. */
const withCombinations = (units: readonly Unit[], strata: number, shares: readonly number[]): [Unit[], number] => {
  const least = Math.ceil(1 / Math.min(...shares.filter((share) => share > 0)));
  const names = units.map(({ keys }) => (keys.length > 1 ? keys.toSorted((a, b) => a - b).join() : ''));
  const sizes = new Map<string, number>();
  units.forEach(({ examples }, u) => sizes.set(names[u]!, (sizes.get(names[u]!) ?? 0) + examples.length));
  sizes.delete('');
  const frequent = [...sizes].filter(([, size]) => size >= least).map(([name]) => name);
  const keyOf = new Map(frequent.map((name, i) => [name, strata + i]));
  const all = units.map((unit, u) => {
    const key = keyOf.get(names[u]!);
    if (key === undefined) return unit;
    return { ...unit, keys: [...unit.keys, key], counts: [...unit.counts, unit.examples.length] };
  });
  return [all, strata + frequent.length];
};

/** The largest of the allowed candidates by `first`, then `second`; the earliest in a tie; −1 when none is allowed. */
const bestOf = (
  candidates: readonly number[],
  allowed: (part: number) => boolean,
  first: (part: number) => number,
  second: (part: number) => number,
): number => {
  const close = 1e-9; // wishes are sums of fractions: equal ones differ in the last bits
  let best = -1;
  for (const part of candidates) {
    if (!allowed(part)) continue;
    const ahead = best === -1 ? 1 : first(part) - first(best);
    if (ahead > close || (ahead > -close && second(part) - second(best) > close)) best = part;
  }
  return best;
};

/** Keys in the order of their remaining units, fewest first, while these only ever fall. */
class RarestFirst {
  readonly #buckets: number[][] = [];
  readonly #remaining: Int32Array;
  #low = 1;

  constructor(remaining: Int32Array) {
    this.#remaining = remaining;
    remaining.forEach((_, key) => this.changed(key));
  }

  changed(key: number): void {
    const count = this.#remaining[key]!;
    if (count === 0) return;
    (this.#buckets[count] ??= []).push(key);
    this.#low = Math.min(this.#low, count);
  }

  next(): number | undefined {
    for (; this.#low < this.#buckets.length; this.#low++)
      for (let key = this.#buckets[this.#low]?.pop(); key !== undefined; key = this.#buckets[this.#low]!.pop())
        if (this.#remaining[key] === this.#low) return key; // else it has fallen since
    return undefined;
  }
}

/**
 * Iterative stratification: takes the stratum with the fewest units left and gives each of its units to the part that wants this
 * stratum most, in a tie the one that wants examples most. Multi-label data keeps the share of every label that way, and of every
 * frequent combination (as a stratum of its own).
 * Sechidis, Tsoumakas, Vlahavas: On the Stratification of Multi-Label Data (2011); combinations as in Szymański, Kajdanowicz (2017).
 * @returns the part of every unit
 */
export const iterativeStratification = (plain: readonly Unit[], options: PlacementOptions): Int32Array => {
  const { strata: labels, shares, random, guarantee } = options;
  const [units, strata] = withCombinations(plain, labels, shares);
  const order = shuffle([...units.keys()], random).sort(
    (a, b) => units[b]!.examples.length - units[a]!.examples.length,
  );
  const unitsOf = Array.from({ length: strata }, (): number[] => []);
  const totals = new Float64Array(strata);
  for (const u of order)
    units[u]!.keys.forEach((key, i) => {
      unitsOf[key]!.push(u);
      totals[key]! += units[u]!.counts[i]!;
    });
  const wishes = Array.from(totals, (total) => Float64Array.from(shares, (share) => total * share)); // [strata][parts]
  const size = units.reduce((sum, { examples }) => sum + examples.length, 0);
  const room = Float64Array.from(shares, (share) => size * share);
  const remaining = Int32Array.from(unitsOf, (own) => own.length);
  const queue = new RarestFirst(remaining);
  const nowhere = -1;
  const several = -2;
  const home = new Int32Array(strata).fill(nowhere); // the only part that holds a stratum, or one of the two above
  const candidates = shuffle(
    [...shares.keys()].filter((part) => shares[part]! > 0),
    random,
  );
  const firstPartHas = new Uint8Array(strata);

  const allowed =
    ({ keys }: Unit) =>
    (part: number): boolean => {
      if (guarantee === 'first-part')
        return part === 0 || keys.every((key) => key >= labels || firstPartHas[key] === 1);
      return keys.every((key) => key >= labels || remaining[key] !== 1 || home[key] !== part);
    };
  const parts = new Int32Array(units.length).fill(nowhere);
  const place = (u: number, wish: Float64Array): void => {
    const unit = units[u]!;
    const [first, second] = [(part: number) => wish[part]!, (part: number) => room[part]!];
    let part = bestOf(candidates, allowed(unit), first, second);
    if (part === nowhere) part = bestOf(candidates, () => true, first, second);
    parts[u] = part;
    room[part]! -= unit.examples.length;
    unit.keys.forEach((key, i) => {
      wishes[key]![part]! -= unit.counts[i]!;
      remaining[key]!--;
      if (part === 0) firstPartHas[key] = 1;
      home[key] = home[key] === nowhere || home[key] === part ? part : several;
      queue.changed(key);
    });
  };
  for (let key = queue.next(); key !== undefined; key = queue.next())
    for (const u of unitsOf[key]!) if (parts[u] === nowhere) place(u, wishes[key]!);
  for (const u of order) if (parts[u] === nowhere) place(u, room); // nothing is known of them
  return parts;
};
