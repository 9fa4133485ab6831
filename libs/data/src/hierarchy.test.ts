import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  addCoarseTask,
  clusterLabels,
  createLabelSpace,
  createRandom,
  fillCoarseLabels,
  nameGroups,
  readHierarchy,
  type Example,
  type TaskDefinition,
} from './index.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'taxon-hierarchy-'));
});
afterAll(() => rm(folder, { recursive: true }));

const read = async (name: string, content: string | Buffer) => {
  await writeFile(join(folder, name), content);
  return readHierarchy(join(folder, name));
};

describe('readHierarchy', () => {
  it.each([
    ['lists.json', '{"bank": ["pay", "save"], "travel": ["book"]}'],
    ['flat.json', '{"pay": "bank", "save": "bank", "book": "travel"}'],
    ['two.csv', 'domain,intent\nbank,pay\nbank, save \nbank,pay\ntravel,book\n'],
    ['named.tsv', 'n\tfine\tcoarse\n1\tpay\tbank\n2\tsave\tbank\n3\tbook\ttravel\n'],
    ['semicolon.csv', '\ufeffdomain;intent\r\nbank;pay\r\nbank;save\r\ntravel;book\r\n'],
  ])('reads %s', async (name, content) => {
    expect([...(await read(name, content))]).toEqual([
      ['pay', 'bank'],
      ['save', 'bank'],
      ['book', 'travel'],
    ]);
  });

  it.each([
    ['both.json', '{"bank": ["pay"], "travel": ["pay"]}', /"pay" stands under "bank" \(.*"bank"\) and "travel"/],
    ['order.csv', 'intent,domain\npay,bank\nsave,bank\n', /"bank" stands under "pay" \(.*:2\) and "save" \(.*:3\)/],
    ['key.json', '{"pay": "bank", "pay": "travel"}', /the key "pay" is there twice/],
    ['mixed.json', '{"bank": ["pay"], "book": "travel"}', /mixes lists and single labels/],
    ['value.json', '{"bank": [["pay"]]}', /"bank": \["pay"\] is no label/],
    ['blank.csv', 'a,b\nbank,\n', /blank\.csv:2: a label is empty/],
    ['three.csv', 'a,b,c\n1,2,3\n', /the header has 3 columns, not two: "a", "b", "c"/],
    ['empty.csv', '', /0 columns/],
    ['header.csv', 'a,b\n', /holds no rows/],
    ['none.json', '{}', /holds no labels/],
    ['list.json', '[]', /holds no JSON object/],
  ])('refuses %s', async (name, content, message) => {
    await expect(read(name, content)).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringMatching(new RegExp(message.source, 's')),
    });
  });

  it('never crashes on bytes that are anything at all', async () => {
    const text = fc.string({
      unit: fc.constantFrom('"', ',', '\n', ';', 'a', 'b', '{', '}', '[', ']', ':', '\\', ' '),
    });
    await fc.assert(
      fc.asyncProperty(text, fc.constantFrom('csv', 'tsv', 'json'), async (content, ending) => {
        const result: unknown = await read(`any.${ending}`, content).catch((error: unknown) => error);
        if (result instanceof Error) expect(result).toMatchObject({ name: 'TaxonError', code: 'invalid_input' });
      }),
      { numRuns: 300 },
    );
  });
});

describe('addCoarseTask', () => {
  const parentOf = new Map([
    ['pay', 'bank'],
    ['book', 'travel'],
  ]);
  const rows: Example[] = [
    { text: 'a', labels: [['pay']], line: 2 },
    { text: 'b', labels: [['book']], line: 3 },
  ];
  const strangers: Example[] = [
    ...rows,
    { text: 'c', labels: [['fly']], line: 4 },
    { text: 'd', labels: [undefined], line: 5 },
  ];

  it('makes a hierarchy of flat labels', () => {
    const tasks: TaskDefinition[] = [
      { name: 'domain', kind: 'single-label' },
      { name: 'intent', kind: 'single-label' },
    ];
    const both = addCoarseTask(rows, parentOf);
    expect(both[1]).toEqual({ text: 'b', labels: [['travel'], ['book']], line: 3 });
    expect(createLabelSpace(both, tasks, { hierarchical: true }).hierarchy).toEqual({ parents: [0, 1] });
  });

  it('names fine labels that the map lacks, or leaves their coarse label open', () => {
    expect(() => addCoarseTask(strangers, parentOf, { name: 'map.json' })).toThrow(
      '1 label has no coarse label in map.json: "fly" (line 4)',
    );
    expect(addCoarseTask(strangers, parentOf, { lenient: true }).map(({ labels }) => labels)).toEqual([
      [['bank'], ['pay']],
      [['travel'], ['book']],
      [undefined, ['fly']],
      [undefined, undefined],
    ]);
  });
});

