import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readDataset } from '@taxon/data';
import { TaxonError } from '@taxon/errors';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { augmentFile, type WriteFileRequest } from './augment-file.ts';
import { parseAugmentOptions } from './parse-options.ts';
import { manyRows } from './testing.ts';
import { writeAugmentationReport } from './write-report.ts';

let folder: string;
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'taxon-augment-'))));
afterAll(() => rm(folder, { recursive: true }));
const at = (name: string): string => join(folder, name);

const edits = [{ name: 'swap' }, { name: 'delete' }];
const request = (data: string, output: string, more: Partial<WriteFileRequest> = {}): WriteFileRequest => ({
  data: at(data),
  output: at(output),
  columns: {},
  options: parseAugmentOptions({ methods: edits, policy: { perRow: 1 } }),
  ...more,
});

beforeEach(async () => {
  for (const name of await readdir(folder)) await rm(at(name), { recursive: true });
  const lines = manyRows(900).map(({ text, labels }) => `"${text}",${labels[0]![0]!}\n`);
  await writeFile(at('data.csv'), `text,label\n${lines.join('')}`);
});

describe('a file', () => {
  it('holds the rows with their ids, then what was made of them, as readDataset reads it', async () => {
    for (const output of ['more.csv', 'more.tsv', 'more.jsonl']) {
      const summary = await augmentFile(request('data.csv', output));
      const { examples } = await readDataset(at(output));
      expect(examples).toHaveLength(900 + summary.kept);
      expect(examples[0]).toMatchObject({ id: 'data.csv:2', labels: [['class 0']] });
      const ids = new Set(examples.flatMap(({ id }) => id ?? []));
      for (const { origin, id } of examples.slice(900)) {
        expect(id).toBeUndefined();
        expect(ids.has(origin!.parent)).toBe(true);
        expect(['swap', 'delete']).toContain(origin!.method);
      }
    }
    expect((await readdir(folder)).filter((name) => name.includes('.part'))).toEqual([]);
  });

  it('onlyNew leaves the rows out; ids of one’s own are kept; several tasks and lists are written as they were', async () => {
    const rows = [
      { id: 'a7', text: 'one two three', topic: 't', tags: ['x', 'y'], from: 'mail' },
      { id: 'b3', text: 'four five six', topic: 'u', tags: [], from: 'web' },
    ];
    await writeFile(at('in.jsonl'), rows.map((row) => JSON.stringify(row)).join('\n'));
    const columns = { tasks: [{ column: 'topic' }, { column: 'tags' }], sourceColumn: 'from' };
    await augmentFile(request('in.jsonl', 'out.jsonl', { columns, onlyNew: true }));
    const { examples, kinds } = await readDataset(at('out.jsonl'), columns);
    expect(kinds).toEqual(['single-label', 'multi-label']);
    expect(examples.map(({ labels, source, origin }) => [labels, source, origin!.parent])).toEqual([
      [[['t'], ['x', 'y']], 'mail', 'a7'],
      [[['u'], []], 'web', 'b3'],
    ]);
    const csv = augmentFile(request('in.jsonl', 'out.csv', { columns: { ...columns, labelSeparator: '|' } }));
    await expect(csv).rejects.toThrow(/cannot be told from one whose labels are not known/);
  });

  it('names parents by a column of one’s own, and says where there is none of the name', async () => {
    await writeFile(at('in.csv'), 'ticket,text,label\nT-7,one two three,a\nT-8,four five six,b\n');
    await augmentFile(request('in.csv', 'out.csv', { columns: { idColumn: 'ticket' } }));
    const { examples } = await readDataset(at('out.csv'));
    expect(examples.map(({ id, origin }) => id ?? origin!.parent)).toEqual(['T-7', 'T-8', 'T-7', 'T-8']);
    const wrong = augmentFile(request('in.csv', 'out.csv', { columns: { idColumn: 'tickets' } }));
    await expect(wrong).rejects.toMatchObject({ hint: 'Set --id-column to "ticket".' });
  });

  it('appears whole or not at all, and goes on after an interruption to the same bytes', async () => {
    const plain = request('data.csv', 'whole.csv', {
      options: parseAugmentOptions({ methods: edits, policy: { perRow: 2 } }),
    });
    await augmentFile(plain);
    const stop = new AbortController();
    const interrupted = { ...plain, output: at('again.csv') };
    let candidates = 0;
    const onCandidate = (): void => {
      candidates++;
      if (candidates === 1400) stop.abort(new TaxonError({ code: 'cancelled', message: 'interrupted' }));
    };
    const running = augmentFile(interrupted, { signal: stop.signal, onCandidate });
    await expect(running).rejects.toMatchObject({ code: 'cancelled' });
    const left = (await readdir(folder)).filter((name) => name.startsWith('again'));
    expect(left).not.toContain('again.csv');
    expect(left).toContain('again.csv.part');
    const other = { ...interrupted, options: parseAugmentOptions({ methods: edits, seed: 5 }), resume: true };
    await expect(augmentFile(other)).rejects.toThrow(/was begun with other options/);
    await augmentFile({ ...interrupted, resume: true });
    expect(await readFile(at('again.csv'), 'utf8')).toBe(await readFile(at('whole.csv'), 'utf8'));
    await expect(augmentFile({ ...plain, output: at('none.csv'), resume: true })).rejects.toThrow(/nothing to resume/);
  });

  it('leaves nothing when it cannot begin', async () => {
    const missing = request('data.csv', 'x.csv', {
      options: parseAugmentOptions({ methods: [{ name: 'contextual' }] }),
    });
    await expect(augmentFile(missing)).rejects.toThrow(/needs an encoder/);
    await expect(augmentFile(request('data.csv', 'x.json'))).rejects.toThrow(/does not say how to write it/);
    await expect(augmentFile(request('data.csv', 'data.csv'))).rejects.toThrow(/is the data file itself/);
    await writeFile(at('bad.csv'), 'text,label\n,a\nb,\n');
    await expect(augmentFile(request('bad.csv', 'x.csv'))).rejects.toThrow(/2 rows of .*bad.csv cannot be used/);
    expect((await readdir(folder)).sort()).toEqual(['bad.csv', 'data.csv']);
  });
});

it('reports as JSON and as one page that loads nothing, with texts escaped', async () => {
  await writeFile(at('in.csv'), 'text,label\n<b>one</b> two <script>,a\nthree four five,b\n');
  const summary = await augmentFile(request('in.csv', 'out.csv'));
  const { options } = request('in.csv', 'out.csv');
  const about = { name: 'in.csv', createdAt: '2026-01-02T03:04:05Z', options };
  const page = await readFile(await writeAugmentationReport(at('report'), summary, about), 'utf8');
  expect(page).toContain('policy.perRow');
  expect(page).toContain('swap');
  expect(page).not.toContain('<script>,');
  expect(page).not.toMatch(/(src|href)="(?!#)/);
  const json = JSON.parse(await readFile(at('report/augmentation.json'), 'utf8')) as typeof summary;
  expect(json.kept).toBe(summary.kept);
  expect(json.diversity.both.texts).toBe(2 + summary.kept);
});
