import { existsSync } from 'node:fs';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadClassifier, saveModelFolder } from '@taxon/models';
import { card, temporaryFolder, tinyModel, writeEncoderFolder } from '@taxon/models/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bin, lastLine, runProgram, type Outcome } from './testing.ts';

// Runs the bundle: `node ../../tools/build/bundle.mjs` in apps/cli.

let root: string;
const words = ['card', 'lost', 'money', 'rate', 'pay', 'account', 'close', 'open', 'help', 'today'];
const texts = Array.from({ length: 60 }, (_, i) => [0, 1, 2].map((k) => words[(i * (k + 3) + k) % 10]!).join(' '));

const taxon = (...args: string[]): Promise<Outcome> => runProgram(process.execPath, [bin, ...args], { cwd: root });

beforeAll(async () => {
  root = await temporaryFolder();
  await writeEncoderFolder(join(root, 'encoder'));
  const model = tinyModel({ kind: 'dense', pooling: 'mean', normalize: true });
  await saveModelFolder(join(root, 'model'), model, { tokenizerFrom: join(root, 'encoder'), card });
  const classifier = await loadClassifier(join(root, 'model'), { threads: 1 });
  const answers = await classifier.classify(texts);
  await classifier.dispose();
  const rows = answers.map(({ answer }, i) => `${texts[i]!},${answer[0]!}`);
  await writeFile(join(root, 'valid.csv'), `text,label\n${rows.join('\n')}\n`);
});
afterAll(() => rm(root, { recursive: true }));

describe('taxon compress', () => {
  it('shows what was won and lost, and leaves a folder that answers', async () => {
    const args = ['model', '--to', 'int8', '--data', 'valid.csv', '--output', 'small', '--max-loss', '5'];
    const { code, out, err } = await taxon('compress', ...args, '--threads', '1');
    expect([code, err]).toEqual([0, expect.stringMatching(/read: .*score: .*compress: .*measure: .*save: /s)]);
    expect(out).toMatch(/^form +accuracy +size +ms a text +texts\/s\nfloat32 +100\.00 %.*\nint8 +\d/);
    expect(lastLine(out)).toBe('model    small');
    const predicted = await taxon('predict', 'small', texts[0]!, '--json');
    expect(predicted.code).toBe(0);
  });

  it('answers machines in one line', async () => {
    const { code, out } = await taxon(
      ...['compress', 'model', '--to', 'float16', '--data', 'valid.csv', '--output', 'half', '--json'],
    );
    expect(code).toBe(0);
    expect(JSON.parse(lastLine(out))).toMatchObject({ kind: 'result', output: 'half', loss: 0, keptFloat: [] });
  });

  it.each<[string, string[], RegExp]>([
    ['static int8 without calibration', ['--to', 'int8-static'], /int8-static needs calibration texts/],
    ['an unknown form', ['--to', 'int4'], /'int4' is invalid.*int8, int8-static, float16/s],
    ['an unknown part', ['--keep-float', 'layer.7'], /'layer\.7' is no part of this model/],
    ['a loss that is no number', ['--max-loss', 'much'], /must be a number from 0 to 100/],
  ])('%s is told, with exit code 2 and nothing written', async (_, args, message) => {
    const { code, err } = await taxon('compress', 'model', '--data', 'valid.csv', '--output', 'nothing', ...args);
    expect(code).toBe(2);
    expect(err).toMatch(message);
    expect(existsSync(join(root, 'nothing'))).toBe(false);
    expect((await readdir(root)).filter((name) => name.includes('partial'))).toEqual([]);
  });

  it('refuses a model that loses too much with exit code 2, and names the parts that cost most', async () => {
    const wide = ['--keep-float', 'none', '--max-loss', '0'];
    const lossy = tinyModel({ kind: 'dense', pooling: 'mean', normalize: true });
    lossy.weights.parameters['layer.1.up.bias']![7] = 30_000;
    lossy.weights.parameters['layer.1.down.weight']!.fill(0, 7 * 32, 8 * 32); // unread, but it sets the scale of its row
    await saveModelFolder(join(root, 'lossy'), lossy, { tokenizerFrom: join(root, 'encoder'), card });
    const { code, err } = await taxon('compress', 'lossy', '--data', 'valid.csv', '--output', 'nothing', ...wide);
    expect(code).toBe(2);
    expect(err).toMatch(/loses .* points of accuracy .* layer\.1\.down, .* cost most/s);
    expect(existsSync(join(root, 'nothing'))).toBe(false);
  });
});
