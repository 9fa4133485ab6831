import { Compression, Distillation } from '@taxon/contracts';
import { parseDistillation, type DistillationInput } from '@taxon/distillation';
import { describe, expect, it } from 'vitest';
import { fromCompressionMessage, toCompressionMessage } from './compression-message.ts';
import { parseCompression } from './compression-request.ts';
import { fromDistillationMessage, toDistillationMessage } from './distillation-message.ts';
import { toEventMessage } from './event-message.ts';

const distillation: DistillationInput = { teachers: [{ folder: 't' }], data: { train: 'a.csv' }, output: 'o' };
const overWire = (message: Distillation): Distillation => Distillation.decode(Distillation.encode(message).finish());
const keysOf = (value: unknown): string[] =>
  typeof value !== 'object' || value === null || Array.isArray(value)
    ? []
    : Object.entries(value).flatMap(([key, part]) => (part === undefined ? [] : [key, ...keysOf(part)]));

describe('messages of a distillation', () => {
  it('carry every option there and back', () => {
    for (const input of [
      distillation,
      {
        ...distillation,
        teachers: [{ folder: 'a', weight: 2 }, { folder: 'b' }],
        student: { from: 'scratch:mini', layers: [0, 2], heads: 4, intermediate: 512, importance: 'activation' },
        signals: { logits: 0, embeddings: 1, hidden: 0.5, relations: 2 },
        ...{ temperature: 4, alpha: 0, labels: 'shared', generations: 3, patience: 0, seed: 5, precision: 'fp32' },
        unlabelled: { texts: ['u.txt'], textColumn: 'body' },
        optimizer: { epochs: 0, learningRate: 1e-3, schedule: 'cosine' },
        data: { train: 'a.csv', validation: 'b.csv', labelSeparator: '|' },
      } satisfies DistillationInput,
      { ...distillation, student: { layers: 3, vocabulary: 'domain' } } satisfies DistillationInput,
    ]) {
      const options = parseDistillation(input);
      expect(fromDistillationMessage(overWire(toDistillationMessage(options)))).toEqual(options);
    }
  });

  it('hold every option: a new one must be added to the contract', () => {
    const full = parseDistillation({ ...distillation, student: { layers: 3, heads: 1, intermediate: 16 } });
    const own = new Set(keysOf(toDistillationMessage(full)));
    const missing = keysOf(full).filter((key) => !own.has(key));
    expect(missing).toEqual([]);
  });

  it('take the defaults for what is absent, a student’s own among them', () => {
    const message = Distillation.fromPartial({
      teachers: [{ folder: 't' }],
      recipe: { data: { train: 'a.csv' }, output: 'o' },
    });
    expect(fromDistillationMessage(overWire(message))).toEqual(parseDistillation(distillation));
    expect(parseDistillation(distillation).optimizer.epochs).toBe(10);
  });

  it('name what a distillation has not, and what contradicts itself', () => {
    const of = (message: Parameters<typeof Distillation.fromPartial>[0]) => () =>
      fromDistillationMessage(Distillation.fromPartial(message));
    const recipe = { data: { train: 'a.csv' }, output: 'o' };
    expect(of({ teachers: [{ folder: 't' }], recipe: { ...recipe, encoder: 'e', folds: 5 } })).toThrow(
      expect.objectContaining({
        code: 'invalid_input',
        violations: [
          { field: 'recipe.encoder', description: expect.stringContaining('student.from') },
          { field: 'recipe.folds', description: expect.stringContaining('one student') },
        ],
      }),
    );
    expect(of({ recipe })).toThrow(
      expect.objectContaining({ violations: [expect.objectContaining({ field: 'teachers' })] }),
    );
    expect(of({ teachers: [{ folder: 't' }], recipe, student: { layers: 2, layerIndices: [1] } })).toThrow(
      'student.layer_indices: given beside layers',
    );
    expect(() => fromDistillationMessage(undefined)).toThrow(expect.objectContaining({ code: 'invalid_input' }));
  });
});

describe('messages of a compression', () => {
  const minimal = { model: 'm', output: 'o', validation: { path: 'v.csv' } };
  it('carry every option there and back, and take defaults', () => {
    for (const input of [
      minimal,
      { ...minimal, to: 'float16', keepFloat: 'none', maxLoss: 0, threads: 2 },
      {
        ...minimal,
        ...{ to: 'int8-static', keepFloat: ['layer.3.down', 'layer.1'], calibrationFile: { path: 'c.txt' } },
        calibration: { method: 'entropy', percentile: 99, texts: 10 },
        validation: { path: 'v.csv', textColumn: 'a', labelColumn: 'b', pairColumn: 'c', labelSeparator: '|' },
      },
    ]) {
      const request = parseCompression(input);
      const wire = Compression.decode(Compression.encode(toCompressionMessage(request)).finish());
      expect(fromCompressionMessage(wire)).toEqual(request);
    }
    expect(fromCompressionMessage(Compression.fromPartial(minimal))).toEqual(parseCompression(minimal));
  });

  it('are refused with every field that is wrong', () => {
    expect(() => fromCompressionMessage(Compression.fromPartial({ maxLoss: -1 }))).toThrow(
      expect.objectContaining({
        violations: ['maxLoss', 'model', 'output', 'validation'].map((field): unknown =>
          expect.objectContaining({ field }),
        ),
      }),
    );
  });
});

describe('events', () => {
  it('name their stages and units as the contract does', () => {
    expect(toEventMessage({ kind: 'stage', stage: 'sensitivity' })).toEqual({
      $case: 'stageStart',
      value: { stage: 'STAGE_SENSITIVITY' },
    });
    expect(toEventMessage({ kind: 'progress', stage: 'teacher', done: 1, total: 2, unit: 'texts' })).toMatchObject({
      value: { stage: 'STAGE_TEACHER', unit: 'UNIT_TEXTS', done: 1n },
    });
    expect(toEventMessage({ kind: 'progress', stage: 'compress', done: 1.2, total: 2, unit: 'parts' })).toMatchObject({
      value: { unit: 'UNIT_PARTS', done: 1n },
    });
    expect(toEventMessage({ kind: 'checkpoint', folder: 'f', step: 3, digest: 'd' })).toMatchObject({
      $case: 'checkpoint',
      value: { folder: 'f', step: 3 },
    });
    expect(toEventMessage({ kind: 'generation', number: 1, total: 2 })).toMatchObject({ $case: 'generationStart' });
  });
});
