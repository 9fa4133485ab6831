import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TaxonError } from '@taxon/errors';
import { Command } from 'commander';
import fc from 'fast-check';
import { parse, stringify } from 'yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addRecipeOptions, overlay, parseAssignment, recipeFrom } from './recipe-options.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'taxon-recipe-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** What the command line would pass on. */
const recipeOf = (...argv: string[]) => {
  const command = addRecipeOptions(new Command());
  command.parse(argv, { from: 'user' });
  return recipeFrom(command.args[0], command.opts());
};

const writeRecipe = async (value: unknown): Promise<string> => {
  const path = join(folder, 'recipe.yaml');
  await writeFile(path, stringify(value));
  return path;
};

const messageOf = async (promise: Promise<unknown>): Promise<string> => {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(TaxonError);
  expect((error as TaxonError).code).toBe('invalid_input');
  return (error as TaxonError).message;
};

describe('recipeFrom', () => {
  it('needs nothing but the data', async () => {
    const recipe = await recipeOf('data.csv');
    expect(recipe).toMatchObject({ data: { train: 'data.csv' }, output: 'model', encoder: 'all-MiniLM-L6-v2' });
  });

  it('lays flags over the recipe file, and --set over both', async () => {
    const file = await writeRecipe({
      data: { train: 'a.csv' },
      output: 'out',
      seed: 1,
      optimizer: { epochs: 5, dropout: 0.3 },
    });
    const recipe = await recipeOf('--recipe', file, 'b.csv', '--epochs', '3', '--seed', '2', '--set', 'seed=7');
    expect(recipe).toMatchObject({ data: { train: 'b.csv' }, output: 'out', seed: 7 });
    expect(recipe.optimizer).toMatchObject({ epochs: 3, dropout: 0.3 });
  });

  it('takes labels in place of the data, and says which is wrong', async () => {
    const { data } = await recipeOf('--labels', 'refund request, delivery');
    expect(data.train).toBeUndefined();
    expect(data.labelNames).toEqual({ 'refund request': [], delivery: [] });
    expect(await messageOf(recipeOf('--labels', 'refund,,delivery'))).toMatch(/^--labels: a label is empty/);
    expect(await messageOf(recipeOf('--labels', 'a,b,a'))).toMatch(/^--labels: the label "a" stands there twice/);
    expect(await messageOf(recipeOf('--epochs', '1'))).toContain('no labelled file is given');
  });

  it('reads what --set says as numbers, booleans and words', async () => {
    const recipe = await recipeOf(
      ...['a.csv', '--set', 'optimizer.dropout=0.1', '--set', 'head.normalize=false', '--set', 'head.pooling=cls'],
    );
    expect(recipe).toMatchObject({ optimizer: { dropout: 0.1 }, head: { normalize: false, pooling: 'cls' } });
  });

  it('names the flag whose value is wrong, and the value', async () => {
    expect(await messageOf(recipeOf('a.csv', '--epochs', 'many'))).toMatch(/^--epochs: .*number.*"many"/u);
    expect(await messageOf(recipeOf('a.csv', '--learning-rate', '12'))).toMatch(/^--learning-rate: .*12/u);
    expect(await messageOf(recipeOf('a.csv', '--epochs', ''))).toMatch(/^--epochs: /u);
  });

  it('names an unknown option of --set with the nearest right one', async () => {
    const message = await messageOf(recipeOf('a.csv', '--set', 'optimizer.dropuot=0.1'));
    expect(message).toMatch(/^--set optimizer\.dropuot: unknown option; did you mean 'dropout'\?/u);
  });

  it('names the file and the option where the recipe file is wrong', async () => {
    const file = await writeRecipe({ data: { train: 'a.csv' }, optimizer: { epochs: -1 } });
    const message = await messageOf(recipeOf('--recipe', file));
    expect(message).toContain(`${file}: optimizer.epochs: `);
    expect(message).toContain('-1');
  });

  it('says that no data is given', async () => {
    expect(await messageOf(recipeOf())).toBe('no labelled file is given');
    expect(await messageOf(recipeOf('--recipe', await writeRecipe({ seed: 1 })))).toBe('no labelled file is given');
  });

  it('refuses an option inside one that has none', async () => {
    expect(await messageOf(recipeOf('a.csv', '--set', 'encoder.name=x'))).toMatch(/^--set encoder\.name: /u);
    expect(await messageOf(recipeOf('a.csv', '--set', 'seed=1', '--set', 'seed.x=1'))).toContain(
      "'seed' has no options",
    );
  });
});

describe('parseAssignment', () => {
  it('reads back any path and value', () => {
    const key = fc.stringMatching(/^[a-z][a-zA-Z0-9]{0,8}$/u);
    const value = fc.oneof(fc.integer(), fc.boolean(), fc.string());
    fc.assert(
      fc.property(fc.array(key, { minLength: 1, maxLength: 4 }), value, (keys, given) => {
        const text = `${keys.join('.')}=${JSON.stringify(given)}`;
        expect(parseAssignment(text, parse)).toMatchObject({ path: keys.join('.'), value: given });
      }),
    );
  });

  it.each(['dropout', '=1', '.a=1', 'a..b=1', '__proto__.x=1', '1a=2'])('refuses %j', (text) => {
    expect(() => parseAssignment(text, parse)).toThrow('not of the form option=value');
  });
});

it('overlay leaves the recipe that it is given alone', () => {
  const recipe = { optimizer: { epochs: 1 } };
  overlay(recipe, [{ path: 'optimizer.epochs', value: 2, origin: '--epochs' }]);
  expect(recipe).toEqual({ optimizer: { epochs: 1 } });
});
