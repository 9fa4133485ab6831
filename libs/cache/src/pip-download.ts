import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { asDiskError } from './disk-error.ts';

export interface Wheel {
  package: string;
  version: string;
  /** Of the wheel's file; pip refuses any other. Absent: what is in it is checked by the caller. */
  sha256?: string;
  /** What the wheel is for, where that is not this machine's own Python. */
  target?: { python: string; platforms: readonly string[] };
}

const run = promisify(execFile);

const targetOptions = ({ target }: Wheel): string[] =>
  target === undefined
    ? []
    : [
        ...['--python-version', target.python, '--implementation', 'cp'],
        ...target.platforms.flatMap((platform) => ['--platform', platform]),
      ];

/** The index gave another file than the pinned one. */
export class WrongDigest extends Error {}

/** pip's complaint without its advice; a wrong digest is told over several lines. */
const asError = (stderr: string, cause: unknown): Error => {
  const found = /Expected sha256 (\w+)\s+Got\s+(\w+)/.exec(stderr);
  if (found !== null)
    return new WrongDigest(`its SHA-256 is ${found[2]!}, not ${found[1]!}; it was deleted`, { cause });
  const lines = stderr.split('\n').filter((line) => /^ERROR|No module named/.test(line));
  return new Error(`pip: ${lines.at(-1)?.replace(/^ERROR: /, '') ?? (cause as Error).message}`, { cause });
};

/**
 * Fetches one wheel with the machine's pip, which knows its index, proxy and mirror.
 * @param folder where the wheel comes to lie; pip's own temporary files, too
 * @returns path of the wheel
 * @throws WrongDigest; Error saying why not, with `code` ENOENT where there is no Python and ENOSPC where the disk is full
 */
export const pipDownload = async (wheel: Wheel, folder: string, signal?: AbortSignal): Promise<string> => {
  const python = process.env['TAXON_PYTHON'] ?? 'python3';
  const pip = ['-m', 'pip', '--disable-pip-version-check', '--no-input', '--timeout', '5', '--retries', '1'];
  const temporary = await mkdtemp(join(folder, '.pip-'));
  const requirements = join(temporary, 'requirements.txt');
  const digest = wheel.sha256 === undefined ? '' : ` --hash=sha256:${wheel.sha256}`;
  const what = ['download', '--quiet', '--no-deps', '--only-binary', ':all:', ...targetOptions(wheel)];
  const into = ['--dest', folder, '--requirement', requirements];
  try {
    await writeFile(requirements, `${wheel.package}==${wheel.version}${digest}\n`);
    // /tmp is often small, or memory.
    await run(python, [...pip, ...what, ...into], { signal, env: { ...process.env, TMPDIR: temporary } });
  } catch (error) {
    const { code, stderr = '' } = error as NodeJS.ErrnoException & { stderr?: string };
    if (code === 'ENOENT')
      throw Object.assign(new Error(`there is no ${python} on this machine`, { cause: error }), { code });
    if (asDiskError(error, folder) ?? /No space left/.test(stderr))
      throw Object.assign(new Error(stderr), { code: 'ENOSPC' });
    throw asError(stderr, error);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  const prefix = `${wheel.package.replaceAll('-', '_')}-${wheel.version}-`.toLowerCase();
  const archive = (await readdir(folder)).find(
    (name) => name.toLowerCase().startsWith(prefix) && name.endsWith('.whl'),
  );
  if (archive === undefined) throw new Error('pip downloaded no wheel');
  return join(folder, archive);
};
