import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseRowLength, fillBatch, planBatches, type PackShape } from './index.ts';

const texts = fc.array(fc.array(fc.integer({ min: 1, max: 30_000 }), { minLength: 1, maxLength: 24 }), {
  maxLength: 80,
});
const shapes = fc.record({
  rows: fc.integer({ min: 1, max: 5 }),
  length: fc.integer({ min: 24, max: 64 }),
  slots: fc.integer({ min: 1, max: 8 }),
});

const plans = (tokens: number[][], shape: PackShape) =>
  planBatches(
    tokens.map((ids) => ids.length),
    tokens.keys(),
    shape,
  );

describe('packing', () => {
  it('gives every text exactly one place', () => {
    fc.assert(
      fc.property(texts, shapes, (tokens, shape) => {
        const placed = plans(tokens, shape).flatMap((plan) => plan.texts);
        expect(placed).toEqual([...tokens.keys()]);
      }),
    );
  });

  it('lays each text out whole, in order, apart from its neighbours', () => {
    fc.assert(
      fc.property(texts, shapes, fc.constantFrom('mean' as const, 'cls' as const), (tokens, shape, pooling) => {
        for (const plan of plans(tokens, shape)) {
          const batch = fillBatch(plan, (text) => tokens[text]!, shape, { pooling, padId: 0 });
          plan.texts.forEach((text, i) => {
            const slot = batch.slots[i]!;
            const row = Math.floor(slot / shape.slots);
            const segment = slot % shape.slots;
            const at = [...Array(shape.length).keys()].filter(
              (s) => batch.segments[row * shape.length + s] === segment,
            );
            expect(at.map((s) => batch.ids[s * shape.rows + row])).toEqual(tokens[text]);
            expect(at.map((s) => batch.positions[s * shape.rows + row])).toEqual([...at.keys()]);
            const weights = at.map((s) => batch.pool[slot * shape.length + s]!);
            expect(weights.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
            if (pooling === 'cls') expect(weights[0]).toBe(1);
          });
          expect(batch.tokens).toBe(plan.texts.reduce((sum, text) => sum + tokens[text]!.length, 0));
        }
      }),
    );
  });

  it('lays token types out beside the ids, and has none where no text has', () => {
    fc.assert(
      fc.property(texts, shapes, (tokens, shape) => {
        const types = (text: number) => (text % 3 === 0 ? undefined : tokens[text]!.map((id) => id % 2));
        for (const plan of plans(tokens, shape)) {
          const tokensOf = (text: number) => tokens[text]!;
          const fill = { pooling: 'mean' as const, padId: 0 };
          const batch = fillBatch(plan, tokensOf, shape, { ...fill, types });
          plan.texts.forEach((text, i) => {
            const [row, segment] = [Math.floor(batch.slots[i]! / shape.slots), batch.slots[i]! % shape.slots];
            const own = batch.ids.filter(
              (_, at) =>
                at % shape.rows === row && batch.segments[row * shape.length + Math.floor(at / shape.rows)] === segment,
            );
            const ownTypes = batch.types!.filter(
              (_, at) =>
                at % shape.rows === row && batch.segments[row * shape.length + Math.floor(at / shape.rows)] === segment,
            );
            expect([...ownTypes]).toEqual(types(text) ?? Array.from(own, () => 0));
          });
          expect(fillBatch(plan, tokensOf, shape, fill).types).toBeUndefined();
        }
      }),
    );
  });

  it('pools a prompt at its mask', () => {
    const shape = { rows: 1, length: 16, slots: 4 };
    const tokens = [
      [5, 9, 7],
      [9, 4],
    ];
    const [plan] = plans(tokens, shape);
    const { pool } = fillBatch(plan!, (text) => tokens[text]!, shape, { pooling: 'mask', maskId: 9, padId: 0 });
    expect([...pool.keys()].filter((i) => pool[i] === 1)).toEqual([1, 16 + 3]);
  });

  it('fills short texts tightly', () => {
    const lengths = Array.from({ length: 5000 }, (_, i) => 5 + ((i * 7919) % 13));
    const shape = { rows: 16, length: 64, slots: 16 };
    const batches = planBatches(lengths, lengths.keys(), shape);
    const tokens = lengths.reduce((a, b) => a + b, 0);
    expect(tokens / (batches.length * shape.rows * shape.length)).toBeGreaterThan(0.9);
  });

  it('refuses a text that no row can hold', () => {
    expect(() => planBatches([65], [0], { rows: 1, length: 64, slots: 1 })).toThrow('65 tokens; a row holds 1 to 64');
  });

  it('chooses rows that hold the longest text', () => {
    expect([1, 64, 65, 500].map(chooseRowLength)).toEqual([64, 64, 80, 512]);
  });
});
