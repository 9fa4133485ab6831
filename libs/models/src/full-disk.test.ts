import { execFileSync } from 'node:child_process';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadModelFolder, saveModelFolder } from './index.ts';
import { card, temporaryFolder, tinyModel, writeEncoderFolder } from './testing.ts';

// A small disk of memory; mounting needs rights that many machines do not give.
const root = await temporaryFolder();
const disk = join(root, 'disk');
await mkdir(disk);
const mounted = ((): boolean => {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=600k', 'tmpfs', disk], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

const encoder = join(root, 'encoder');
const model = tinyModel({ kind: 'dense', pooling: 'mean', normalize: true });

beforeAll(() => writeEncoderFolder(encoder));
afterAll(async () => {
  if (mounted) execFileSync('umount', [disk]);
  await rm(root, { recursive: true });
});

describe.skipIf(!mounted)('a full disk (skipped where no tmpfs can be mounted)', () => {
  it('refuses to save, leaves nothing half-written, and the model that was there whole', async () => {
    const folder = join(disk, 'model');
    await saveModelFolder(folder, model, { tokenizerFrom: encoder, card });
    const before = await readdir(disk, { recursive: true });
    await writeFile(join(disk, 'ballast'), Buffer.alloc(200_000));
    await expect(saveModelFolder(folder, model, { tokenizerFrom: encoder, card })).rejects.toMatchObject({
      code: 'resource_exhausted',
      message: expect.stringContaining(`no room to write ${folder}`),
      hint: expect.any(String),
    });
    await rm(join(disk, 'ballast'));
    expect(await readdir(disk, { recursive: true })).toEqual(before);
    expect((await loadModelFolder(folder)).weights).toEqual(model.weights);
  });
});
