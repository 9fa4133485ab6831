import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseRecipe } from '../parse-recipe.ts';
import { prepareData } from '../prepare-data.ts';
import type { RecipeInput } from '../recipe.ts';
import { addRows } from './add-rows.ts';
import { writeDataParts, withDataParts } from './data-parts.ts';
import { readNewRows } from './new-rows.ts';

let folder: string;
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'taxon-retraining-'))));
afterAll(() => rm(folder, { recursive: true }));

const write = async (name: string, text: string): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
};
const words = ['red', 'blue', 'old', 'new', 'fast', 'slow', 'tall', 'small', 'warm', 'cold'];
/** Texts that no two are near each other. */
const text = (i: number): string =>
  [0, 1, 2, 3].map((k) => `${words[(i * (k + 3) + k * k) % 10]!}${(i * 7919 + k * 104729) % 997}`).join(' ');

const recipeOf = (data: RecipeInput['data'], more: Partial<RecipeInput> = {}) =>
  parseRecipe({ data, output: join(folder, 'model'), ...more });

const freeze = async (recipe: ReturnType<typeof recipeOf>, name: string) => {
  const { digest, space } = await prepareData(recipe);
  const parts = await writeDataParts(recipe, join(folder, name), { digest });
  return { digest, space, frozen: withDataParts(recipe, parts, space) };
};

describe('the parts of a run, written down', () => {
  const lines = Array.from({ length: 60 }, (_, i) => i);
  const cases: [string, () => Promise<ReturnType<typeof recipeOf>>][] = [
    [
      'a CSV of one label a text',
      async () =>
        recipeOf({
          train: await write('one.csv', `text,label\n${lines.map((i) => `${text(i)},c${i % 3}`).join('\n')}\n`),
        }),
    ],
    [
      'many labels in a cell, ids, sources and names of labels',
      async () =>
        recipeOf({
          train: await write(
            'many.csv',
            `id,body,tags,from\n${lines.map((i) => `r${i},${text(i)},${i % 4 === 0 ? '' : i % 2 === 0 ? 'a|b' : 'c'},s${i % 2}`).join('\n')}\n`,
          ),
          ...{ textColumn: 'body', labelColumn: 'tags', labelSeparator: '|', sourceColumn: 'from' },
          labelNames: { a: ['first'] },
        }),
    ],
    [
      'pairs and several tasks, some not known',
      async () =>
        recipeOf({
          train: await write(
            'tasks.jsonl',
            lines
              .map(
                (i) =>
                JSON.stringify({ text: text(i), other: text(i + 500), mood: i % 5 === 0 ? null : `m${i % 2}`, tags: i % 3 === 0 ? ['x', 'y'] : ['x'] }), // prettier-ignore
              )
              .join('\n'),
          ),
          pairColumn: 'other',
          tasks: [{ column: 'mood', name: 'feeling' }, { column: 'tags' }],
        }),
    ],
    [
      'a hierarchy by a map',
      async () =>
        recipeOf(
          { train: await write('fine.csv', `text,label\n${lines.map((i) => `${text(i)},c${i % 4}`).join('\n')}\n`) },
          { hierarchy: { map: await write('map.json', '{"c0":"p","c1":"p","c2":"q","c3":"q"}') } },
        ),
    ],
  ];
  it.each(cases)('read again are what the run read: %s', async (name, make) => {
    const { digest, frozen } = await freeze(await make(), `parts ${name}`);
    expect((await prepareData(frozen)).digest).toBe(digest);
  });

  it('are refused where the files are no longer what the model learnt', async () => {
    const train = await write('moved.csv', `text,label\n${lines.map((i) => `${text(i)},c${i % 3}`).join('\n')}\n`);
    const recipe = recipeOf({ train });
    const { digest } = await prepareData(recipe);
    await writeFile(train, (await readFile(train, 'utf8')).replace('c0', 'c1'));
    await expect(writeDataParts(recipe, join(folder, 'no'), { digest })).rejects.toMatchObject({
      code: 'failed_precondition',
      message: expect.stringContaining('no longer what the model was trained on'),
    });
  });
});

describe('new rows', () => {
  const base = async () => {
    const rows = Array.from({ length: 80 }, (_, i) => `${text(i)},c${i % 3}`);
    return freeze(recipeOf({ train: await write('base.csv', `text,label\n${rows.join('\n')}\n`) }), 'base');
  };
  const rowsFile = (rows: { text: string; label: string }[]): Promise<string> =>
    write(
      'rows.jsonl',
      rows.map(({ text, label }) => `${JSON.stringify({ text, labels: { label: [label] } })}\n`).join(''),
    );

  it('are learnt from, replace older labels, and never tell of what models are scored on', async () => {
    const { frozen, space } = await base();
    const before = await prepareData(frozen);
    const target = join(folder, 'with rows', 'train.jsonl');
    const indices = fc.uniqueArray(fc.nat({ max: 119 }), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(indices, fc.nat({ max: 3 }), async (numbers, shift) => {
        const rows = numbers.map((i) => ({ text: text(i).toUpperCase(), label: `c${(i + shift) % 4}` }));
        const counts = await addRows(frozen, await readNewRows(await rowsFile(rows), space), { target });
        const after = await prepareData({ ...frozen, data: { ...frozen.data, train: target } });
        expect(after.validation).toEqual(before.validation);
        expect(after.test).toEqual(before.test);
        const labelOf = new Map(after.train.map((row) => [row.text.toLowerCase(), row.labels[0]![0]]));
        const held = new Set([...before.validation, ...before.test].map((row) => row.text));
        for (const row of rows)
          expect(labelOf.get(row.text.toLowerCase())).toBe(held.has(row.text.toLowerCase()) ? undefined : row.label);
        expect(after.train).toHaveLength(before.train.length + counts.added - counts.replaced);
        expect(counts.added + counts.known + counts.heldOut).toBe(rows.length);
      }),
      { numRuns: 25 },
    );
  });

  it('name file, line and field of what is wrong', async () => {
    const { space } = await base();
    const refused = async (line: string, message: string): Promise<void> => {
      const path = await write('bad.jsonl', `{"text":"a","labels":{"label":["c0"]}}\n${line}\n`);
      await expect(readNewRows(path, space)).rejects.toMatchObject({
        code: 'invalid_input',
        message: expect.stringContaining(`bad.jsonl:2: ${message}`),
      });
    };
    await refused('{"text":', 'not valid JSON');
    await refused('{"text":" ","labels":{"label":["c0"]}}', 'text: blank');
    await refused('{"text":"b","labels":{"mood":["c0"]}}', 'labels.mood: no task of the model; it answers label');
    await refused('{"text":"b","labels":{"label":["c0","c1"]}}', 'labels.label: 2 labels, where a text has one');
    await refused('{"text":"b","labels":{}}', 'labels: empty');
  });
});
