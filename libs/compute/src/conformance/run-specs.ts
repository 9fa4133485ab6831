import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { SpecReport } from './spec-report.ts';

const here = dirname(fileURLToPath(import.meta.url));
const lib = join(here, '../..');

/** Where tfjs-core keeps its modules and the specs beside them. */
export const specFolder = join(
  dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-core/package.json')),
  'dist',
);

const entry = (files: readonly string[]): string =>
  [
    `import ${JSON.stringify(join(here, 'specs.ts'))};`,
    ...files.map((file) => `import ${JSON.stringify(join(specFolder, file))};`),
  ].join('\n');

/** Runs spec files of tfjs-core (paths within its dist folder) on the tracer, in a process of their own. */
export const runSpecs = async (files: readonly string[], name: string): Promise<SpecReport> => {
  const bundle = join(lib, 'dist', `conformance-${name}-${process.pid}.mjs`);
  await mkdir(dirname(bundle), { recursive: true });
  await build({
    stdin: { contents: entry(files), resolveDir: lib },
    outfile: bundle,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    ignoreAnnotations: true, // tfjs-core says of its specs that they have no side effects
    mainFields: ['module', 'main'],
    external: ['onnxruntime-node', 'jasmine-core'],
    banner: {
      js: `import { createRequire as makeRequire } from 'node:module';\nconst require = makeRequire(import.meta.url);`,
    },
    logLevel: 'error',
  });
  try {
    const child = fork(bundle, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], serialization: 'advanced' });
    let errors = '';
    child.stderr!.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    let report: SpecReport | undefined;
    child.on('message', (message) => (report = message as SpecReport));
    await once(child, 'close');
    if (report === undefined) throw new Error(`the specs ended without a report:\n${errors}`);
    return report;
  } finally {
    await rm(bundle, { force: true });
  }
};
