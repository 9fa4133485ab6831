import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadClassifier, saveModelFolder, type Classifier } from './index.ts';
import { card, largestDifference, sampleTexts, temporaryFolder, tinyModel, writeEncoderFolder } from './testing.ts';

// Runs the worker's bundle, as users do: `npm test` builds it, or `node tools/build/workers.mjs models`.

const labels = Array.from({ length: 150 }, (_, i) => `intent ${i}`);
const head = { kind: 'dense', pooling: 'mean', normalize: true } as const;

let root: string;
let folder: string;
let classifier: Classifier;

beforeAll(async () => {
  root = await temporaryFolder();
  folder = join(root, 'model');
  await writeEncoderFolder(join(root, 'encoder'));
  await saveModelFolder(folder, tinyModel(head, labels), { tokenizerFrom: join(root, 'encoder'), card });
  classifier = await loadClassifier(folder, { threads: 1 });
});
afterAll(async () => {
  await classifier.dispose();
  await rm(root, { recursive: true });
});

/** Texts of 2 to 24 tokens. */
const manyTexts = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => 'my card was lost today please help '.repeat(1 + (i % 4)).slice(i % 7));

const softmax = (logits: Float32Array): number[] => {
  const exponentials = Array.from(logits, Math.exp);
  const sum = exponentials.reduce((a, b) => a + b);
  return exponentials.map((x) => x / sum);
};

describe('classify', () => {
  it('ranks all labels by probability, as the logits say', async () => {
    const predictions = await classifier.classify(sampleTexts);
    const logits = await classifier.logits(sampleTexts);
    expect(predictions).toHaveLength(sampleTexts.length);
    predictions.forEach((prediction, i) => {
      const expected = softmax(logits.subarray(150 * i, 150 * (i + 1)));
      expect(new Set(prediction.labels.map(({ label }) => label)).size).toBe(150);
      const byLabel = new Map(prediction.labels.map(({ label, probability }) => [label, probability]));
      labels.forEach((label, j) => expect(byLabel.get(label)).toBeCloseTo(expected[j]!, 5));
      const probabilities = prediction.labels.map(({ probability }) => probability);
      expect(probabilities).toEqual([...probabilities].sort((a, b) => b - a));
    });
  });

  it('cuts to topK', async () => {
    const [all] = await classifier.classify(['a']);
    for (const topK of [1, 3, 1000]) {
      const [prediction] = await classifier.classify(['a'], { topK });
      expect(prediction!.labels).toEqual(all!.labels.slice(0, topK));
    }
    await expect(classifier.classify(['a'], { topK: 0 })).rejects.toMatchObject({ code: 'invalid_input' });
  });

  it('counts tokens and tells when a text was cut', async () => {
    const texts = ['', 'card', 'card '.repeat(22), 'card '.repeat(23)];
    const predictions = await classifier.classify(texts);
    expect(predictions.map(({ tokens, truncated }) => [tokens, truncated])).toEqual([
      [2, false],
      [3, false],
      [24, false],
      [24, true],
    ]);
  });

  it('answers a batch as it answers single texts', async () => {
    const texts = [...manyTexts(300), ...sampleTexts];
    const batch = await classifier.logits(texts);
    for (let i = 0; i < texts.length; i += 7) {
      const single = await classifier.logits([texts[i]!]);
      expect(largestDifference(batch.subarray(150 * i, 150 * (i + 1)), single)).toBeLessThan(1e-5);
    }
  });

  it('keeps apart calls that come at once, and lets a small one past a large one', async () => {
    const texts = manyTexts(3000);
    const order: string[] = [];
    const large = classifier.logits(texts).then((logits) => (order.push('large'), logits));
    const small = classifier.logits(['what is the rate']).then((logits) => (order.push('small'), logits));
    const [inCompany] = [await small, await large];
    expect(largestDifference(inCompany, await classifier.logits(['what is the rate']))).toBeLessThan(1e-5);
    expect(order).toEqual(['small', 'large']);
  });

  it('answers nothing with nothing', async () => {
    expect(await classifier.classify([])).toEqual([]);
    expect(await classifier.logits([])).toHaveLength(0);
  });

  it('reports progress up to the end', async () => {
    const seen: number[] = [];
    await classifier.logits(manyTexts(1000), { onProgress: (done, total) => seen.push(done / total) });
    expect(seen.length).toBeGreaterThan(2);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1)).toBe(1);
  });

  // Again when it fails: on a busy machine the scheduler alone takes the thread away for longer.
  it('leaves the event loop free while it works', { retry: 4 }, async () => {
    const texts = manyTexts(2000);
    await classifier.classify(texts.slice(0, 500)); // compiles what the loop below runs
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    await classifier.classify(texts);
    delay.disable();
    expect(delay.max / 1e6).toBeLessThan(20);
  });
});

describe('a call that is cancelled', () => {
  it('rejects at once and leaves the classifier in order', async () => {
    const controller = new AbortController();
    const running = classifier.classify(manyTexts(5000), { signal: controller.signal });
    setTimeout(() => controller.abort(), 20);
    await expect(running).rejects.toMatchObject({ name: 'TaxonError', code: 'cancelled' });
    expect(await classifier.classify(['a'])).toHaveLength(1);
  });

  it('does not start when the signal has aborted before', async () => {
    const signal = AbortSignal.abort();
    await expect(classifier.classify(['a'], { signal })).rejects.toMatchObject({ code: 'cancelled' });
    await expect(loadClassifier(folder, { signal })).rejects.toMatchObject({ code: 'cancelled' });
  });
});

describe('what goes wrong reaches the caller', () => {
  it('a folder that is not there, or not a classifier', async () => {
    await expect(loadClassifier(join(root, 'nowhere'))).rejects.toMatchObject({ code: 'not_found' });
    await expect(loadClassifier(join(root, 'encoder'))).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining('is an encoder without a classifier'),
    });
  });

  it('a file that was changed', async () => {
    const damaged = join(root, 'damaged');
    await saveModelFolder(damaged, tinyModel(head, labels), { tokenizerFrom: folder, card });
    await writeFile(join(damaged, 'vocab.txt'), 'other words');
    await expect(loadClassifier(damaged)).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringMatching(/vocab\.txt: its SHA-256 is/),
    });
  });

  it('a worker that dies: pending and later calls are refused, and disposing ends', async () => {
    const started = new Promise<Worker>((resolve) => process.once('worker', resolve));
    const other = await loadClassifier(folder, { threads: 1 });
    const refusal = {
      code: 'internal',
      message: expect.stringMatching(/the worker that serves .* stopped: exit code 1/),
    };
    const refused = expect(other.classify(manyTexts(3000))).rejects.toMatchObject(refusal);
    await (await started).terminate();
    await refused;
    await expect(other.classify(['a'])).rejects.toMatchObject(refusal);
    await other.dispose();
  });

  it('disposing: pending and later calls are refused, and doing it twice is fine', async () => {
    const other = await loadClassifier(folder, { threads: 1 });
    const pending = other.classify(manyTexts(3000));
    const refused = expect(pending).rejects.toMatchObject({ code: 'failed_precondition' });
    await other.dispose();
    await refused;
    await expect(other.classify(['a'])).rejects.toMatchObject({ code: 'failed_precondition' });
    await other.dispose();
  });
});
