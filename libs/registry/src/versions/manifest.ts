import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { invalidInput, TaxonError } from '@taxon/errors';
import { z } from 'zod';
import type { Manifest, ManifestFile, RegisterOptions } from '../registry.ts';
import { readWhole } from '../storage/read-whole.ts';
import type { Storage } from '../storage/storage.ts';
import { blobKey, digestOfBytes, digestOfFile } from './blobs.ts';

const digest = z.string().regex(/^[0-9a-f]{64}$/);
/** What is checked out is written below a folder: no path may lead out of it. */
const path = z
  .string()
  .regex(/^[^/\\\0]+(\/[^/\\\0]+)*$/)
  .refine((text) => !text.split('/').some((part) => part.startsWith('.')), 'is hidden or leaves the folder');
const manifestSchema = z.object({
  manifestVersion: z.literal(1),
  model: z.string(),
  files: z.array(z.object({ path, digest, bytes: z.int().min(0) })).min(1),
  contentDigest: digest,
  lineage: z.looseObject({ how: z.enum(['trained', 'distilled', 'compressed', 'imported']) }),
  scores: z.record(z.string(), z.record(z.string(), z.number())),
});

const contentDigestOf = (files: readonly ManifestFile[]): string =>
  digestOfBytes(Buffer.from(files.map((file) => `${file.path}\0${file.digest}\n`).join('')));

/** Files of a folder by path, hidden ones left out. */
const filesOf = async (folder: string, inner = ''): Promise<string[]> => {
  const entries = await readdir(join(folder, inner), { withFileTypes: true });
  const found = await Promise.all(
    entries
      .filter(({ name }) => !name.startsWith('.'))
      .map(async (entry): Promise<string[]> => {
        const at = inner === '' ? entry.name : `${inner}/${entry.name}`;
        if (entry.isDirectory()) return filesOf(folder, at);
        return entry.isFile() ? [at] : [];
      }),
  );
  return found.flat().sort((a, b) => (a < b ? -1 : 1));
};

/** @throws TaxonError `not_found`, `invalid_input` for a folder without files */
export const describeFolder = async ({
  model,
  folder,
  lineage,
  scores = {},
  signal,
}: RegisterOptions): Promise<Manifest> => {
  const paths = await filesOf(folder).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new TaxonError({ code: 'not_found', message: `model folder ${folder} does not exist` });
    throw error;
  });
  if (paths.length === 0) throw invalidInput(`model folder ${folder} holds no files`);
  const files: ManifestFile[] = [];
  for (const each of paths) files.push({ path: each, ...(await digestOfFile(join(folder, each), signal)) });
  return { manifestVersion: 1, model, files, contentDigest: contentDigestOf(files), lineage, scores };
};

export const manifestBytes = (manifest: Manifest): Buffer => Buffer.from(`${JSON.stringify(manifest, undefined, 1)}\n`);

/** @throws TaxonError `failed_precondition` when it is missing or damaged */
export const readManifest = async (storage: Storage, manifestDigest: string, what: string): Promise<Manifest> => {
  const bytes = await readWhole(storage, blobKey(manifestDigest));
  const damaged = (problem: string) =>
    new TaxonError({
      code: 'failed_precondition',
      message: `${storage.place}: the manifest of ${what} ${problem} (${blobKey(manifestDigest)})`,
      hint: 'Bring it back from a copy of the registry, or register the version again.',
    });
  if (bytes === undefined) throw damaged('is missing');
  if (digestOfBytes(bytes) !== manifestDigest) throw damaged('is damaged');
  const { data, error } = manifestSchema.safeParse(JSON.parse(bytes.toString('utf8')));
  if (data === undefined)
    throw damaged(`is no manifest: ${error.issues[0]!.path.join('.')}: ${error.issues[0]!.message}`);
  return data;
};
