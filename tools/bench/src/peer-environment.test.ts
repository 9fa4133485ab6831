import { existsSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { peerPython, preparePeerEnvironment } from './peer-environment.ts';
import { findDataset, findWorkspaceRoot } from './workspace.ts';

describe('finding the peer and its data', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'bench-'));
    await cp(join(findWorkspaceRoot(), 'tools/bench/python'), join(root, 'tools/bench/python'), { recursive: true });
  });
  afterEach(() => rm(root, { recursive: true }));
  const prepare = (basePython: string) =>
    preparePeerEnvironment({ workspaceRoot: root, say: () => undefined, basePython });

  it('skips the peer where there is no Python', async () => {
    expect(await prepare('no-such-python')).toEqual({ skipped: 'no no-such-python here' });
  });

  it('does not believe an environment that could not be finished', async () => {
    // `node -m venv` fails, as a Python without its venv module does.
    expect(await prepare(process.execPath)).toMatchObject({ skipped: expect.stringContaining('cannot be built') });
    expect(existsSync(peerPython(root))).toBe(false);
    expect(await prepare('no-such-python')).toEqual({ skipped: 'no no-such-python here' });
  });

  it('finds data by the environment, else beside the workspace, and says which file is missing', () => {
    expect(findDataset(root, 'clinc150', { TAXON_BENCH_DATA: '/nowhere' })).toEqual({
      skipped: expect.stringMatching(/no train\.jsonl in \/nowhere\/clinc150/u),
    });
    expect(findDataset(join(root, 'work'), 'clinc150', {})).toEqual({
      skipped: expect.stringContaining(join(root, 'shared', 'data', 'clinc150')),
    });
  });
});
