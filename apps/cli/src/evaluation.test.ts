import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LabelSpace } from '@taxon/data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readLabelledFile, unseenLabels } from './evaluation.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'taxon-evaluation-'));
});
afterAll(() => rm(folder, { recursive: true }));

const fileOf = async (rows: readonly object[]): Promise<string> => {
  const path = join(folder, 'rows.jsonl');
  await writeFile(path, rows.map((row) => JSON.stringify(row)).join('\n'));
  return path;
};

const topics: LabelSpace = {
  tasks: [
    { name: 'topic', kind: 'multi-label', labels: ['price', 'size'] },
    { name: 'mood', kind: 'single-label', labels: ['bad', 'good'] },
  ],
};

describe('a labelled file', () => {
  it('is read as the model’s tasks ask for, each from a column of its name', async () => {
    const path = await fileOf([
      { text: 'too big', topic: ['size'], mood: 'bad' },
      { text: 'fine', topic: [] },
    ]);
    const { examples } = await readLabelledFile(path, topics, {});
    expect(examples.map(({ labels }) => labels)).toEqual([
      [['size'], ['bad']],
      [[], undefined],
    ]);
  });

  it('takes a task’s labels from another column, and says which tasks there are', async () => {
    const path = await fileOf([{ text: 'too big', topic: ['size'], feeling: 'bad' }]);
    const { examples } = await readLabelledFile(path, topics, { labelColumn: ['mood=feeling'] });
    expect(examples[0]!.labels[1]).toEqual(['bad']);
    await expect(readLabelledFile(path, topics, { labelColumn: ['feeling'] })).rejects.toThrow(
      '--label-column feeling: the model has the tasks topic, mood',
    );
  });

  it('passes over the columns of another model’s tasks, and may name its own only task', async () => {
    const path = await fileOf([{ text: 'too big', subject: ['size'], feeling: 'bad' }]);
    const labelColumn = ['topic=subject', 'mood=feeling'];
    const own = { tasks: [topics.tasks[1]!] };
    const { examples } = await readLabelledFile(path, own, { labelColumn, otherTasks: ['topic', 'mood'] });
    expect(examples[0]!.labels).toEqual([['bad']]);
    await expect(
      readLabelledFile(path, topics, { labelColumn: ['size=subject'], otherTasks: ['mood'] }),
    ).rejects.toThrow('--label-column size=subject: the model has the tasks topic, mood');
  });

  it('needs the fine labels of a hierarchy alone', async () => {
    const space: LabelSpace = {
      tasks: [
        { name: 'domain', kind: 'single-label', labels: ['bank', 'travel'] },
        { name: 'label', kind: 'single-label', labels: ['pin', 'visa'] },
      ],
      hierarchy: { parents: [0, 1] },
    };
    const path = await fileOf([
      { text: 'new pin', label: 'pin' },
      { text: 'hello', label: 'greeting' },
    ]);
    const { examples } = await readLabelledFile(path, space, {});
    expect(examples.map(({ labels }) => labels)).toEqual([
      [['bank'], ['pin']],
      [undefined, ['greeting']],
    ]);
    expect(unseenLabels(examples, space)).toEqual([{ label: 'greeting', n: 1 }]);
  });
});
