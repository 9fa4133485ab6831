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
        const path = await rowsFile(rows);
        const counts = await addRows(frozen, await readNewRows(path, space), { path, target });
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

  /** Labelled lines of a recipe and new rows: what became of them, and what the training part holds then. */
  const after = async (
    name: string,
    data: RecipeInput['data'],
    lines: object[],
    rows: object[],
    more?: Partial<RecipeInput>,
  ) => {
    const train = await write(`${name}.jsonl`, lines.map((line) => JSON.stringify(line)).join('\n'));
    const recipe = recipeOf({ ...data, train, split: { train: 1, validation: 0, test: 0 } }, more);
    const { frozen, space } = await freeze(recipe, `parts of ${name}`);
    const path = await write(`${name}-rows.jsonl`, rows.map((row) => JSON.stringify(row)).join('\n'));
    const target = join(folder, `${name}-after.jsonl`);
    const counts = await addRows(frozen, await readNewRows(path, space), { path, target });
    // The recipe reads it again, whatever the rows were.
    const { train: examples } = await prepareData({ ...frozen, data: { ...frozen.data, train: target } });
    return { counts, labels: Object.fromEntries(examples.map(({ text, labels }) => [text, labels])) };
  };
  const told = (text: string, labels: Record<string, string[]>, more = {}) => ({ text, labels, ...more });

  it('are left out, told and counted where a recipe cannot learn from them', async () => {
    const { frozen, space } = await base();
    const row = '{"text":"a","labels":{"label":["c0"]}}';
    const leftOut = async (line: string, why: string): Promise<void> => {
      const path = await write('bad.jsonl', `${row}\n${line}\n`);
      const counts = await addRows(frozen, await readNewRows(path, space), {
        path,
        target: join(folder, 'bad-after.jsonl'),
      });
      expect(counts).toMatchObject({
        added: 1,
        unusable: 1,
        firstUnusable: expect.stringContaining(`bad.jsonl:2: ${why}`),
      });
    };
    await leftOut('{"text":" ","labels":{"label":["c0"]}}', 'text: blank');
    await leftOut('{"text":"b","labels":{"label":[" "]}}', 'labels.label.0: blank');
    await leftOut('{"text":"b","labels":{"mood":["c0"]}}', 'labels.mood: no task of the model; it answers label');
    await leftOut('{"text":"b","labels":{"label":["c0","c1"]}}', 'labels.label: 2 labels, where a text has one');
    await leftOut('{"text":"b","labels":{}}', 'labels: empty');
    const broken = await write('broken.jsonl', `${row}\n{"text":\n`);
    await expect(readNewRows(broken, space)).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining('broken.jsonl:2: not valid JSON'),
    });
  });

  it('of a model of pairs need a pair', async () => {
    const lines = [0, 1, 2, 3].map((i) => ({ text: text(i), pair: text(i + 50), label: `c${i % 2}` }));
    const { counts, labels } = await after('pairs', { pairColumn: 'pair' }, lines, [
      told('alone', { label: ['c0'] }),
      told('blank', { label: ['c0'] }, { pair: ' ' }),
      told('both', { label: ['c1'] }, { pair: 'of them' }),
    ]);
    expect(counts).toMatchObject({
      added: 1,
      unusable: 2,
      firstUnusable: expect.stringMatching(/rows.jsonl:1: pair: missing/),
    });
    expect(labels).toMatchObject({ both: [['c1']] });
  });

  it('of a hierarchy need what its columns hold', async () => {
    const map = await write('tree.json', '{"a":"p","b":"q"}');
    const flat = ['a', 'b', 'a', 'b'].map((label, i) => ({ text: text(i), label }));
    const mapped = await after('mapped', {}, flat, [
      told('coarse alone', { group: ['p'] }),
      told('strange', { label: ['z'] }),
      told('good', { label: ['b'] }),
    ], { hierarchy: { map } }); // prettier-ignore
    expect(mapped.counts).toMatchObject({ added: 1, unusable: 2 });
    expect(mapped.labels).toMatchObject({ good: [['q'], ['b']] });

    const both = ['a', 'b', 'a', 'b'].map((label, i) => ({ text: text(i), group: label === 'a' ? 'p' : 'q', label }));
    const columns = await after('columns', {}, both, [
      told('new coarse alone', { group: ['r'] }),
      told('new fine alone', { label: ['z'] }),
      told('contradicts', { group: ['q'], label: ['a'] }),
      told('fine alone', { label: ['b'] }),
      told('coarse alone', { group: ['p'] }),
      told('both new', { group: ['r'], label: ['z'] }),
      told(text(0), { label: ['b'] }),
      told(text(1), { group: ['p'] }),
    ], { hierarchy: { coarseColumn: 'group' } }); // prettier-ignore
    expect(columns.counts).toMatchObject({ added: 5, replaced: 2, unusable: 3 });
    expect(columns.labels).toMatchObject({
      'fine alone': [['q'], ['b']],
      'coarse alone': [['p'], undefined],
      'both new': [['r'], ['z']],
      [text(0)]: [['q'], ['b']],
      [text(1)]: [['p'], undefined],
    });
  });

  it('leave the labels of tasks that they tell nothing of as they were', async () => {
    const lines = [0, 1, 2, 3].map((i) => ({ text: text(i), x: i % 2 === 0 ? 'a' : 'b', y: i < 2 ? 'a' : 'b' }));
    const { counts, labels } = await after('several', { tasks: [{ column: 'x' }, { column: 'y' }] }, lines, [
      told(text(0), { x: ['a'] }),
      told(text(1), { x: ['a'] }),
      told(text(2), { x: ['b'] }),
      told(text(2), { y: ['a'] }),
      told('other', { y: ['b'] }),
    ]);
    expect(counts).toMatchObject({ known: 1, added: 3, replaced: 2 });
    expect(labels).toMatchObject({
      [text(0)]: [['a'], ['a']],
      [text(1)]: [['a'], ['a']],
      [text(2)]: [['b'], ['a']],
      other: [undefined, ['b']],
    });
  });
});
