import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { TaxonError } from '@taxon/errors';

/**
 * Where the code of a worker thread or child process lies. A lib names its entries in its package.json (`taxon.entries`);
 * an app's bundle carries them beside its own file, and for code that runs from source they are built to the lib's dist/.
 * @param name e.g. `classifier-worker`
 * @param from the caller's `import.meta.url`
 */
export const entryUrl = (name: string, from: string): URL => {
  const candidates = [new URL(`./${name}.js`, from), new URL(`../dist/${name}.js`, from)];
  const found = candidates.find((url) => existsSync(fileURLToPath(url)));
  if (found !== undefined) return found;
  throw new TaxonError({
    code: 'internal',
    message: `the entry '${name}' is not built: none of ${candidates.map((url) => fileURLToPath(url)).join(', ')} exists`,
    hint: 'Run `npm run build`.',
  });
};
