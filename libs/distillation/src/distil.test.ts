import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import type { LabelSpace } from '@taxon/data';
import { loadModelFolder, saveEnsembleFolder, type SavableModel } from '@taxon/models';
import { card } from '@taxon/models/testing';
import { softmaxes } from '@taxon/probability';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DistillationEvent } from './progress.ts';
import { openWorkshop, topicNames, type Workshop } from './testing.ts';

let shop: Workshop;
let teacher: string;
let texts: string[];
let train: string;
/** Texts that no training sees. */
let unseen: string[];
beforeAll(async () => {
  shop = await openWorkshop();
  const draw = (count: number): string[] => Array.from({ length: count }, (_, i) => shop.about(topicNames[i % 3]!));
  [texts, unseen] = [draw(240), draw(90)];
  teacher = await sureTeacher('teacher');
  train = await shop.write('train.jsonl', await labelled(texts));
});
afterAll(() => shop.remove());

/**
 * A random teacher that is sure of itself: features are of length 1, so that is the linear layer's size, and a bias that gives every
 * label its share of the texts.
 */
const sureTeacher = async (name: string, shape: Parameters<Workshop['teacher']>[1] = {}): Promise<string> => {
  const change = ({ weights }: SavableModel): void => {
    const classifier = weights.parameters['classifier.weight']!;
    classifier.forEach((w, i) => (classifier[i] = 40 * w));
  };
  const logits = await shop.logits(await shop.teacher(name, { ...shape, change }), texts);
  const outputs = logits.length / texts.length;
  return shop.teacher(name, {
    ...shape,
    change(model) {
      change(model);
      const bias = model.weights.parameters['classifier.bias']!;
      logits.forEach((z, i) => (bias[i % outputs]! -= z / texts.length));
    },
  });
};

/** Texts with the teacher's own answers as labels. */
const labelled = async (own: string[], from = teacher): Promise<object[]> => {
  const logits = await shop.logits(from, own);
  return own.map((text, i) => {
    const row = logits.subarray(3 * i, 3 * i + 3);
    return { text, label: [...topicNames].sort()[row.indexOf(Math.max(...row))] };
  });
};

/** How far a student's probabilities are from the teacher's on texts that neither training nor choice have seen. */
const divergence = async (student: string, from = teacher): Promise<number> => {
  const [p, q] = [await shop.logits(student, unseen), await shop.logits(from, unseen)].map((z) => softmaxes(z, 3)) as [
    Float32Array,
    Float32Array,
  ];
  return q.reduce((sum, right, i) => sum + right * Math.log(right / p[i]!), 0) / unseen.length;
};

const teachers = () => [{ folder: teacher }];
const stagesOf = (events: readonly DistillationEvent[]): string[] =>
  events.flatMap((event) => (event.kind === 'stage' ? [event.stage] : []));

