import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { entryUrl } from './index.ts';

describe('entryUrl', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'taxon-entries-'));
    await Promise.all(['src', 'dist'].map((name) => mkdir(join(folder, name))));
  });
  afterEach(() => rm(folder, { recursive: true }));
  const url = (path: string): URL => pathToFileURL(join(folder, path));

  it('finds an entry beside a bundle, and in dist/ from source', async () => {
    await writeFile(join(folder, 'dist/worker.js'), '');
    expect(entryUrl('worker', url('dist/main.js').href).href).toBe(url('dist/worker.js').href);
    expect(entryUrl('worker', url('src/start.ts').href).href).toBe(url('dist/worker.js').href);
  });

  it('says what to run where there is none', () => {
    expect(() => entryUrl('worker', url('src/start.ts').href)).toThrow("the entry 'worker' is not built");
  });
});
