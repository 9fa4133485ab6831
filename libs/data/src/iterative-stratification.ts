import { shuffle, type Random } from './random.ts';
import { RarestFirst } from './rarest-first.ts';
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

/** The part with the largest wish, in a tie the one with more room, then the earliest. */
const mostWanting = (parts: readonly number[], wish: Float64Array, room: Float64Array): number => {
  const close = 1e-9; // wishes are sums of fractions: equal ones differ in the last bits
  return parts.reduce((best, part) => {
    const ahead = wish[part]! - wish[best]!;
    return ahead > close || (ahead > -close && room[part]! - room[best]! > close) ? part : best;
  });
};

const nowhere = -1;
const severalParts = -2;

/** What the parts still want while units are placed one after the other. */
class Placement {
  readonly #options: PlacementOptions;
  readonly #units: readonly Unit[];
  readonly #candidates: number[]; // parts with a share; their order decides ties
  readonly #wishes: Float64Array[]; // [strata][parts]: examples of the stratum that the part still wants
  readonly #room: Float64Array; // [parts]: examples that the part still wants
  readonly #home: Int32Array; // by stratum: its only part, or one of the two above
  readonly #inFirst: Uint8Array; // by stratum: 1 when part 0 has it
  readonly remaining: Int32Array; // units to place, by stratum
  /** By unit. */
  readonly parts: Int32Array;

  constructor(units: readonly Unit[], strata: number, options: PlacementOptions) {
    const { shares, random } = options;
    this.#options = options;
    this.#units = units;
    this.#candidates = shuffle([...shares.keys()], random).filter((part) => shares[part]! > 0);
    this.remaining = new Int32Array(strata);
    const totals = new Float64Array(strata);
    for (const { keys, counts } of units)
      keys.forEach((key, i) => {
        this.remaining[key]!++;
        totals[key]! += counts[i]!;
      });
    this.#wishes = Array.from(totals, (total) => Float64Array.from(shares, (share) => total * share));
    const size = units.reduce((sum, { examples }) => sum + examples.length, 0);
    this.#room = Float64Array.from(shares, (share) => size * share);
    this.#home = new Int32Array(strata).fill(nowhere);
    this.#inFirst = new Uint8Array(strata);
    this.parts = new Int32Array(units.length).fill(nowhere);
  }

  #keepsGuarantee({ keys }: Unit, part: number): boolean {
    const { guarantee, strata: labels } = this.#options; // combinations of labels, from `labels` on, are promised nothing
    if (guarantee === 'first-part') return part === 0 || keys.every((key) => key >= labels || this.#inFirst[key] === 1);
    return keys.every((key) => key >= labels || this.remaining[key] !== 1 || this.#home[key] !== part);
  }

  /** Gives the unit to the part that wants this stratum most; without a stratum, to the one that wants examples most. */
  place(u: number, stratum?: number): void {
    const unit = this.#units[u]!;
    const kept = this.#candidates.filter((part) => this.#keepsGuarantee(unit, part));
    const wish = stratum === undefined ? this.#room : this.#wishes[stratum]!;
    const part = mostWanting(kept.length > 0 ? kept : this.#candidates, wish, this.#room);
    this.parts[u] = part;
    this.#room[part]! -= unit.examples.length;
    unit.keys.forEach((key, i) => {
      this.#wishes[key]![part]! -= unit.counts[i]!;
      this.remaining[key]!--;
      if (part === 0) this.#inFirst[key] = 1;
      this.#home[key] = this.#home[key] === nowhere || this.#home[key] === part ? part : severalParts;
    });
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
  const [units, strata] = withCombinations(plain, options.strata, options.shares);
  const placement = new Placement(units, strata, options);
  const order = shuffle([...units.keys()], options.random);
  order.sort((a, b) => units[b]!.examples.length - units[a]!.examples.length); // large ones while there is room
  const unitsOf = Array.from({ length: strata }, (): number[] => []);
  for (const u of order) for (const key of units[u]!.keys) unitsOf[key]!.push(u);
  const queue = new RarestFirst(placement.remaining);
  for (let stratum = queue.next(); stratum !== undefined; stratum = queue.next())
    for (const u of unitsOf[stratum]!) {
      if (placement.parts[u] !== nowhere) continue;
      placement.place(u, stratum);
      units[u]!.keys.forEach((key) => queue.changed(key));
    }
  for (const u of order) if (placement.parts[u] === nowhere) placement.place(u); // nothing is known of them
  return placement.parts;
};
