import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadClassifier, saveModelFolder } from '@taxon/models';
import { card, randomWeights, temporaryFolder, tinyModel, writeEncoderFolder } from '@taxon/models/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bin, runProgram, type Outcome } from './testing.ts';

// Two models with random weights, on texts whose right labels are what the first one answers: it is always right.
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'taxon-compare-'));
  const encoder = await temporaryFolder();
  await writeEncoderFolder(encoder);
  const save = (name: string, labels: string[], seed: number): Promise<void> => {
    const model = tinyModel({ kind: 'dense', pooling: 'mean', normalize: true }, labels);
    const weights = randomWeights(model.encoder, model.head, seed);
    return saveModelFolder(join(folder, name), { ...model, weights }, { tokenizerFrom: encoder, card });
  };
  await save('right', ['lost', 'rate', 'other'], 1);
  await save('wrong', ['lost', 'rate'], 50);
  await rm(encoder, { recursive: true });
  const words = ['card', 'money', 'account', 'pin', 'today', 'please', 'rate', 'help'];
  const texts = Array.from({ length: 120 }, (_, i) =>
    [words[i % 8], words[(i >> 3) % 8], words[(3 * i + (i >> 2)) % 8], String.fromCharCode(97 + (i % 26))].join(' '),
  );
  const classifier = await loadClassifier(join(folder, 'right'), { threads: 1 });
  const answers = await classifier.classify(texts);
  await classifier.dispose();
  const rows = texts.map((text, i) => ({ text, label: answers[i]!.answer[0] }));
  await writeFile(join(folder, 'data.jsonl'), rows.map((row) => JSON.stringify(row)).join('\n'));
});
afterAll(() => rm(folder, { recursive: true }));

const taxon = (...args: string[]): Promise<Outcome> => runProgram(process.execPath, [bin, ...args], { cwd: folder });

interface Told {
  n: number;
  notes: { message: string }[];
  html?: string;
  tasks: {
    task: string;
    n: number;
    onlyA: number;
    onlyB: number;
    figures: Record<string, Record<'a' | 'b' | 'difference' | 'lower' | 'upper' | 'p', number>>;
  }[];
}
const told = ({ code, out, err }: Outcome): Told => {
  expect(code, out + err).toBe(0);
  return JSON.parse(out) as Told;
};

describe('compare', () => {
  it('tells the better of two models on a labelled file, and which labels and texts changed', async () => {
    const { code, out } = await taxon('compare', 'right', 'wrong', '--data', 'data.jsonl', '--top', '2', '--csv', 'changed.csv', '--html', 'out/page.html', '--quiet'); // prettier-ignore
    expect(code).toBe(0);
    expect(out).toMatch(/^accuracy +100\.0 % .* -\d+\.\d .*< 0\.001 {2}worse$/mu);
    expect(out).toMatch(/^labels that changed most/mu);
    expect(out).toMatch(/^spoiled: right in A alone \(2 of \d+\)$/mu);
    expect(out).not.toContain('mended: right in B alone');
    expect(out).toMatch(/^page +out\/page\.html$/mu);
    const rows = (await readFile(join(folder, 'changed.csv'), 'utf8')).trimEnd().split('\n');
    expect(rows.length - 1).toBe(Number(/in A alone (\d+)/u.exec(out)![1]));
    expect(await readFile(join(folder, 'out/page.html'), 'utf8')).toContain('<section id="flips">');
  });

  it('says the same of answers that were saved, whichever way round', async () => {
    const asked = told(await taxon('compare', 'right', 'wrong', '--data', 'data.jsonl', '--json'));
    for (const model of ['right', 'wrong']) {
      const { code, out } = await taxon('evaluate', model, 'data.jsonl', '--save-answers', `${model}.jsonl`, '--json');
      expect(code).toBe(0);
      expect(JSON.parse(out)).toMatchObject({ answers: `${model}.jsonl`, n: 120 });
    }
    const saved = told(await taxon('compare', 'right.jsonl', 'wrong.jsonl', '--json'));
    expect(saved.tasks).toEqual(asked.tasks);
    const [there] = saved.tasks;
    const [back] = told(await taxon('compare', 'wrong.jsonl', 'right.jsonl', '--json')).tasks;
    expect([back!.onlyA, back!.onlyB]).toEqual([there!.onlyB, there!.onlyA]);
    expect(back!.figures['macroF1']).toMatchObject({
      difference: -there!.figures['macroF1']!.difference,
      p: there!.figures['macroF1']!.p,
    });
    const [same] = told(await taxon('compare', 'right.jsonl', 'right.jsonl', '--json')).tasks;
    for (const { difference, p } of Object.values(same!.figures)) expect([difference, p]).toEqual([0, 1]);
  });

  it('takes the answers that a run has kept', async () => {
    await cp(join(folder, 'right'), join(folder, 'trained'), { recursive: true });
    await taxon('evaluate', 'right', 'data.jsonl', '--save-answers', 'trained/run/answers.jsonl', '--quiet');
    await taxon('evaluate', 'wrong', 'data.jsonl', '--save-answers', 'wrong.jsonl', '--quiet');
    expect(told(await taxon('compare', 'trained', 'wrong.jsonl', '--json'))).toMatchObject({ n: 120, notes: [] });
  });

  it('compares the texts that both have answered, and says so', async () => {
    const lines = (await readFile(join(folder, 'data.jsonl'), 'utf8')).split('\n');
    await writeFile(join(folder, 'some.jsonl'), lines.slice(0, 30).join('\n'));
    await taxon('evaluate', 'right', 'data.jsonl', '--save-answers', 'all.jsonl', '--quiet');
    await taxon('evaluate', 'wrong', 'some.jsonl', '--save-answers', 'some-answers.jsonl', '--quiet');
    const { n, notes } = told(await taxon('compare', 'all.jsonl', 'some-answers.jsonl', '--json'));
    expect(n).toBe(30);
    expect(notes[0]!.message).toContain('only the 30 texts that both answer');
  });

  it.each([
    [['right', 'wrong'], /^error: right keeps no answers.*\n.*taxon compare right wrong --data FILE$/mu],
    [['nowhere', 'wrong'], /^error: nowhere does not exist$/mu],
    [['data.jsonl', 'wrong'], /^error: data\.jsonl is no file of saved answers/mu],
    [['right', 'data.jsonl', '--data', 'data.jsonl'], /^error: --data asks models, and data\.jsonl is a file$/mu],
    [['right', 'wrong', '--data', 'data.jsonl', '--label-column', 'intent'], /intent/u],
    [['right'], /missing required argument 'b'/u],
  ])('says what is wrong with %j', async (args, message) => {
    const { code, out, err } = await taxon('compare', ...args, '--quiet');
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(message);
  });
});