describe('a distilled student', () => {
  it('is nearer to the teacher’s probabilities than one that learns from labels, and an ordinary model folder', async () => {
    const optimizer = { epochs: 15 };
    const student = { layers: 1 };
    const taught = await shop.distil({ teachers: teachers(), data: { train }, student, optimizer, alpha: 0.2 });
    const near = await divergence(taught.modelFolder);
    // The same student, texts and steps, with nearly nothing of the teacher.
    const alone = await shop.distil({
      ...{ teachers: teachers(), data: { train }, student, optimizer, alpha: 0.999, output: shop.path('alone') },
    });
    expect(near).toBeLessThan(0.6 * (await divergence(alone.modelFolder)));
    expect(taught.student).toMatchObject({ layers: 1, hidden: 32, heads: 4, intermediate: 64 });
    expect(taught.student.parameters).toBeLessThan(taught.teacher.size!.parameters);
    expect(taught.teacher.validation!.figures['accuracy']).toBe(1); // the labels are its answers
    expect(stagesOf(taught.events).slice(0, 6)).toEqual(['student', 'read', 'encoder', 'tokenize', 'teacher', 'embed']);
    const { encoder, space } = await loadModelFolder(taught.modelFolder);
    expect([encoder.layers, space!.tasks[0]!.labels]).toEqual([1, [...topicNames].sort()]);
    const told = JSON.parse(await readFile(`${taught.modelFolder}/taxon.json`, 'utf8')) as {
      lineage: Record<string, unknown>;
    };
    expect(told.lineage).toMatchObject({ encoder: teacher, teachers: teacher, temperature: 2, alpha: 0.2 });
    expect(JSON.stringify(told.lineage)).not.toContain('.distillation');
    expect((await readdir(shop.folder)).filter((name) => /distillation|checkpoint|partial/.test(name))).toEqual([]);
  });

  it.each(['embeddings', 'hidden', 'relations'] as const)(
    'comes nearer to what it is compared with: %s',
    async (name) => {
      const none = { logits: 0, embeddings: 0, hidden: 0, relations: 0 };
      const lossesOf = (events: readonly DistillationEvent[]): number[] =>
        events.flatMap((event) =>
          event.kind === 'progress' && event.stage === 'train' && event.loss !== undefined ? [event.loss] : [],
        );
      const optimizer = { epochs: 8 };
      const input = { teachers: teachers(), data: { train }, student: { layers: 1 }, optimizer, alpha: 0 };
      const { events } = await shop.distil({ ...input, signals: { ...none, [name]: 1 } });
      const losses = lossesOf(events);
      expect(losses.at(-1)).toBeLessThan(0.6 * losses[0]!);
      // The whole teacher, compared with itself, has nothing to learn: the first loss is 0 but for rounding.
      const same = await shop.distil({
        ...{ ...input, student: {}, optimizer: { epochs: 0.1, learningRate: 1e-9 } },
        signals: { ...none, [name]: 1 },
      });
      expect(Math.abs(lossesOf(same.events)[0]!)).toBeLessThan(1e-5);
    },
  );

  it('learns from texts without labels what the teacher answers to them', async () => {
    const few = await shop.write('few.jsonl', await labelled(texts.slice(0, 60)));
    const rows = [...texts.slice(60), texts[0]!, unseen[0]!].map((text) => ({ text }));
    const more = await shop.write('more.jsonl', rows);
    const input = { teachers: teachers(), data: { train: few }, student: { layers: 1 }, optimizer: { epochs: 12 } };
    const without = await shop.distil(input);
    const nearBefore = await divergence(without.modelFolder);
    const unlabelled = await shop.distil({ ...input, unlabelled: { texts: [more] } });
    expect(await divergence(unlabelled.modelFolder)).toBeLessThan(0.8 * nearBefore);
    const { lineage } = JSON.parse(await readFile(`${unlabelled.modelFolder}/taxon.json`, 'utf8')) as {
      lineage: { unlabelledTexts: number };
    };
    expect(lineage.unlabelledTexts).toBe(181); // the one that is labelled, too, is left out
  });

  it('is taught by the mean of several teachers, members of an ensemble among them', async () => {
    const other = await sureTeacher('second', { seed: 30 });
    const folder = shop.path('both');
    const { space, maxLength } = await loadModelFolder(teacher);
    await saveEnsembleFolder(folder, { space: space!, rule: {}, maxLength, members: [teacher, other] }, { card });
    const data = { train: await shop.write('mean.jsonl', await labelled(texts, folder)) };
    const input = { data, student: { layers: 1 }, optimizer: { epochs: 15 }, alpha: 0 };
    const ofEnsemble = await shop.distil({ ...input, teachers: [{ folder }] });
    expect(await divergence(ofEnsemble.modelFolder, folder)).toBeLessThan(await divergence(teacher, folder));
    expect(ofEnsemble.teacher.size).toBeUndefined();
    const refused = shop.distil({ ...input, teachers: [{ folder }], signals: { hidden: 1 } });
    await expect(refused).rejects.toThrow('signals.hidden is 1; there are 2 teachers');
  });

  it('may be narrower, with a vocabulary of its own, and still be compared token by token', async () => {
    const student = { heads: 2, intermediate: 32, vocabulary: 'domain' as const };
    const result = await shop.distil({
      ...{ teachers: teachers(), data: { train }, student, optimizer: { epochs: 12 } },
      signals: { hidden: 0.1, relations: 0.1 },
    });
    expect(result.student).toMatchObject({ layers: 2, heads: 2, intermediate: 32 });
    expect(result.student.vocabulary).toBeLessThan(result.teacher.size!.vocabulary);
    expect(await divergence(result.modelFolder)).toBeLessThan(0.5);
    expect(result.test!.figures['accuracy']).toBeGreaterThan(0.8);
  });

  it('may begin with random numbers, or as another encoder', async () => {
    const input = { teachers: teachers(), data: { train }, optimizer: { epochs: 0.2 } };
    const scratch = await shop.distil({ ...input, student: { from: 'scratch:tiny' } });
    expect(scratch.student).toMatchObject({ layers: 2, hidden: 128, heads: 2, intermediate: 512 });
    const given = await shop.distil({
      ...{ ...input, student: { from: shop.path('encoder'), layers: [0], intermediate: 16 } },
    });
    expect(given.student).toMatchObject({ layers: 1, intermediate: 16 });
    const wide = shop.distil({ ...input, student: { from: 'scratch:tiny' }, signals: { hidden: 1 } });
    await expect(wide).rejects.toThrow("the student's are 128 wide, the teacher's 32");
    await expect(shop.distil({ ...input, student: { from: 'scratch:big' } })).rejects.toThrow(
      'the sizes are scratch:tiny',
    );
  });
});

