import { createRandom } from '@taxon/data';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LabelledBatch } from '../training-step.ts';
import { batchesOf, tinyShape, tinyTexts } from '../testing.ts';
import { textNorms, tokenSlots } from './packed-texts.ts';
import { createPgd, perturbFgm, type Perturbed } from './perturb-embeddings.ts';
import { perturbWords } from './perturb-words.ts';

const hidden = 5;
const size = tinyShape.rows * tinyShape.length * hidden;

const draw = (seed: number, scale = 1): Float32Array => {
  const random = createRandom(seed);
  return Float32Array.from({ length: size }, () => scale * (random() - 0.5));
};

const batchOf = (count: number): LabelledBatch =>
  batchesOf(
    tinyTexts(count),
    Array.from({ length: count }, (_, i) => i),
  )[0]!;

const difference = (a: Float32Array, b: Float32Array): Float32Array => a.map((value, i) => value - b[i]!);

const perturbed = (seed: number, batch: LabelledBatch): Perturbed => ({
  embeddings: draw(seed),
  gradient: draw(seed + 1),
  batch,
  shape: tinyShape,
});

/** By brute force: the tokens of the text in a slot, in the packed layout. */
const tokensOf = (batch: LabelledBatch, slot: number): number[] => {
  const [row, segment] = [Math.floor(slot / tinyShape.slots), slot % tinyShape.slots];
  return Array.from({ length: tinyShape.length }, (_, s) => s)
    .filter((s) => batch.segments[row * tinyShape.length + s] === segment)
    .map((s) => s * tinyShape.rows + row);
};

const normOfTokens = (values: Float32Array, tokens: readonly number[]): number =>
  Math.hypot(...tokens.flatMap((token) => [...values.subarray(token * hidden, (token + 1) * hidden)]));

const batches = fc.integer({ min: 1, max: 9 }).map(batchOf);

describe('perturbFgm', () => {
  it('moves every text by epsilon along its own gradient, and no padding', () => {
    fc.assert(
      fc.property(batches, fc.nat(1000), (batch, seed) => {
        const given = perturbed(seed, batch);
        const before = given.embeddings.slice();
        perturbFgm(given, { epsilon: 0.7 });
        const moved = difference(given.embeddings, before);
        const texts = Array.from(batch.slots, (slot) => tokensOf(batch, slot));
        for (const tokens of texts) {
          expect(normOfTokens(moved, tokens)).toBeCloseTo(0.7, 4);
          const factor = 0.7 / normOfTokens(given.gradient, tokens);
          const at = tokens[0]! * hidden;
          expect(moved[at]).toBeCloseTo(factor * given.gradient[at]!, 5);
        }
        const real = new Set(texts.flat());
        const padding = [...moved].filter((_, i) => !real.has(Math.floor(i / hidden)));
        expect(padding.every((value) => value === 0)).toBe(true);
      }),
    );
  });

  it('leaves a text without a gradient where it is', () => {
    const given = { ...perturbed(1, batchOf(4)), gradient: new Float32Array(size) };
    const before = given.embeddings.slice();
    perturbFgm(given, { epsilon: 1 });
    expect(given.embeddings).toEqual(before);
  });

  it('raises a loss that is linear in the embeddings by epsilon times the gradient of each text', () => {
    const batch = batchOf(6);
    const given = perturbed(3, batch);
    const tokens = Array.from(batch.slots, (slot) => tokensOf(batch, slot));
    const loss = (): number =>
      tokens.flat().reduce((sum, token) => {
        for (let i = token * hidden; i < (token + 1) * hidden; i++) sum += given.gradient[i]! * given.embeddings[i]!;
        return sum;
      }, 0);
    const before = loss();
    perturbFgm(given, { epsilon: 0.3 });
    const norms = tokens.reduce((sum, of) => sum + normOfTokens(given.gradient, of), 0);
    expect(loss() - before).toBeCloseTo(0.3 * norms, 4);
  });
});

