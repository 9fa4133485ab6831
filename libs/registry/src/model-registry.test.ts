import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openModelRegistry } from './index.ts';

let root: string;
const makeModel = async (...path: string[]): Promise<string> => {
  const folder = join(root, ...path);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'config.json'), '{}');
  return folder;
};
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'taxon-registry-'));
});
afterEach(() => rm(root, { recursive: true }));

describe('model registry', () => {
  it('lists the models of a folder by name, new and linked ones included, other things left out', async () => {
    await makeModel('models', 'b');
    const elsewhere = await makeModel('elsewhere');
    await mkdir(join(root, 'models', 'empty'));
    await writeFile(join(root, 'models', 'notes.txt'), '');
    const registry = openModelRegistry({ folder: join(root, 'models') });
    expect((await registry.list()).map(({ name }) => name)).toEqual(['b']);
    await makeModel('models', 'a');
    await symlink(elsewhere, join(root, 'models', 'c'));
    expect((await registry.list()).map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    expect(await registry.resolve('c')).toEqual({ name: 'c', folder: join(root, 'models', 'c') });
  });

  it('takes models one by one, named or by their folder; they win over the folder', async () => {
    await makeModel('models', 'a');
    const other = await makeModel('other');
    const registry = openModelRegistry({ folder: join(root, 'models'), models: [`a=${other}`, other] });
    expect(await registry.list()).toEqual([
      { name: 'a', folder: other },
      { name: 'other', folder: other },
    ]);
  });

  it('needs no name where there is one model', async () => {
    const only = await makeModel('only');
    expect(await openModelRegistry({ models: [only] }).resolve()).toEqual({ name: 'only', folder: only });
    const two = openModelRegistry({ models: [only, `second=${only}`] });
    await expect(two.resolve('')).rejects.toMatchObject({
      code: 'invalid_input',
      message: 'model: missing, and there are several: only, second',
    });
    await expect(openModelRegistry({ folder: join(root, 'none') }).resolve()).rejects.toMatchObject({
      code: 'failed_precondition',
    });
  });

  it('names what does not exist, with the nearest name', async () => {
    const registry = openModelRegistry({ models: [`intents=${await makeModel('m')}`] });
    await expect(registry.resolve('intent')).rejects.toMatchObject({
      code: 'not_found',
      message: "model: 'intent' does not exist; did you mean 'intents'?",
    });
    await expect(registry.resolve('zzz')).rejects.toMatchObject({
      message: "model: 'zzz' does not exist; known: intents",
    });
  });

  it('refuses wrong entries with the entry and what would be right', async () => {
    const model = await makeModel('m');
    await mkdir(join(root, 'bare'));
    const open =
      (...models: string[]) =>
      () =>
        openModelRegistry({ models });
    expect(open(`a b=${model}`)).toThrow('"a b" cannot name a model; a name is letters');
    expect(open('x=nowhere')).toThrow('there is no folder');
    expect(open(join(root, 'bare'))).toThrow(
      'is no model folder: it has none of taxon.json, modules.json, config.json',
    );
    expect(open(model, `m=${model}`)).toThrow("are both named 'm'");
  });

  it('never leads out of its folder, whatever the name', async () => {
    await makeModel('models', 'a');
    await makeModel('secret');
    const folder = join(root, 'models');
    const registry = openModelRegistry({ folder });
    const names = fc.oneof(
      fc.string(),
      fc.constantFrom('../secret', '..', '.', 'a/../../secret', 'a/', '/etc', 'a\0', '..%2fsecret'),
    );
    await fc.assert(
      fc.asyncProperty(names, async (name) => {
        const found = await registry.resolve(name).catch(() => undefined);
        if (found !== undefined) expect(found.folder).toBe(join(folder, 'a'));
      }),
    );
  });
});
