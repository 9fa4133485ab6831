import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { supportedKernels } from '../kernels/index.ts';
import { watchKernels } from '../watch-kernels.ts';
import { agree } from './agree.ts';
import type { Cases } from './case.ts';
import { elementwise } from './elementwise.ts';
import { images } from './images.ts';
import { indexing } from './indexing.ts';
import { loadFloat64, type Library } from './library.ts';
import { products } from './matmul.ts';
import { own } from './own.ts';
import { reductions } from './reduction.ts';
import { shapes } from './shape.ts';

const families: Record<string, Cases> = {
  'elementwise operations': elementwise,
  reductions,
  'operations on shapes': shapes,
  indexing,
  'matrix products': products,
  'operations on images': images,
  'our own kernels': own,
};

/** Draws of each case. With 250, tried by hand, none fails either. */
const runs = 8;

let float64: Library;
const tried = new Set<string>();

beforeAll(async () => {
  watchKernels(supportedKernels, (name) => tried.add(name));
  float64 = await loadFloat64();
});

for (const [family, cases] of Object.entries(families))
  describe(`${family} equal double precision, forward and gradient`, () => {
    for (const [name, definition] of Object.entries(cases))
      it(name, () =>
        fc.assert(
          fc.asyncProperty(definition.inputs, (drawn) => agree(float64, definition, drawn)),
          { numRuns: runs },
        ),
      );
  });

describe('no operation is forgotten', () => {
  it('every kernel of tfjs that the tracer knows was tried above', () => {
    expect(supportedKernels.filter((name) => !tried.has(name))).toEqual([]);
  });
});
