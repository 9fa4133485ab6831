import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { findEngine, installEngine } from './index.ts';
import { addonPath, metadataFile } from './find-engine.ts';
import { pinsOf } from './pins.ts';

const python = process.env['TAXON_PYTHON'] ?? 'python3';
const works = (command: string, ...args: string[]): boolean => {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};
const hasPip = works(python, '-m', 'pip', '--version') && works('g++', '--version');
const isSupported = process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch);

describe('installing an engine', () => {
  let cacheFolder = '';
  beforeEach(async () => (cacheFolder = await mkdtemp(join(tmpdir(), 'taxon-engine-'))));
  afterEach(async () => {
    vi.unstubAllEnvs();
    await rm(cacheFolder, { recursive: true, force: true });
  });

  const failing = async (): Promise<{ code: string; message: string; hint: string }> => {
    const error: unknown = await installEngine('tensorflow', { cacheFolder }).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect((await findEngine('tensorflow', cacheFolder)).state).toBe('absent');
    return error as { code: string; message: string; hint: string };
  };

  test.skipIf(!isSupported || !hasPip)(
    'names the compiler that is missing, and how to get it (needs pip)',
    async () => {
      vi.stubEnv('CXX', 'no-such-compiler');
      expect(await failing()).toMatchObject({
        code: 'failed_precondition',
        message: 'there is no no-such-compiler on this machine; it builds the binding',
        hint: expect.stringContaining('apt-get install g++'),
      });
      expect(await readdir(cacheFolder)).toEqual([]); // told before anything is fetched
    },
  );

  test.skipIf(!isSupported)('names the Python that is missing, and how to get it', async () => {
    vi.stubEnv('TAXON_PYTHON', 'no-such-python');
    expect(await failing()).toMatchObject({
      code: 'failed_precondition',
      message: 'there is no no-such-python on this machine; it fetches TensorFlow with its pip',
      hint: expect.stringContaining('python3-pip'),
    });
  });

  test.skipIf(!isSupported)('names npm when it is missing', async () => {
    vi.stubEnv('PATH', cacheFolder);
    expect(await failing()).toMatchObject({ code: 'failed_precondition', message: /^there is no npm on this machine/ });
  });

  test.skipIf(!isSupported || !hasPip)(
    'refuses a wheel with another digest than the pinned one (needs pip, g++)',
    async () => {
      const wheels = join(cacheFolder, 'wheels');
      await mkdir(wheels);
      const { tensorflow } = pinsOf('tensorflow');
      const name = tensorflow.package.replace('-', '_');
      const wheel = join(
        wheels,
        `${name}-${tensorflow.version}-cp311-cp311-manylinux2014_${process.arch === 'x64' ? 'x86_64' : 'aarch64'}.whl`,
      );
      execFileSync(python, ['-c', writeWheel, wheel, name, tensorflow.version]);
      vi.stubEnv('PIP_NO_INDEX', '1');
      vi.stubEnv('PIP_FIND_LINKS', wheels);
      const found = createHash('sha256')
        .update(await readFile(wheel))
        .digest('hex');
      const { code, message, hint } = await failing();
      expect(code).toBe('unavailable');
      expect(message).toBe(
        `${tensorflow.package} 2.18.1 (PyPI): its SHA-256 is ${found}, not ${tensorflow.sha256!}; it was deleted`,
      );
      expect(hint).toContain('mirror');
    },
  );

  test.skipIf(!isSupported || !hasPip)('says that the index is out of reach (needs pip, g++)', async () => {
    vi.stubEnv('PIP_NO_INDEX', '1');
    vi.stubEnv('PIP_FIND_LINKS', cacheFolder);
    expect(await failing()).toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/^tensorflow(-cpu)? 2\.18\.1 \(PyPI\): pip: No matching distribution/),
      hint: expect.stringContaining('package index'),
    });
  });

  const hasCard = existsSync('/dev/nvidiactl') || existsSync('/dev/dxg');
  test.skipIf(process.platform !== 'linux' || process.arch !== 'x64' || hasCard)(
    'fetches no gigabytes for a card that is not there (needs a machine without one)',
    async () => {
      await expect(installEngine('tensorflow-gpu', { cacheFolder })).rejects.toMatchObject({
        code: 'failed_precondition',
        message: expect.stringMatching(/^there is no NVIDIA card with its driver/),
        hint: expect.stringContaining('nvidia-smi'),
      });
      expect(await readdir(cacheFolder)).toEqual([]);
    },
  );

  test.skipIf(!isSupported)('is stopped by its signal', async () => {
    await expect(installEngine('tensorflow', { cacheFolder, signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'cancelled',
      message: 'installing tensorflow was cancelled',
    });
  });

  test.skipIf(!isSupported)('does nothing where the engine is there, and knows one that is not whole', async () => {
    const { folder, package: name } = await findEngine('tensorflow', cacheFolder);
    await mkdir(dirname(join(folder, addonPath(name))), { recursive: true });
    await writeFile(join(folder, metadataFile), JSON.stringify({ name: 'tensorflow', version: '2.18.1', wheels: {} }));
    expect(await findEngine('tensorflow', cacheFolder)).toMatchObject({ state: 'damaged' });
    await writeFile(join(folder, addonPath(name)), '');
    const steps: string[] = [];
    const engine = await installEngine('tensorflow', { cacheFolder, onStep: (step) => steps.push(step) });
    expect(engine).toMatchObject({ state: 'installed', already: true, folder });
    expect(steps).toEqual([]);
  });
});

/** Python: a wheel of the right name with nothing in it. */
const writeWheel = `
import sys, zipfile
path, name, version = sys.argv[1:]
info = f'{name}-{version}.dist-info/'
with zipfile.ZipFile(path, 'w') as wheel:
    wheel.writestr(info + 'METADATA', f'Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n')
    wheel.writestr(info + 'WHEEL', 'Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: false\\n')
    wheel.writestr(info + 'RECORD', '')
`;
