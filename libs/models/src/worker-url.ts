import { existsSync } from 'node:fs';
import { TaxonError } from '@taxon/errors';

/**
 * Where a bundled worker lies: beside the bundle that asks, or, when this file runs from source, in the lib's `dist`.
 * @throws TaxonError `failed_precondition` when it was not built
 */
export const workerUrl = (name: string): URL => {
  const places = [`./${name}.js`, `../dist/${name}.js`].map((path) => new URL(path, import.meta.url));
  const found = places.find((url) => existsSync(url));
  if (found) return found;
  throw new TaxonError({
    code: 'failed_precondition',
    message: `the worker ${name}.js is not built`,
    hint: 'npm run build, or for tests from source: node tools/build/workers.mjs',
  });
};
