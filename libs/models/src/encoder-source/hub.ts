import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TaxonError } from '@taxon/errors';
import { z } from 'zod';
import { Refused, WrongDigest, downloadFile, reasonOf, type DownloadOptions } from './download-file.ts';
import { makeFolder, type EncoderMetadata } from './encoder-cache.ts';
import { isEncoderFile, requiredFiles } from './encoder-files.ts';
import { knownEncoders } from './known-encoders.ts';

export interface FetchOptions {
  signal?: AbortSignal;
  /** Bytes of one file so far, and in all (0 while unknown). */
  onProgress?: (progress: { file: string; done: number; total: number }) => void;
}

const repositorySchema = z.object({
  /** The commit that the branch points at. */
  sha: z.string(),
  siblings: z.array(
    z.object({
      rfilename: z.string(),
      size: z.number().optional(),
      blobId: z.string().optional(),
      lfs: z.object({ sha256: z.string().optional(), size: z.number().optional() }).nullish(),
    }),
  ),
});
type Repository = z.output<typeof repositorySchema>;
type RepositoryFile = Repository['siblings'][number];

/** Says in a staging folder which commit its files are of. */
const revisionMark = '.revision';

/** A cut connection is taken up again this many times before the user has to. */
const attempts = 3;

/** `HF_ENDPOINT`, else the hub itself. */
export const hubEndpoint = (env: NodeJS.ProcessEnv = process.env): string =>
  (env['HF_ENDPOINT'] || 'https://huggingface.co').replace(/\/+$/, '');

const headers = (): Record<string, string> => {
  const token = process.env['HF_TOKEN'];
  return { 'user-agent': 'taxon', ...(token ? { authorization: `Bearer ${token}` } : {}) };
};

/**
 * Fetches an encoder's files from the Hugging Face hub into `staging`, at the commit that `main` points at now (or did when an
 * interrupted attempt began).
 * @throws Error saying why not; TaxonError `cancelled` and `resource_exhausted`
 */
export const fetchFromHub = async (name: string, staging: string, options: FetchOptions): Promise<EncoderMetadata> => {
  const endpoint = hubEndpoint();
  const repository = await describe(endpoint, name, options.signal);
  const files = repository.siblings.filter(({ rfilename }) => isEncoderFile(rfilename));
  const names = files.map(({ rfilename }) => rfilename);
  const missing = requiredFiles.filter((file) => !names.includes(file));
  if (missing.length > 0) throw new Error(`the repository has no ${missing.join(' and no ')}${adviceFor(repository)}`);

  await beginAt(staging, repository.sha);
  const sizes: Record<string, number> = {};
  for (const file of files)
    sizes[file.rfilename] = await fetchFile(endpoint, name, repository.sha, file, staging, options);
  await rm(join(staging, revisionMark));
  return { name, revision: repository.sha, source: endpoint, sizes };
};

const describe = async (endpoint: string, name: string, signal?: AbortSignal): Promise<Repository> => {
  const connect = AbortSignal.timeout(5_000);
  try {
    const url = `${endpoint}/api/models/${name}/revision/main?blobs=true`;
    const signals = AbortSignal.any(signal ? [signal, connect] : [connect]);
    const response = await fetch(url, { headers: headers(), signal: signals });
    // The hub answers 401 for repositories that do not exist, so as not to tell which private ones do.
    if ([401, 403, 404].includes(response.status))
      throw new Error(`there is no model "${name}" (${response.status}), or it needs a token in HF_TOKEN`);
    if (!response.ok) throw new Error(`the hub answered ${response.status} ${response.statusText}`);
    return repositorySchema.parse(await response.json());
  } catch (error) {
    if (signal?.aborted)
      throw new TaxonError({ code: 'cancelled', message: `fetching ${name} was cancelled`, cause: error });
    if (connect.aborted) throw new Error('no answer for 5 s', { cause: error });
    if (error instanceof z.ZodError) throw new Error('the answer is not that of a Hugging Face hub', { cause: error });
    throw new Error(reasonOf(error), { cause: error });
  }
};

const adviceFor = ({ siblings }: Repository): string =>
  siblings.some(({ rfilename }) => /\.bin$|\.index\.json$/.test(rfilename))
    ? '; save_pretrained() of a recent transformers writes it from the files that are there'
    : '';

/** Parts of another commit are of no use. */
const beginAt = async (staging: string, revision: string): Promise<void> => {
  const mark = join(staging, revisionMark);
  if ((await readFile(mark, 'utf8').catch(() => undefined)) === revision) return;
  await rm(staging, { recursive: true, force: true });
  await makeFolder(staging);
  await writeFile(mark, revision);
};

const fetchFile = async (
  endpoint: string,
  name: string,
  revision: string,
  file: RepositoryFile,
  staging: string,
  { signal, onProgress }: FetchOptions,
): Promise<number> => {
  const path = file.rfilename;
  const target = join(staging, path);
  const here = await stat(target).catch(() => undefined);
  if (here) return here.size; // it was verified before it got this name
  const options: DownloadOptions = {
    target,
    headers: headers(),
    size: file.lfs?.size ?? file.size,
    digest: digestOf(name, file),
    signal,
    onBytes: (done, total) => onProgress?.({ file: path, done, total: total ?? 0 }),
  };
  for (let attempt = 1; ; attempt++)
    try {
      return await downloadFile(`${endpoint}/${name}/resolve/${revision}/${path}`, options);
    } catch (error) {
      const hopeless = error instanceof Refused || (error instanceof WrongDigest && attempt > 1);
      if (error instanceof TaxonError) throw error;
      if (hopeless || attempt === attempts) throw new Error(`${path}: ${reasonOf(error)}`, { cause: error });
    }
};

/** Our own pin, else what the hub announces. */
const digestOf = (name: string, { rfilename, lfs, blobId }: RepositoryFile): DownloadOptions['digest'] => {
  const pinned = knownEncoders[name]?.digests[rfilename];
  if (pinned !== undefined) return { algorithm: 'sha256', value: pinned };
  if (lfs?.sha256) return { algorithm: 'sha256', value: lfs.sha256 };
  return blobId && !lfs ? { algorithm: 'git', value: blobId } : undefined;
};