describe('createPgd', () => {
  it('stays within epsilon of each text however many steps, and reaches it on one straight way', () => {
    fc.assert(
      fc.property(batches, fc.nat(1000), fc.integer({ min: 1, max: 6 }), (batch, seed, steps) => {
        const given = perturbed(seed, batch);
        const before = given.embeddings.slice();
        const pgd = createPgd(given.embeddings, { epsilon: 1, alpha: 0.4 });
        for (let step = 0; step < steps; step++) pgd.step(given);
        const moved = difference(given.embeddings, before);
        for (const slot of batch.slots)
          expect(normOfTokens(moved, tokensOf(batch, slot))).toBeCloseTo(Math.min(1, 0.4 * steps), 4);
        pgd.restore(given.embeddings);
        expect(given.embeddings).toEqual(before);
      }),
      { numRuns: 40 },
    );
  });

  it('finds a higher loss than one step of the same length where the loss is curved', () => {
    const batch = batchOf(1);
    const [token] = tokensOf(batch, batch.slots[0]!);
    // The loss −(u − 1)² − 9(v − 0.6)² of the first two numbers of the first token: its gradient turns on the way.
    const slope = ({ embeddings }: Perturbed): Float32Array => {
      const gradient = new Float32Array(size);
      gradient[token! * hidden] = -2 * (embeddings[token! * hidden]! - 1);
      gradient[token! * hidden + 1] = -18 * (embeddings[token! * hidden + 1]! - 0.6);
      return gradient;
    };
    const loss = ({ embeddings }: Perturbed): number =>
      -((embeddings[token! * hidden]! - 1) ** 2) - 9 * (embeddings[token! * hidden + 1]! - 0.6) ** 2;
    const start = { ...perturbed(1, batch), embeddings: new Float32Array(size) };
    const once = { ...start, embeddings: start.embeddings.slice(), gradient: slope(start) };
    perturbFgm(once, { epsilon: 1 });
    const often = { ...start, embeddings: start.embeddings.slice() };
    const pgd = createPgd(often.embeddings, { epsilon: 1, alpha: 0.2 });
    for (let step = 0; step < 10; step++) pgd.step({ ...often, gradient: slope(often) });
    expect(loss(often)).toBeGreaterThan(loss(once) + 0.5);
  });
});

describe('tokenSlots and textNorms', () => {
  it('agree with the packed layout', () => {
    const batch = batchOf(9);
    const slotOf = tokenSlots(batch, tinyShape);
    expect(slotOf.filter((slot) => slot >= 0).length).toBe(batch.tokens);
    const values = draw(8);
    const norms = textNorms(values, slotOf, tinyShape);
    for (const slot of batch.slots) expect(norms[slot]).toBeCloseTo(normOfTokens(values, tokensOf(batch, slot)), 5);
  });
});

describe('perturbWords', () => {
  const words = (): Float32Array => {
    const random = createRandom(4);
    return Float32Array.from({ length: 60 * hidden }, () => random() - 0.5);
  };

  it('moves the rows of the batch by a share of their norm along their summed gradient, and no other row', () => {
    const batch = batchOf(9);
    const [table, before, gradient] = [words(), words(), draw(5)];
    perturbWords({ words: table, gradient, batch, shape: tinyShape }, { rate: 0.01, epsilon: 10 });
    const moved = difference(table, before);
    const used = new Set(
      Array.from(batch.slots, (slot) => tokensOf(batch, slot))
        .flat()
        .map((token) => batch.ids[token]!),
    );
    const rows = [...before].filter((_, i) => used.has(Math.floor(i / hidden)));
    expect(Math.hypot(...moved) / Math.hypot(...rows)).toBeCloseTo(0.01, 5);
    moved.forEach((value, i) => expect(value !== 0).toBe(used.has(Math.floor(i / hidden))));
    const [word] = batch.ids;
    const tokens = [...batch.ids.keys()].filter((token) => batch.ids[token] === word);
    const sum = (i: number): number => tokens.reduce((total, token) => total + gradient[token * hidden + i]!, 0);
    expect(moved[word! * hidden]! / moved[word! * hidden + 1]!).toBeCloseTo(sum(0) / sum(1), 3);
  });

  it('moves no weight by more than epsilon of itself, and puts the rows back', () => {
    const table = words();
    const before = words();
    const restore = perturbWords(
      { words: table, gradient: draw(6), batch: batchOf(9), shape: tinyShape },
      { rate: 5, epsilon: 0.02 },
    );
    const shares = Array.from(difference(table, before), (value, i) => Math.abs(value / before[i]!));
    expect(Math.max(...shares)).toBeLessThan(0.0201);
    expect(Math.max(...shares)).toBeGreaterThan(0.0199);
    restore();
    expect(table).toEqual(before);
  });

  it('stays where there is no gradient', () => {
    const table = words();
    perturbWords(
      { words: table, gradient: new Float32Array(size), batch: batchOf(3), shape: tinyShape },
      { rate: 1, epsilon: 1 },
    );
    expect(table).toEqual(words());
  });
});
