import { existsSync } from 'node:fs';
import { readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { hasExactInt8 } from '@taxon/compute';
import type { Example } from '@taxon/data';
import { createEngine, engineSourceOf, loadModelFolder, saveModelFolder, type SavableModel } from '@taxon/models';
import { temporaryFolder, tinyModel, writeEncoderFolder } from '@taxon/models/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compress, type CompressionEvent, type CompressionReport, type CompressOptions } from '../index.ts';
import { computeLogits } from './compute-logits.ts';

const head = { kind: 'dense', pooling: 'mean', normalize: true } as const;
const labels = ['lost', 'rate', 'other', 'pay'];
const words = ['card', 'lost', 'money', 'rate', 'pay', 'account', 'close', 'open', 'help', 'today', 'pin', 'twice'];
const texts = Array.from(
  { length: 120 },
  (_, i) =>
    [0, 1, 2, 3].map((k) => words[(i * (k + 3) + k * k) % words.length]!).join(' ') +
    (i % 3 === 0 ? ' please help my new card' : ''),
);

let root: string;
const folderOf = (name: string): string => join(root, name);

/** A matrix with a few inputs that dwarf the others: with one scale a row, the others round to nothing. */
const withOutliers = (model: SavableModel): SavableModel => {
  const parameters = { ...model.weights.parameters };
  // Gelu leaves what is far below 0 at 0 and what is far above as it is: one unit of 64 is raised a thousandfold, and unread.
  const [up, bias, down] = ['up.weight', 'up.bias', 'down.weight'].map((name) =>
    parameters[`layer.1.${name}`]!.slice(),
  );
  bias![7] = 3000;
  down!.fill(0, 7 * model.encoder.hidden, 8 * model.encoder.hidden);
  return {
    ...model,
    weights: {
      ...model.weights,
      parameters: { ...parameters, 'layer.1.up.weight': up!, 'layer.1.up.bias': bias!, 'layer.1.down.weight': down! },
    },
  };
};

/** Examples labelled as the float model answers: it is right about all of them. */
const examplesOf = async (folder: string): Promise<Example[]> => {
  const engine = await createEngine(await engineSourceOf(await loadModelFolder(folder)), 1);
  const logits = await computeLogits(engine, texts);
  await engine.dispose();
  return texts.map((text, i) => {
    const row = Array.from(logits.subarray(4 * i, 4 * (i + 1)));
    return { text, line: i + 1, labels: [[labels[row.indexOf(Math.max(...row))]!]] };
  });
};

let examples: Record<'plain' | 'outliers', Example[]>;

beforeAll(async () => {
  root = await temporaryFolder();
  await writeEncoderFolder(folderOf('encoder'));
  const model = tinyModel(head, labels);
  const card = { name: 'tiny', license: 'mit', baseModel: 'an-encoder', results: [] };
  const options = { tokenizerFrom: folderOf('encoder'), card, lineage: { encoder: 'an-encoder' } };
  await saveModelFolder(folderOf('plain'), model, options);
  await saveModelFolder(folderOf('outliers'), withOutliers(model), options);
  examples = { plain: await examplesOf(folderOf('plain')), outliers: await examplesOf(folderOf('outliers')) };
});
afterAll(() => rm(root, { recursive: true }));

const run = (
  name: 'plain' | 'outliers',
  output: string,
  options: Partial<CompressOptions> = {},
  onEvent?: (event: CompressionEvent) => void,
): Promise<CompressionReport> =>
  compress(
    folderOf(name),
    { output: folderOf(output), validation: examples[name], threads: 1, ...options },
    { onEvent },
  );

describe('compressing', () => {
  it.each(['int8', 'int8-static', 'float16'] as const)('to %s writes a folder that says what it is', async (to) => {
    const before = await readdir(folderOf('plain'), { recursive: true });
    const stages: string[] = [];
    const report = await run('plain', to, { to, maxLoss: 10, calibrationTexts: texts }, (event) => {
      if (event.kind === 'stage') stages.push(event.stage);
    });
    expect(report.before.figures.accuracy).toBe(1);
    expect(report.loss).toBeLessThanOrEqual(10);
    expect(report.agreement).toBeCloseTo(1 - report.loss / 100, 6);
    expect(report.after.bytes).toBeLessThan(0.6 * report.before.bytes);
    expect(report.texts).toEqual({ validation: 120, calibration: to === 'int8-static' ? 120 : 0 });
    expect(stages.filter((stage, i) => stage !== stages[i - 1])).toEqual(
      ['read', 'score', ...(to === 'int8-static' ? ['calibrate'] : []), 'compress', 'measure', 'save'], // prettier-ignore
    );
    const { precision, lineage } = await loadModelFolder(folderOf(to));
    expect(precision).toBe(to === 'float16' ? 'float16' : 'int8');
    expect(lineage).toEqual({ encoder: 'an-encoder', compression: { from: 'plain', to } });
    expect(JSON.parse(await readFile(join(folderOf(to), 'compression.json'), 'utf8'))).toEqual(report);
    const readme = await readFile(join(folderOf(to), 'README.md'), 'utf8');
    expect(readme).toContain('license: "mit"');
    expect(readme).toContain('## Compressed');
    expect(readme).toContain(`| ${to} | `);
    expect(await readdir(folderOf('plain'), { recursive: true })).toEqual(before);
  });

  it.each(['min-max', 'percentile', 'entropy'] as const)('fixes ranges by %s', async (method) => {
    const options = {
      to: 'int8-static',
      maxLoss: 20,
      calibrationTexts: texts,
      calibration: { method, texts: 50 },
    } as const;
    const report = await run('plain', `static-${method}`, options);
    expect(report.texts.calibration).toBe(50);
    expect(report.agreement).toBeGreaterThan(0.8);
  });
});

const exact = await hasExactInt8();

describe.skipIf(!exact)('the gate (needs a processor with exact 8-bit products)', () => {
  it('keeps the part with outliers float, and nothing else', async () => {
    const notices: string[] = [];
    const report = await run('outliers', 'mended', {}, (event) => {
      if (event.kind === 'notice') notices.push(event.message);
    });
    expect(report.keptFloat).toEqual(['layer.1.down']);
    expect(report.sensitivity[0]!.name).toBe('layer.1.down');
    expect(report.sensitivity[0]!.logitError).toBeGreaterThan(10 * report.sensitivity[1]!.logitError);
    expect(report.loss).toBeLessThanOrEqual(0.5);
    expect(notices.join()).toContain('layer.1.down');
  });

  it('refuses where nothing may stay float, names the part, and writes nothing', async () => {
    await expect(run('outliers', 'refused', { keepFloat: 'none' })).rejects.toMatchObject({
      code: 'failed_precondition',
      message: expect.stringMatching(/the int8 model loses .* points .*maxLoss is 0\.5; layer\.1\.down, /),
    });
    expect(existsSync(folderOf('refused'))).toBe(false);
  });

  it('lets pass what is allowed, and what a list keeps float', async () => {
    expect((await run('outliers', 'allowed', { maxLoss: 100 })).keptFloat).toEqual([]);
    const listed = await run('outliers', 'listed', { keepFloat: ['layer.1'] });
    expect(listed.keptFloat).toEqual(['layer.1.qkv', 'layer.1.output', 'layer.1.up', 'layer.1.down']);
  });
});

describe('is refused, and nothing written:', () => {
  it.each<[string, Partial<CompressOptions>, RegExp]>([
    ['an unknown form', { to: 'int3' as 'int8' }, /compression: to: /],
    ['static int8 without calibration texts', { to: 'int8-static' }, /needs calibration texts/],
    ['no validation texts', { validation: [] }, /no validation texts/],
    ['a part that there is not', { keepFloat: ['layer.9'] }, /keepFloat: 'layer\.9' is no part/],
  ])('%s', async (_, options, message) => {
    await expect(run('plain', 'nothing', options)).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringMatching(message),
    });
    expect(existsSync(folderOf('nothing'))).toBe(false);
  });

  it('the model’s own folder, a model that is compressed already, an encoder', async () => {
    await expect(run('plain', 'plain')).rejects.toMatchObject({ code: 'invalid_input' });
    await run('plain', 'once', { to: 'float16' });
    const again = { output: folderOf('twice'), validation: examples.plain };
    await expect(compress(folderOf('once'), again)).rejects.toThrow('is already compressed to float16');
    await expect(compress(folderOf('encoder'), again)).rejects.toThrow('is an encoder without a classifier');
  });

  it('when it is cancelled', async () => {
    const controller = new AbortController();
    const options = { output: folderOf('cancelled'), validation: examples.plain, threads: 1 };
    const running = compress(folderOf('plain'), options, {
      signal: controller.signal,
      onEvent: (event) => event.kind === 'stage' && event.stage === 'measure' && controller.abort(),
    });
    await expect(running).rejects.toMatchObject({ code: 'cancelled' });
    expect(existsSync(folderOf('cancelled'))).toBe(false);
    expect((await readdir(root)).filter((name) => name.includes('partial'))).toEqual([]);
  });
});
