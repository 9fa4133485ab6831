import fc from 'fast-check';
import { beforeAll, describe, it } from 'vitest';
import { agree } from './agree.ts';
import type { Cases } from './case.ts';
import { elementwise } from './elementwise.ts';
import { indexing } from './indexing.ts';
import { products } from './matmul.ts';
import { own } from './own.ts';
import { reductions } from './reduction.ts';
import { shapes } from './shape.ts';
import { loadFloat64, type Library } from './library.ts';

const families: Record<string, Cases> = { elementwise, reductions, shapes, indexing, products, own };

let float64: Library;

beforeAll(async () => {
  float64 = await loadFloat64();
});

for (const [family, cases] of Object.entries(families))
  describe(`${family} operations equal double precision, forward and gradient`, () => {
    for (const [name, definition] of Object.entries(cases))
      it(name, () =>
        fc.assert(
          fc.asyncProperty(definition.inputs, (drawn) => agree(float64, definition, drawn)),
          { numRuns: 8 },
        ),
      );
  });