describe('fillCoarseLabels', () => {
  it('learns the coarse label of a fine one from any example', () => {
    const open: Example[] = [
      { text: 'a', labels: [undefined, ['pay']], line: 2 },
      { text: 'b', labels: [['bank'], ['pay']], line: 3 },
      { text: 'c', labels: [undefined, ['fly']], line: 4 },
      { text: 'd', labels: [['bank'], undefined], line: 5 },
    ];
    expect(fillCoarseLabels(open).map(({ labels }) => labels)).toEqual([
      [['bank'], ['pay']],
      [['bank'], ['pay']],
      [undefined, ['fly']],
      [['bank'], undefined],
    ]);
  });
});

/** Labels around so many directions, `sizes[g]` of them each, dealt in turn, on top of a direction that all have in common. */
const synthetic = (sizes: readonly number[], size: number, noise: number, seed: number) => {
  const random = createRandom(seed);
  const normal = (): number => Array.from({ length: 12 }, random).reduce((sum, x) => sum + x) - 6;
  const common = Array.from({ length: size }, () => 5 * normal());
  const centres = sizes.map(() => Array.from({ length: size }, normal));
  const truth: number[] = [];
  for (let turn = 0; turn < Math.max(...sizes); turn++) sizes.forEach((n, g) => turn < n && truth.push(g));
  const centroids = new Float32Array(
    truth.flatMap((g) => centres[g]!.map((x, i) => common[i]! + x + noise * normal())),
  );
  return { centroids, truth };
};

describe('clusterLabels', () => {
  it('finds groups of unequal size, the same for the same seed', () => {
    for (let seed = 0; seed < 10; seed++) {
      const { centroids, truth } = synthetic([3, 8, 5, 9, 4, 7], 32, 0.3, seed);
      const groupOf = clusterLabels(centroids, 32, 6, seed);
      expect([...groupOf]).toEqual(truth); // dealt in turn: groups are numbered by their first label, as here
      expect(clusterLabels(centroids, 32, 6, seed)).toEqual(groupOf);
    }
  });

  it('fills every group and lets none hold more than twice its share, whatever the points', () => {
    const points = fc.array(fc.tuple(fc.constantFrom(-1, 0, 1), fc.constantFrom(-1, 0, 1)), {
      minLength: 1,
      maxLength: 30,
    });
    fc.assert(
      fc.property(points, fc.double({ min: 0, max: 1, noNaN: true }), fc.integer(), (rows, part, seed) => {
        const groups = 1 + Math.floor(part * (rows.length - 1));
        const groupOf = clusterLabels(Float32Array.from(rows.flat()), 2, groups, seed);
        const sizes = Array.from({ length: groups }, (_, g) => groupOf.filter((own) => own === g).length);
        expect(sizes.reduce((sum, n) => sum + n)).toBe(rows.length);
        expect(Math.min(...sizes)).toBeGreaterThan(0);
        expect(Math.max(...sizes)).toBeLessThanOrEqual(Math.ceil((2 * rows.length) / groups));
      }),
    );
    expect(() => clusterLabels(new Float32Array(6), 2, 4, 0)).toThrow('4 groups of 3 labels');
  });

  it('names groups by their most central label', () => {
    const centroids = Float32Array.of(1, 0, 0.9, 0.1, 0.9, -0.1, -1, 0.1);
    const labels = ['east', 'north-east', 'south-east', 'west'];
    const groupOf = clusterLabels(centroids, 2, 2, 0);
    expect([...groupOf]).toEqual([0, 0, 0, 1]);
    expect(nameGroups(groupOf, labels, centroids, 2)).toEqual(['east +2', 'west']);
  });
});
