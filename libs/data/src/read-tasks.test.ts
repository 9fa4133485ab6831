import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readDataset, type ReadDatasetOptions } from './index.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'taxon-tasks-'));
});
afterAll(() => rm(folder, { recursive: true }));

const read = async (name: string, content: string, options?: ReadDatasetOptions) => {
  await writeFile(join(folder, name), content);
  return readDataset(join(folder, name), options);
};
const labelsOf = async (name: string, content: string, options?: ReadDatasetOptions) =>
  (await read(name, content, options)).examples.map(({ labels }) => labels);

describe('one label column', () => {
  it('is multi-label when a list holds other than one label, anywhere in the file', async () => {
    const json = '[{"text":"a","label":"x"},{"text":"b","label":["y","x","y"]},{"text":"c","label":[]}]';
    const { examples, kinds } = await read('lists.json', json);
    expect(kinds).toEqual(['multi-label']);
    expect(examples.map(({ labels }) => labels)).toEqual([[['x']], [['y', 'x']], [[]]]);
    expect((await read('lists.json', json)).notes).toEqual([
      { level: 'info', message: '"label" is multi-label: 2 rows do not hold exactly one label, the first on line 1' },
    ]);
    expect((await read('ones.json', '[{"text":"a","label":["x"]},{"text":"b","label":["y","y"]}]')).kinds).toEqual([
      'single-label',
    ]);
  });

  it('is split at the separator, an empty cell of a multi-label column being none', async () => {
    const csv = 'text,label\na,x | y\nb,\nc,z\nd,y|\n';
    const { examples, kinds } = await read('separated.csv', csv, { labelSeparator: '|' });
    expect(kinds).toEqual(['multi-label']);
    expect(examples.map(({ labels }) => labels[0])).toEqual([['x', 'y'], [], ['z'], ['y']]);
    const one = { labelSeparator: '|', tasks: [{ column: 'label', kind: 'single-label' }] } as const;
    expect(await labelsOf('whole.csv', 'text,label\na,x|y\nb,z\n', one)).toEqual([[['x|y']], [['z']]]);
    const single = await read('unused.csv', 'text,label\na,x\nb,y\n', { labelSeparator: '|' });
    expect(single.kinds).toEqual(['single-label']);
  });

  it('takes the kind that it is told', async () => {
    const multi: ReadDatasetOptions = { tasks: [{ column: 'label', kind: 'multi-label' }] };
    expect((await read('told.csv', 'text,label\na,x\nb,\n', multi)).kinds).toEqual(['multi-label']);
    await expect(read('unknown.jsonl', '{"text":"a","label":["x"]}\n{"text":"b","label":null}', multi)).rejects.toThrow(
      'unknown.jsonl:2: the label in "label" is null',
    );
    await expect(read('void.jsonl', '{"text":"a","label":["x", ""]}', multi)).rejects.toThrow('"label" is empty');
    await expect(read('deep.jsonl', '{"text":"a","label":["x", ["y"]]}', multi)).rejects.toThrow('is ["y"], not a');
  });
});

describe('several label columns', () => {
  const tasks = [{ column: 'topic' }, { column: 'mood', option: '--task' }] as const;

  it('may leave labels open: null, no key, an empty cell', async () => {
    const jsonl = '{"text":"a","topic":"x"}\n{"text":"b","topic":null,"mood":[]}\n{"text":"c","mood":["p","q"]}\n';
    const { examples, kinds } = await read('open.jsonl', jsonl, { tasks });
    expect(kinds).toEqual(['single-label', 'multi-label']);
    expect(examples.map(({ labels }) => labels)).toEqual([
      [['x'], undefined],
      [undefined, []],
      [undefined, ['p', 'q']],
    ]);
    expect(await labelsOf('open.csv', 'mood,text,topic\n,a,x\np,b, \n', { tasks })).toEqual([
      [['x'], undefined],
      [undefined, ['p']],
    ]);
  });

  it('must be there at least once', async () => {
    await expect(read('never.jsonl', '{"text":"a","topic":"x","mod":"p"}\n', { tasks })).rejects.toMatchObject({
      message: expect.stringContaining('never.jsonl:1: there is no key "mood"; the keys are: "text", "topic", "mod"'),
      hint: 'Set --task to "mod".',
    });
    const twice = { tasks: [{ column: 'topic' }, { column: 'topic' }] };
    await expect(read('twice.csv', 'text,topic\na,x\n', twice)).rejects.toThrow('--label-column names "topic" twice');
    await expect(read('none.csv', 'text,label\na,x\n', { tasks: [] })).rejects.toThrow('no label column');
  });
});

describe('pairs and sources', () => {
  it('are read where named, a source may be blank', async () => {
    const options = { pairColumn: 'second', sourceColumn: 'from' };
    const csv = 'text,second,label,from\na,b c,x,web \nd,e,y,\n';
    expect((await read('pairs.csv', csv, options)).examples).toEqual([
      { text: 'a', pair: 'b c', labels: [['x']], source: 'web', line: 2 },
      { text: 'd', pair: 'e', labels: [['y']], line: 3 },
    ]);
    const jsonl = '{"text":"a","second":"b","label":"x"}\n{"text":"d","second":"e","label":"y","from":7}';
    expect((await read('pairs.jsonl', jsonl, options)).examples.map(({ source }) => source)).toEqual([undefined, '7']);
  });

  it('stand beside lists of labels in an array', async () => {
    const json =
      '[\n{"text": "龙山村", "label": ["山", "村"], "source": "map"},\n{"text": "河", "label": [], "source": null}]';
    expect((await read('places.json', json, { sourceColumn: 'source' })).examples).toEqual([
      { text: '龙山村', labels: [['山', '村']], source: 'map', line: 2 },
      { text: '河', labels: [[]], line: 3 },
    ]);
  });

  it('are refused with the option to set', async () => {
    const csv = 'text,label,sourse\na,x,web\n';
    await expect(read('nosource.csv', csv, { sourceColumn: 'source' })).rejects.toMatchObject({
      message: expect.stringContaining('there is no column "source"'),
      hint: 'Set --source-column to "sourse".',
    });
    await expect(read('nopair.csv', csv, { pairColumn: 'pair' })).rejects.toThrow('there is no column "pair"');
    await expect(read('blank.csv', 'text,pair,label\na, ,x\n', { pairColumn: 'pair' })).rejects.toThrow(
      'blank.csv:2: the text in "pair" is empty',
    );
    await expect(read('same.csv', csv, { pairColumn: 'text' })).rejects.toThrow('both name "text"');
    await expect(read('list.jsonl', '{"text":"a","label":"x","from":[1]}', { sourceColumn: 'from' })).rejects.toThrow(
      'the source in "from" is "[1]"',
    );
  });
});