describe('teachers of other tasks', () => {
  const tags: LabelSpace = { tasks: [{ name: 'label', kind: 'multi-label', labels: [...topicNames].sort() }] };

  it('of several labels a text teach each label on its own', async () => {
    const folder = await sureTeacher('tags', { space: tags });
    const logits = await shop.logits(folder, texts);
    const rows = texts.map((text, i) => ({
      text,
      label: tags.tasks[0]!.labels.filter((_, c) => logits[3 * i + c]! > 0),
    }));
    const data = { train: await shop.write('tags.jsonl', rows) };
    const result = await shop.distil({
      teachers: [{ folder }],
      data,
      student: { layers: 1 },
      optimizer: { epochs: 15 },
    });
    const [own, right] = [await shop.logits(result.modelFolder, unseen), await shop.logits(folder, unseen)];
    const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z));
    const apart = own.reduce((sum, z, i) => sum + Math.abs(sigmoid(z) - sigmoid(right[i]!)), 0) / own.length;
    expect(apart).toBeLessThan(0.12);
  });

  it('of a hierarchy teach coarse and fine labels', async () => {
    const space: LabelSpace = {
      tasks: [
        { name: 'group', kind: 'single-label', labels: ['open', 'shut'] },
        { name: 'label', kind: 'single-label', labels: ['lost', 'rate', 'close'] },
      ],
      hierarchy: { parents: [0, 0, 1] },
    };
    const folder = await sureTeacher('levels', { space });
    const logits = await shop.logits(folder, texts);
    const rows = texts.map((text, i) => {
      const [open, shut, lost, rate] = logits.subarray(5 * i) as unknown as [number, number, number, number];
      return {
        text,
        ...(shut > open ? { group: 'shut', label: 'close' } : { group: 'open', label: lost > rate ? 'lost' : 'rate' }),
      };
    });
    const data = { train: await shop.write('levels.jsonl', rows) };
    const result = await shop.distil({
      ...{ teachers: [{ folder }], data, hierarchy: { coarseColumn: 'group' }, alpha: 0 },
      ...{ student: { layers: 1 }, optimizer: { epochs: 15 } },
    });
    const [own, right] = [await shop.logits(result.modelFolder, unseen), await shop.logits(folder, unseen)];
    const coarse = (z: Float32Array, i: number): number => softmaxes(z.subarray(5 * i, 5 * i + 2), 2)[0]!;
    const apart = unseen.reduce((sum, _, i) => sum + Math.abs(coarse(own, i) - coarse(right, i)), 0) / unseen.length;
    expect(apart).toBeLessThan(0.12);
  });

  it('that know other labels are refused, or teach what both know', async () => {
    const labels = ['close', 'lost', 'other'];
    const space: LabelSpace = { tasks: [{ name: 'label', kind: 'single-label', labels }] };
    const folder = await sureTeacher('others', { space });
    const input = { teachers: [{ folder }], data: { train }, student: { layers: 1 }, optimizer: { epochs: 1 } };
    await expect(shop.distil(input)).rejects.toThrow(
      `${folder} has other labels than the data: it lacks rate; the data lacks other`,
    );
    expect((await readdir(shop.folder)).filter((name) => /distillation|checkpoint|partial/.test(name))).toEqual([]);
    const shared = await shop.distil({ ...input, labels: 'shared' });
    expect(shared.space.tasks[0]!.labels).toEqual(['close', 'lost', 'rate']);
    expect(shared.teacher.test).toBeUndefined();
  });
});

