import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadModelFolder } from '@taxon/models';
import { writeEncoderFolder } from '@taxon/models/testing';
import { loadTokenizer } from '@taxon/text';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chooseVocabulary } from './choose-vocabulary.ts';
import { distilEncoder } from './distil-encoder.ts';
import {
  encoderDistillationSchema,
  type EncoderDistillationInput,
  type EncoderDistillationProgress,
} from './options.ts';

describe('a smaller vocabulary', () => {
  it('keeps what is frequent in the texts and in general', () => {
    const texts = [Int32Array.of(7, 7, 7, 9), Int32Array.of(7, 9)];
    const candidates = Array.from({ length: 60 }, (_, i) => i + 3);
    expect(chooseVocabulary(texts, 2, candidates)).toEqual(new Set([7, 9]));
    expect(chooseVocabulary(texts, 3, candidates)).toEqual(new Set([7, 9, 3]));
    expect(chooseVocabulary(texts, 0, [3, 7])).toEqual(new Set());
  });
});

describe('an encoder distilled from another', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'taxon-small-encoder-'));
    await writeEncoderFolder(join(folder, 'teacher'));
    const words = ['card', 'money', 'account', 'pin', 'today', 'please', 'my', 'what'];
    const texts = Array.from({ length: 240 }, (_, i) => [i, i >> 1, i >> 3].map((n) => words[n % 8]).join(' '));
    await writeFile(join(folder, 'texts.txt'), texts.join('\n'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const options = (more: Partial<EncoderDistillationInput> = {}) =>
    encoderDistillationSchema.parse({
      ...{ teacher: join(folder, 'teacher'), texts: [join(folder, 'texts.txt')], output: join(folder, 'student') },
      ...{ layers: 1, heldOut: 40, epochs: 20, learningRate: 5e-3, tokensPerStep: 256, precision: 'fp32', threads: 1 },
      ...more,
    });

  it('comes nearer to what the teacher makes of texts that it has not learnt, and is an encoder that loads', async () => {
    const told: EncoderDistillationProgress[] = [];
    const result = await distilEncoder(options(), { onProgress: (progress) => told.push(progress) });
    expect(result.cosine).toBeGreaterThan(result.cosineBefore);
    expect(result.cosine).toBeGreaterThan(0.97);
    expect(told.filter(({ stage }) => stage === 'train').at(-1)).toMatchObject({ done: expect.any(Number) as number });
    const student = await loadModelFolder(join(folder, 'student'));
    expect(student.encoder.layers).toBe(1);
    expect(student.normalize).toBe(true);
  });

  it('is stored in bytes, a quarter of the size, and reads back nearly the same', async () => {
    await distilEncoder(options({ epochs: 1 }));
    await distilEncoder(options({ epochs: 1, storage: 'int8', output: join(folder, 'bytes') }));
    const [whole, bytes] = await Promise.all(['student', 'bytes'].map((name) => loadModelFolder(join(folder, name))));
    const size = async (name: string) => (await stat(join(folder, name, 'model.safetensors'))).size;
    expect(await size('bytes')).toBeLessThan(0.6 * (await size('student')));
    const largest = whole!.weights.words.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    bytes!.weights.words.forEach((x, i) => expect(Math.abs(x - whole!.weights.words[i]!)).toBeLessThan(largest / 200));
  });

  it('is the same for the same seed', async () => {
    await distilEncoder(options({ epochs: 0.5 }));
    const first = await readFile(join(folder, 'student/model.safetensors'));
    await distilEncoder(options({ epochs: 0.5 }));
    expect(await readFile(join(folder, 'student/model.safetensors'))).toEqual(first);
  });

  it('says what is wrong', async () => {
    await expect(distilEncoder(options({ heldOut: 200 }))).rejects.toThrow(/240 texts, of which heldOut keeps 200/);
    await expect(distilEncoder(options({ layers: 9 }))).rejects.toThrow(/layers/);
    const aborted = AbortSignal.abort();
    await expect(distilEncoder(options(), { signal: aborted })).rejects.toThrow();
  });

  it('may know fewer words, and then spells the others', async () => {
    const { vocabulary } = await distilEncoder(options({ vocabulary: 40, epochs: 1 }));
    const teacher = await loadModelFolder(join(folder, 'teacher'));
    expect(vocabulary).toBeLessThan(teacher.encoder.vocabulary);
    const student = await loadModelFolder(join(folder, 'student'));
    expect(student.encoder.vocabulary).toBe(vocabulary);
    const tokenizer = await loadTokenizer(student.encoderFolder);
    for (const id of tokenizer.encode('my card please')) expect(id).toBeLessThan(vocabulary);
  });
});
