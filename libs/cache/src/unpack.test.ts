import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { unpack } from './index.ts';

const python = process.env['TAXON_PYTHON'] ?? 'python3';
const hasPython = (() => {
  try {
    execFileSync(python, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

/** Python: an archive with a program, a library, a header, and a name that leads out of the folder. */
const writeZip = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'w') as zip:
    for name, mode in (('bin/tool', 0o755), ('lib/a.so', 0o644), ('include/a.h', 0o644)):
        info = zipfile.ZipInfo(name)
        info.external_attr = (0o100000 | mode) << 16
        zip.writestr(info, name * 1000)
    if len(sys.argv) > 2: zip.writestr('../evil', 'x')
`;

describe('unpack', () => {
  let folder = '';
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'taxon-unpack-'))));
  afterEach(() => rm(folder, { recursive: true }));

  test.skipIf(!hasPython)('takes the files that are given a place, programs as programs (needs Python)', async () => {
    const archive = join(folder, 'a.whl');
    execFileSync(python, ['-c', writeZip, archive]);
    const target = join(folder, 'out');
    const place = (name: string): string | undefined => (name.endsWith('.h') ? undefined : `deps/${name}`);
    expect(await unpack(archive, target, place)).toEqual({ 'deps/bin/tool': 8000, 'deps/lib/a.so': 8000 });
    expect(await readFile(join(target, 'deps/lib/a.so'), 'utf8')).toBe('lib/a.so'.repeat(1000));
    expect((await readdir(target, { recursive: true })).sort()).toEqual([
      ...['deps', 'deps/bin', 'deps/bin/tool', 'deps/lib', 'deps/lib/a.so'],
    ]);
    if (process.platform !== 'win32') {
      expect((await stat(join(target, 'deps/bin/tool'))).mode & 0o111).not.toBe(0);
      expect((await stat(join(target, 'deps/lib/a.so'))).mode & 0o111).toBe(0);
    }
  });

  test.skipIf(!hasPython)('refuses an archive whose names lead out of the folder (needs Python)', async () => {
    const archive = join(folder, 'a.whl');
    execFileSync(python, ['-c', writeZip, archive, 'evil']);
    await expect(unpack(archive, join(folder, 'out'), (name) => name)).rejects.toThrow('invalid relative path');
    expect(await readdir(folder)).not.toContain('evil');
  });
});
