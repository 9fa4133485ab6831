import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadClassifier, loadModelFolder } from '@taxon/models';
import { writeEncoderFolder } from '@taxon/models/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseRecipe, runTrainingJob, type RecipeInput, type TrainingResult } from './index.ts';
import { labelNameExamples, readableName } from './label-names.ts';
import { prepareData } from './prepare-data.ts';

describe('a label as words', () => {
  it.each([
    ['card_declined', 'card declined'],
    ['CardDeclined', 'card declined'],
    ['account/card-declined', 'account card declined'],
    ['top10Hits', 'top10 hits'],
    ['HTTPError', 'http error'],
    ['退款', '退款'],
  ])('%s is "%s"', (label, words) => expect(readableName(label)).toBe(words));
});

// What a text is about is one word of it, which is the label's name, too.
const words = { card: 'card', money: 'money', account: 'account', pin: 'pin' };
const openings = ['what is my', 'please my', 'today my', 'can i'];

describe('labels by name', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'taxon-names-'));
    await writeEncoderFolder(join(folder, 'encoder'));
    const rows = openings.flatMap((opening) =>
      Object.entries(words).map(([label, word]) => `${opening} ${word},${label}`),
    );
    await writeFile(join(folder, 'held.csv'), ['text,label', ...rows].join('\n'));
    await writeFile(join(folder, 'train.csv'), ['text,label', ...rows.slice(0, 8)].join('\n'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const recipe = (data: Partial<RecipeInput['data']>, more: Partial<RecipeInput> = {}) =>
    parseRecipe({
      data: { test: join(folder, 'held.csv'), ...data },
      encoder: join(folder, 'encoder'),
      output: join(folder, 'model'),
      threads: 1,
      ...more,
    });
  const train = (...about: Parameters<typeof recipe>): Promise<TrainingResult> => runTrainingJob(recipe(...about));

  it('make a model where there is no labelled text, which answers and is an ordinary folder', async () => {
    const result = await train({ labelNames: Object.keys(words) });
    // Four labels: chance is 25 %.
    expect(result.test?.figures['accuracy']).toBeGreaterThan(0.6);
    const classifier = await loadClassifier(join(folder, 'model'), { threads: 1 });
    try {
      const [answer] = await classifier.classify(['what is my money']);
      expect(answer!.labels[0]!.label).toBe('money');
    } finally {
      await classifier.dispose();
    }
  });

  it('are cosines to the names where there is no labelled text', async () => {
    await train({ labelNames: { money: ['money', 'my money'], card: [], pin: [] } });
    const { weights } = await loadModelFolder(join(folder, 'model'));
    const rows = weights.parameters['classifier.weight']!; // [hidden, labels]
    const lengths = [0, 1, 2].map((label) => Math.hypot(...rows.filter((_, i) => i % 3 === label)));
    expect(lengths[0]).toBeGreaterThan(1);
    for (const length of lengths) expect(length).toBeCloseTo(lengths[0]!, 4);
    expect([...weights.parameters['classifier.bias']!]).toEqual([0, 0, 0]);
  });

  it('find the labels of a multi-label task without a labelled text', async () => {
    const held = openings.flatMap((opening) =>
      Object.entries(words).map(([label, word]) => ({ text: `${opening} ${word}`, label: [label] })),
    );
    await writeFile(join(folder, 'held.json'), JSON.stringify(held));
    const data = { labelNames: Object.keys(words), test: join(folder, 'held.json') };
    await expect(train(data, { task: 'multi-label', head: { start: 'names' } })).rejects.toThrow(
      /head\.start is 'names'/,
    );
    const result = await train(data, { task: 'multi-label', thresholds: 'half' });
    expect(result.space.tasks[0]).toMatchObject({ kind: 'multi-label', labels: Object.keys(words).sort() });
    expect(result.test!.figures['microF1']).toBeGreaterThan(0.4); // one of four labels at random: 0.25
  });

  it('help where a class has one text, whose opening tells as much as the word that matters', async () => {
    const one = openings.map((opening, i) => `${opening} ${Object.values(words)[i]},${Object.keys(words)[i]}`);
    await writeFile(join(folder, 'one.csv'), ['text,label', ...one].join('\n'));
    const accuracy = async (labelNames: boolean): Promise<number> => {
      const split = { train: 1, validation: 0, test: 0 };
      const result = await train({ train: join(folder, 'one.csv'), labelNames, split }, { optimizer: { epochs: 0 } });
      return result.test!.figures['accuracy']!;
    };
    expect(await accuracy(true)).toBeGreaterThan((await accuracy(false)) + 0.2);
  });

  it('say it in other words, and several', async () => {
    const labelNames = { a: ['card', 'my card'], b: ['money'], c: ['account'], d: ['pin'] };
    const prepared = await prepareData(recipe({ labelNames, test: undefined }));
    expect(prepared.train.map(({ text, labels }) => [text, labels[0]])).toEqual([
      ['card', ['a']],
      ['my card', ['a']],
      ['money', ['b']],
      ['account', ['c']],
      ['pin', ['d']],
    ]);
  });

  it('are learnt beside labelled texts, stand in no other part, and folds are not asked about them', async () => {
    const data = {
      train: join(folder, 'held.csv'),
      test: undefined,
      labelNames: true,
      split: { train: 0.5, validation: 0.25, test: 0.25 },
    };
    const { train: learnt, validation, test } = await prepareData(recipe(data));
    const made = learnt.filter(({ origin }) => origin !== undefined);
    expect(made.map(({ text, origin }) => [text, origin])).toEqual(
      expect.arrayContaining([['pin', { method: 'label-name', parent: 'pin' }]]),
    );
    expect(made).toHaveLength(4);
    expect([...validation, ...test].filter(({ origin }) => origin !== undefined)).toEqual([]);
    for (const members of [{ folds: 2 }, { bagging: 6 }]) {
      await train(data, { ...members, optimizer: { epochs: 0 } });
      const out = await readFile(join(folder, 'model/run/out-of-fold.jsonl'), 'utf8');
      const lines = out.trim().split('\n');
      const asked = lines.map((line) => (JSON.parse(line) as { line: number }).line);
      expect(asked.length).toBeLessThanOrEqual(learnt.length - 4);
      expect(asked).not.toContain(0);
    }
  });

  it('are no leak where a held-out text says no more than one', async () => {
    await writeFile(join(folder, 'test.csv'), 'text,label\npin,pin\nwhat is my pin,pin\n');
    const { notes } = await prepareData(
      recipe({ train: join(folder, 'train.csv'), labelNames: true, test: join(folder, 'test.csv') }),
    );
    const leaks = notes.map(({ message }) => message).filter((message) => message.includes('in training too'));
    expect(leaks).toEqual([
      expect.stringMatching(/^1 text of the test part is in training too, such as "what is my pin"/),
    ]);
  });

  it('are one training: more need labelled texts', async () => {
    await expect(train({ labelNames: Object.keys(words) }, { folds: 2 })).rejects.toThrow(
      /data\.train is missing: folds/,
    );
    expect(() => recipe({ train: 'x' }, { head: { start: 'names' } })).toThrow(/head\.start: .*data\.labelNames/);
  });

  it('may add a label that no text has', async () => {
    await train({
      train: join(folder, 'train.csv'),
      labelNames: { visa: ['my new pin'] },
      split: { train: 1, validation: 0, test: 0 },
    });
    const saved = JSON.parse(await readFile(join(folder, 'model/taxon.json'), 'utf8')) as {
      space: { tasks: { labels: string[] }[] };
    };
    expect(saved.space.tasks[0]!.labels).toContain('visa');
  });

  it('name each task of several, and the fine labels of a hierarchy with their coarse ones', () => {
    const line = 1;
    const tasks = [
      { name: 'topic', kind: 'single-label' as const },
      { name: 'tags', kind: 'multi-label' as const },
    ];
    const examples = [{ text: 'x', labels: [['card_lost'], ['urgent', 'big']], line }];
    const named = labelNameExamples(examples, tasks, recipe({ train: 'x', labelNames: true }), { hierarchical: false });
    expect(named.map(({ text, labels }) => [text, labels])).toEqual([
      ['card lost', [['card_lost'], undefined]],
      ['urgent', [undefined, ['urgent']]],
      ['big', [undefined, ['big']]],
    ]);
  });

  it.each([
    [
      'a list that names one twice',
      { labelNames: ['a', 'b', 'a'] },
      /data\.labelNames: the label "a" stands there twice/,
    ],
    ['an empty label', { labelNames: ['a', ' '] }, /data\.labelNames: a label is empty/],
    ['an empty text', { labelNames: { a: [], b: [''] } }, /data\.labelNames: the label "b" is called by an empty text/],
    ['two that are called the same', { labelNames: ['a_b', 'a-b'] }, /"a_b" and "a-b" are both called "a b"/],
    ['no file and no list', { labelNames: true }, /data\.train: a labelled file is needed, or a list of labels/],
    ['one label alone', { labelNames: ['a'] }, /data\.labelNames holds one class only: "a"/],
    ['pairs', { labelNames: ['a', 'b'], pairColumn: 'second' }, /data\.labelNames is given with data\.pairColumn/],
  ])('are refused: %s', async (_, data: Partial<RecipeInput['data']>, message) => {
    await expect((async () => prepareData(recipe({ ...data, test: undefined })))()).rejects.toThrow(message);
  });

  it('of a hierarchy are refused where no text has them', async () => {
    await writeFile(join(folder, 'two.csv'), 'text,label,domain\nmy card,card,bank\nmy pin,pin,service\n'.repeat(4));
    const two = { train: join(folder, 'two.csv'), test: undefined, labelNames: { visa: [] } };
    await expect(prepareData(recipe(two, { hierarchy: { coarseColumn: 'domain' } }))).rejects.toThrow(
      /data\.labelNames names "visa", which no training text has/,
    );
  });
});
