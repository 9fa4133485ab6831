import { execFile } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const here = dirname(fileURLToPath(import.meta.url));
const bundle = join(here, '../dist', `caller-line-${process.pid}.mjs`);

const program = `
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import { compile } from './index.ts';
const fn = ({ x }) => {
  const y = tf.relu(x);
  return { y: tf.topk(tf.unique(y).values).values };
};
try {
  compile(fn, { x: { shape: [4] } });
} catch (error) {
  console.log(error.message);
}
`;

const messageOf = async (...options: string[]): Promise<string> =>
  (await promisify(execFile)(process.execPath, [...options, bundle])).stdout.trim();

describe("the caller's line, where the engine and the caller are one file", () => {
  beforeAll(async () => {
    await mkdir(dirname(bundle), { recursive: true });
    await build({
      stdin: { contents: program, resolveDir: here, sourcefile: join(here, '../../../apps/example/src/caller.js') },
      outfile: bundle,
      bundle: true,
      format: 'esm',
      platform: 'node',
      mainFields: ['module', 'main'],
      external: ['onnxruntime-node'],
      sourcemap: 'inline',
      banner: { js: `import { createRequire as make } from 'node:module';\nconst require = make(import.meta.url);` },
    });
  });
  afterAll(() => rm(bundle, { force: true }));

  it('is that of the source with source maps', async () => {
    expect(await messageOf('--enable-source-maps')).toMatch(
      /^the operation 'Unique' cannot be traced at \S+caller\.js:7:\d+$/,
    );
  });

  it('is that of the bundle without', async () => {
    expect(await messageOf()).toMatch(
      /^the operation 'Unique' cannot be traced at file:\S+caller-line-\d+\.mjs:\d+:\d+$/,
    );
  });
});
