import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { openFileStorage } from './file-storage.ts';
import { describeStorageContract } from './storage-contract.ts';

let root: string;
let opened = 0;
beforeAll(async () => (root = await mkdtemp(join(tmpdir(), 'taxon-storage-'))));
afterAll(() => rm(root, { recursive: true }));

describeStorageContract('files', () => Promise.resolve(openFileStorage(join(root, String(opened++)))));
