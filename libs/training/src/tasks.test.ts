import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadClassifier } from '@taxon/models';
import { writeEncoderFolder } from '@taxon/models/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseRecipe, runTrainingJob, type RecipeInput, type TrainingResult } from './index.ts';

/** What the texts are made of: a text tells its domain, its topic and its mood by one word each. */
const topics = { bank: { card: 'card', money: 'money' }, service: { account: 'account', pin: 'pin' } };
const moods = { asks: 'what', pleads: 'please' };

interface Row {
  text: string;
  domain: string;
  topic: string;
  mood: string | null;
  tags: string[];
}

/** Each topic with each mood, so often; every fifth mood is not known. */
const rowsOf = (repeats: number): Row[] =>
  Array.from({ length: repeats }, (_, i) =>
    Object.entries(topics).flatMap(([domain, words]) =>
      Object.entries(words).flatMap(([topic, word], t) =>
        Object.entries(moods).map(([mood, opening], m): Row => ({
          text: `${opening} my ${word} is ${'abcdefghij'[i % 10]!}${i} today`,
          domain,
          topic,
          mood: (i + t + m) % 5 === 0 ? null : mood,
          tags: [topic, ...(mood === 'pleads' ? ['urgent'] : [])],
        })),
      ),
    ),
  ).flat();

describe('a training of every task', () => {
  let folder = '';
  let train: (changes: Partial<RecipeInput>) => Promise<TrainingResult>;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'taxon-tasks-'));
    await writeEncoderFolder(join(folder, 'encoder'));
    await writeFile(
      join(folder, 'data.jsonl'),
      rowsOf(24)
        .map((row) => JSON.stringify(row))
        .join('\n'),
    );
    const base: RecipeInput = {
      data: { train: join(folder, 'data.jsonl') },
      encoder: join(folder, 'encoder'),
      output: join(folder, 'model'),
      threads: 1,
      optimizer: { epochs: 4, learningRate: 3e-3, tokensPerStep: 128 },
    };
    train = (changes) => runTrainingJob(parseRecipe({ ...base, ...changes, data: { ...base.data, ...changes.data } }));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const answersOf = async (text: string): Promise<string[][]> => {
    const classifier = await loadClassifier(join(folder, 'model'), { threads: 1 });
    try {
      const [prediction] = await classifier.classify([text]);
      return prediction!.tasks.map(({ answer }) => [...answer].sort());
    } finally {
      await classifier.dispose();
    }
  };
  const report = async (): Promise<string> => readFile(join(folder, 'model/run/report.html'), 'utf8');

  it('gives any number of labels, each from its own threshold on', async () => {
    const { test, space } = await train({ data: { train: join(folder, 'data.jsonl'), labelColumn: 'tags' } });
    expect(space.tasks).toMatchObject([{ kind: 'multi-label', labels: ['account', 'card', 'money', 'pin', 'urgent'] }]);
    expect(test!.tasks[0]!.figures['exactMatch']).toBeGreaterThan(0.8);
    expect(await answersOf('please my card is c3 today')).toEqual([['card', 'urgent']]);
    expect(await answersOf('what my pin is c3 today')).toEqual([['pin']]);
    expect(await report()).toMatch(/threshold/i);
  });

  it('answers several questions at once, and learns from texts of which one answer is missing', async () => {
    const tasks = [{ column: 'topic' }, { column: 'mood', weight: 0.5 }];
    const { test, validation } = await train({ data: { train: join(folder, 'data.jsonl'), tasks } });
    expect(test!.tasks.map(({ task, n }) => [task, n === test!.n])).toEqual([
      ['topic', true],
      ['mood', false],
    ]);
    for (const { figures } of [...test!.tasks, ...validation!.tasks]) expect(figures['accuracy']).toBeGreaterThan(0.8);
    expect(await answersOf('please my account is c3 today')).toEqual([['account'], ['pleads']]);
  });

  it.each(['joint', 'chain'] as const)('finds domain and topic: %s', async (training) => {
    const data = { train: join(folder, 'data.jsonl'), labelColumn: 'topic' };
    const { test, space } = await train({ data, hierarchy: { coarseColumn: 'domain', training } });
    expect(space).toMatchObject({
      tasks: [{ labels: ['bank', 'service'] }, { labels: ['card', 'money', 'account', 'pin'] }],
      hierarchy: { parents: [0, 0, 1, 1] },
    });
    expect(test!.figures['pathAccuracy']).toBeGreaterThan(0.8);
    expect(await answersOf('what my pin is c3 today')).toEqual([['service'], ['pin']]);
  });

  it('groups flat labels by their centroids, or by a map', async () => {
    const data = { train: join(folder, 'data.jsonl'), labelColumn: 'topic' };
    const { space, test } = await train({ data, hierarchy: { groups: 2 } });
    expect(space.tasks[0]!.labels).toHaveLength(2);
    expect(test!.figures['accuracy']).toBeGreaterThan(0.8);
    const map = join(folder, 'map.json');
    await writeFile(map, JSON.stringify({ one: ['card', 'pin'], two: ['money', 'account'] }));
    const mapped = await train({ data, output: join(folder, 'mapped'), hierarchy: { map, decoding: 'greedy' } });
    expect(mapped.space.tasks[0]!.labels).toEqual(['one', 'two']);
  });

  it('does not answer texts that are like those out of scope', async () => {
    const outOfScope = join(folder, 'out.txt');
    const strange = Array.from(
      { length: 40 },
      (_, i) => `rate able un with new sent twice ${'abcdefghij'[i % 10]!}${i}`,
    );
    await writeFile(outOfScope, strange.join('\n'));
    const data = { train: join(folder, 'data.jsonl'), labelColumn: 'topic' };
    await train({ data, abstain: { outOfScope } });
    expect(await answersOf('rate able un with new sent twice')).toEqual([[]]);
    expect(await answersOf('what my pin is c3 today')).toEqual([['pin']]);
  });

  it('answers the wanted share of the validation part', async () => {
    const data = { train: join(folder, 'data.jsonl'), labelColumn: 'topic' };
    await train({ data, abstain: { coverage: 0.5 }, optimizer: { epochs: 0 } });
    const taxon = JSON.parse(await readFile(join(folder, 'model/taxon.json'), 'utf8')) as {
      rule: { tasks: { abstainBelow?: number }[] };
    };
    expect(taxon.rule.tasks[0]!.abstainBelow).toBeGreaterThan(0);
  });
});
