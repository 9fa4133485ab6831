import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TaxonError } from '@taxon/errors';
import type { Lineage, VersionScores } from '@taxon/registry';

/** What a model folder tells of itself: where it comes from and how good it was. */
export interface FolderFacts {
  lineage: Lineage;
  scores: VersionScores;
}

const readJson = async (path: string): Promise<unknown> => {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new TaxonError({ code: 'invalid_input', message: `${path} is no JSON: ${(cause as Error).message}`, cause });
  }
};

type Json = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const at = (value: unknown, ...keys: readonly string[]): unknown =>
  keys.reduce<unknown>((inner, key) => (isObject(inner) ? inner[key] : undefined), value);

/** Figures within 0..1; of others, such as a loss, a registry keeps none. */
const figuresOf = (value: unknown): Record<string, number> =>
  isObject(value)
    ? Object.fromEntries(
        Object.entries(value).filter(
          (entry): entry is [string, number] => typeof entry[1] === 'number' && entry[1] >= 0 && entry[1] <= 1,
        ),
      )
    : {};

const named = (scores: Record<string, Record<string, number>>): VersionScores =>
  Object.fromEntries(Object.entries(scores).filter(([, figures]) => Object.keys(figures).length > 0));

/** Of a training's report: the saved model, by part. The first task is the model's main one. */
const trainedScores = (metrics: unknown): VersionScores => {
  const [task] = (at(metrics, 'tasks') ?? []) as unknown[];
  const final = at(task, 'final');
  if (!isObject(final)) return {};
  return named(
    Object.fromEntries(Object.entries(final).map(([part, score]) => [part, figuresOf(at(score, 'figures'))])),
  );
};

const howMade = (lineage: unknown): Lineage['how'] => {
  if (at(lineage, 'compression') !== undefined) return 'compressed';
  if (at(lineage, 'teachers') !== undefined) return 'distilled';
  return at(lineage, 'recipe') === undefined ? 'imported' : 'trained';
};

/** Reads `taxon.json` and the reports beside it; a folder that others made tells nothing. */
export const readFolderFacts = async (folder: string): Promise<FolderFacts> => {
  const lineage = at(await readJson(join(folder, 'taxon.json')), 'lineage');
  const how = howMade(lineage);
  const dataDigest = at(lineage, 'dataDigest');
  const codeVersion = at(lineage, 'codeVersion');
  const compressed = at(await readJson(join(folder, 'compression.json')), 'after', 'figures');
  const recipe = at(lineage, 'recipe');
  return {
    lineage: {
      how,
      ...(recipe !== undefined && { recipe }),
      ...(typeof codeVersion === 'string' && { codeVersion }),
      ...(typeof dataDigest === 'string' && { data: { data: dataDigest } }),
    },
    scores:
      compressed === undefined
        ? trainedScores(await readJson(join(folder, 'run', 'metrics.json')))
        : named({ validation: figuresOf(compressed) }),
  };
};
