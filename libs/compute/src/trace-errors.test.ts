import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import { TaxonError } from '@taxon/errors';
import { afterEach, describe, expect, it } from 'vitest';
import { compile, type Tensors } from './index.ts';
import { runReference, runTraced } from './testing.ts';

const source = readFileSync(fileURLToPath(import.meta.url), 'utf8').split('\n');

/** What compiling throws. */
const failureOf = (fn: (inputs: Tensors) => Tensors): TaxonError => {
  try {
    compile(fn, { x: { shape: [4] } });
  } catch (error) {
    if (error instanceof TaxonError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
};

/** The line of this file that an error's message names. */
const lineNamed = ({ message }: TaxonError): string | undefined => {
  const line = /trace-errors\.test\.ts:(\d+):\d+/.exec(message)?.[1];
  return line === undefined ? undefined : source[Number(line) - 1];
};

/** Each is written on one line, which is what its error must name. */
const unknown: Record<string, [string, (inputs: Tensors) => Tensors]> = {
  'an operation': ['Complex', ({ x }) => ({ y: tf.complex(x!, x!) })],
  'an operation within another': ['Unique', ({ x }) => ({ y: tf.unique(tf.relu(x!)).values })],
  'a method of a tensor': ['Multinomial', ({ x }) => ({ y: tf.multinomial(x as tf.Tensor1D, 2) })],
  'an operation within a gradient': ['Complex', ({ x }) => ({ y: tf.grad((v) => tf.real(tf.complex(v, v)))(x!) })],
};

const reads: Record<string, (inputs: Tensors) => Tensors> = {
  'dataSync()': ({ x }) => ({ y: tf.mul(x!, tf.exp(x!).dataSync()[0]!) }),
  'arraySync()': ({ x }) => ({ y: tf.mul(x!, (tf.exp(x!).arraySync() as number[])[0]!) }),
  'bufferSync()': ({ x }) => ({ y: tf.mul(x!, tf.exp(x!).bufferSync().get(0)) }),
  'print()': ({ x }) => (tf.print(x!), { y: x! }),
  'toString()': ({ x }) => ({ y: tf.tidy(() => tf.mul(x!, tf.exp(x!).toString().length)) }),
  'data(), not waited for': ({ x }) => (void tf.exp(x!).data(), { y: x! }),
  'array(), not waited for': ({ x }) => (void tf.exp(x!).array(), { y: x! }),
  // The type says that it returns tensors; JavaScript would let it pass.
  'data(), waited for': (async ({ x }: Tensors) => ({ y: tf.scalar((await tf.exp(x!).data())[0]!) })) as never,
};

describe('what cannot be traced', () => {
  afterEach(async () => {
    // Whatever happened, the next trace works, and so does the backend that was there before.
    const feeds = { x: { shape: [2], data: Float32Array.of(1, 2) } };
    const fn = ({ x }: Tensors): Tensors => ({ y: tf.grad((v: tf.Tensor) => tf.square(v))(x!) });
    expect([...(await runTraced(fn, feeds)).y!.data]).toEqual([2, 4]);
    expect([...(await runReference(fn, feeds)).y!.data]).toEqual([2, 4]);
    expect(tf.getBackend()).toBe('cpu');
    expect(() => tf.tensor1d([1]).dataSync()).not.toThrow();
  });

  for (const [what, [kernel, fn]] of Object.entries(unknown))
    it(`${what}: fails with the operation's name and the caller's line`, () => {
      const error = failureOf(fn);
      expect(error.message).toContain(`the operation '${kernel}' cannot be traced at `);
      expect(lineNamed(error)).toContain(`['${kernel}'`);
      expect(error.hint).toContain('operations that the tracer knows');
    });

  for (const [how, fn] of Object.entries(reads))
    it(`${how} of a traced value fails with the caller's line`, () => {
      const error = failureOf(fn);
      expect(error.message).toMatch(/^the value of '\w+' was read while tracing at /);
      expect(lineNamed(error)).toContain(`'${how}'`);
    });

  it('a string', () => {
    const error = failureOf(() => ({ y: tf.tensor1d(['a string']) }));
    expect(error.message).toContain("tensors of type 'string' cannot be traced at ");
    expect(lineNamed(error)).toContain("['a string']");
  });

  it('an async function', () => {
    const error = failureOf((({ x }: Tensors) => Promise.resolve({ y: x! })) as never);
    expect(error.message).toBe('the function to compile returned a promise');
  });

  it('constants may be read: they are known', () => {
    const { graph } = compile(({ x }) => ({ y: tf.mul(x!, tf.tensor1d([2, 3]).dataSync()[1]!) }), {
      x: { shape: [1] },
    });
    expect(graph.nodes.map(({ op }) => op)).toEqual(['Mul']);
  });
});