describe('a distillation', () => {
  const input = () => ({
    ...{ teachers: teachers(), data: { train }, student: { layers: 1, vocabulary: 'domain' as const } },
    ...{ optimizer: { epochs: 3 }, output: shop.path('interrupted') },
  });
  /** Cancels at the first event that this is true of. */
  const stopAt = (chosen: (event: DistillationEvent) => boolean) => {
    const abort = new AbortController();
    const onEvent = (event: DistillationEvent): void => {
      if (chosen(event)) abort.abort();
    };
    return { signal: abort.signal, onEvent };
  };
  const left = async (): Promise<string[]> =>
    (await readdir(shop.folder)).filter((name) => name.startsWith('interrupted') || name.startsWith('.interrupted'));

  it('that is stopped before training leaves nothing; in training, what --resume goes on from, to the same numbers', async () => {
    const early = shop.distil(
      input(),
      stopAt((event) => event.kind === 'stage' && event.stage === 'teacher'),
    );
    await expect(early).rejects.toMatchObject({ name: 'AbortError' });
    expect(await left()).toEqual([]);

    const straight = await shop.distil({ ...input(), output: shop.path('straight') });
    const stopped = shop.distil(
      input(),
      stopAt((event) => event.kind === 'evaluation' && event.epoch > 0.9),
    );
    await expect(stopped).rejects.toMatchObject({ code: 'cancelled' });
    expect(await left()).toEqual(['interrupted.checkpoint', 'interrupted.distillation']);
    const others = shop.distil({ ...input(), temperature: 3 }, { resume: true });
    await expect(others).rejects.toThrow('the interrupted run had other options or other teachers');
    const resumed = await shop.distil(input(), { resume: true });
    expect(await left()).toEqual(['interrupted']);
    const numbers = async (folder: string): Promise<Buffer> => readFile(`${folder}/model.safetensors`);
    expect((await numbers(resumed.modelFolder)).equals(await numbers(straight.modelFolder))).toBe(true);
  });

  it('may be born again: each student teaches the next, and the best is kept', async () => {
    const result = await shop.distil({
      ...{ teachers: teachers(), data: { train }, student: {}, generations: 2, output: shop.path('again') },
      optimizer: { epochs: 2 },
    });
    const generations = result.events.filter(({ kind }) => kind === 'generation');
    expect(generations).toEqual([
      { kind: 'generation', number: 1, total: 2 },
      { kind: 'generation', number: 2, total: 2 },
    ]);
    expect(result.modelFolder).toBe(shop.path('again'));
    expect(existsSync(`${result.runFolder}/report.html`)).toBe(true);
    expect((await loadModelFolder(result.modelFolder)).encoder.layers).toBe(2);
    expect(existsSync(`${shop.path('again')}.distillation`)).toBe(false);
  });

  it('says what is wrong before anything is read', async () => {
    const asking = (more: object) => shop.distil({ ...input(), ...more });
    await expect(asking({ output: teacher })).rejects.toThrow('which is or holds the teacher');
    await expect(asking({ signals: { logits: 0 } })).rejects.toThrow('all signals have a weight of 0');
    await expect(asking({ alpha: 1 })).rejects.toThrow('alpha is 1');
    await expect(asking({ teachers: [{ folder: shop.path('nowhere') }] })).rejects.toThrow('nowhere does not exist');
    await expect(asking({ teachers: [{ folder: shop.path('encoder') }] })).rejects.toThrow('is an encoder without a classifier'); // prettier-ignore
    await expect(asking({ student: { layers: 3 } })).rejects.toThrow('student.layers is 3; there are 2');
    await expect(asking({ student: { heads: 5 } })).rejects.toThrow('student.heads is 5; the encoder has 4');
    const frozen = { signals: { hidden: 1 }, optimizer: { freeze: 1 } };
    await expect(asking(frozen)).rejects.toThrow('with optimizer.freeze the states within layers are not at hand');
    expect(await left()).toEqual(['interrupted']); // that of the test before
  });
});
