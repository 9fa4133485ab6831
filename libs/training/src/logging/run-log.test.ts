import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EpochLogits } from '@taxon/evaluation';
import { writeEncoderFolder } from '@taxon/models/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseRecipe, type RecipeInput, type TrainingEvent } from '../index.ts';
import { runRecipe } from '../run-recipe.ts';
import type { HistoryLine } from './history-file.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'taxon-log-'));
  await writeEncoderFolder(join(folder, 'encoder'));
  const words = ['card', 'money', 'account', 'pin', 'today', 'please'];
  const rows = Array.from({ length: 90 }, (_, i) => ({
    text: [words[i % 3], words[3 + (i % 2)], words[i % 5]].join(' '),
    topic: `topic ${i % 3}`,
    // Of a third of the texts it is not known.
    ...(i % 3 < 2 && { moods: i % 2 === 0 ? ['calm'] : ['calm', 'hurried'] }),
  }));
  await writeFile(join(folder, 'data.jsonl'), rows.map((row) => JSON.stringify(row)).join('\n'));
});
afterEach(() => rm(folder, { recursive: true }));

const tasks = [
  { column: 'topic', kind: 'single-label' as const },
  { column: 'moods', kind: 'multi-label' as const },
];

interface Ended {
  events: TrainingEvent[];
  runFolder: string;
}

/** @param stopAfter evaluations after which the run is stopped */
const run = async (
  output: string,
  logging: RecipeInput['logging'],
  { resume = false, stopAfter = Infinity }: { resume?: boolean; stopAfter?: number } = {},
): Promise<Ended> => {
  const recipe = parseRecipe({
    ...{ encoder: join(folder, 'encoder'), output: join(folder, output), threads: 1, logging },
    data: { train: join(folder, 'data.jsonl'), tasks },
    optimizer: { epochs: 3, tokensPerStep: 64, keep: 1 },
    ...{ evaluationsPerEpoch: 2, patience: 0 },
  });
  const events: TrainingEvent[] = [];
  const stop = new AbortController();
  const onEvent = (event: TrainingEvent): void => {
    events.push(event);
    if (events.filter(({ kind }) => kind === 'evaluation').length >= stopAfter) stop.abort();
  };
  const runFolder = join(recipe.output, 'run');
  const ending = runRecipe(recipe, { signal: stop.signal, onEvent, resume });
  if (stopAfter < Infinity) await expect(ending).rejects.toMatchObject({ code: 'cancelled' });
  else await ending;
  return { events, runFolder };
};

const historyOf = async (runFolder: string): Promise<HistoryLine[]> =>
  (await readFile(join(runFolder, 'history.jsonl'), 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as HistoryLine);

const logitsOf = async (runFolder: string): Promise<Record<string, string>> => {
  const names = (await readdir(join(runFolder, 'epochs'))).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(runFolder, 'epochs', name), 'utf8')));
  return Object.fromEntries(names.map((name, i) => [name, texts[i]!]));
};

const withoutTime = (line: HistoryLine): HistoryLine => ({ ...line, time: undefined });

describe('a run', () => {
  it('tells every step and evaluation, in order, and the test scores last', async () => {
    const { events, runFolder } = await run('model', {});
    const history = await historyOf(runFolder);
    const steps = history.flatMap((line) => (line.kind === 'step' ? [line.step] : []));
    expect(steps).toEqual(steps.map((_, i) => i + 1));
    const told = history.filter(({ kind }) => kind === 'evaluation');
    expect(told).toHaveLength(1 + events.filter(({ kind }) => kind === 'evaluation').length);
    expect(history[0]).toMatchObject({ kind: 'evaluation', split: 'validation', step: 0 });
    expect(history.at(-1)).toMatchObject({ kind: 'evaluation', split: 'test' });
    expect(Object.keys((told[0] as { tasks: object }).tasks)).toEqual(['topic', 'moods']);
    expect(history.every(({ time }) => time !== undefined && !Number.isNaN(Date.parse(time)))).toBe(true);
    expect(await readdir(runFolder)).not.toContain('tensorboard');
  });

  it('keeps the logits of every evaluation and task, texts without a known label left out', async () => {
    const { runFolder } = await run('model', {});
    const files = await logitsOf(runFolder);
    const names = ['000', '000.500', '001', '001.500', '002', '002.500', '003'];
    expect(Object.keys(files)).toEqual(
      names.flatMap((epoch) => [`epoch-${epoch}-validation-2.json`, `epoch-${epoch}-validation.json`]).sort(),
    );
    const topics = JSON.parse(files['epoch-003-validation.json']!) as EpochLogits;
    const moods = JSON.parse(files['epoch-003-validation-2.json']!) as EpochLogits;
    expect(topics).toMatchObject({ task: 'topic', kind: 'single-label', labels: ['topic 0', 'topic 1', 'topic 2'] });
    expect(topics.texts).toBeUndefined();
    expect(moods).toMatchObject({ task: 'moods', kind: 'multi-label', labels: ['calm', 'hurried'] });
    expect(moods.texts!.length).toBe(moods.logits.length);
    expect(moods.texts!.length).toBeLessThan(topics.logits.length);
  });

  it('writes neither where it is not wanted', async () => {
    const { runFolder } = await run('model', { epochLogits: false, tensorboardFolder: join(folder, 'events') });
    expect(await readdir(runFolder)).not.toContain('epochs');
    expect(await readdir(join(folder, 'events'))).toHaveLength(1);
  });

  it('that goes on leaves what one without a break leaves', async () => {
    const straight = await run('straight', {});
    await run('broken', {}, { stopAfter: 3 });
    const unfinished = join(folder, 'broken.checkpoint', 'run');
    expect((await historyOf(unfinished)).at(-1)).toMatchObject({ kind: 'evaluation' });
    // A crash would have cut a line off, and left steps behind that no checkpoint knows.
    const cut = '{"kind":"step","step":99,"epoch":9,"loss":1,"learningRate":0}\n{"kind":"st';
    await writeFile(join(unfinished, 'history.jsonl'), cut, { flag: 'a' });
    const { runFolder } = await run('broken', {}, { resume: true });
    expect((await historyOf(runFolder)).map(withoutTime)).toEqual(
      (await historyOf(straight.runFolder)).map(withoutTime),
    );
    expect(await logitsOf(runFolder)).toEqual(await logitsOf(straight.runFolder));
  });
});

const hasPackage = (name: string): boolean => spawnSync('python3', ['-c', `import ${name}`]).status === 0;

describe.skipIf(!hasPackage('wandb'))('Weights & Biases (needs the Python package wandb)', () => {
  it('is told of a finished run, here offline', async () => {
    const { runFolder, events } = await run('model', { wandb: { project: 'taxon', mode: 'offline' } });
    const notices = events.flatMap((event) => (event.kind === 'notice' ? [event] : []));
    expect(notices).toContainEqual({
      ...{ kind: 'notice', level: 'info' },
      message: `Weights & Biases: written to ${join(runFolder, 'wandb')}; wandb sync sends it`,
    });
    const [offline] = (await readdir(join(runFolder, 'wandb'))).filter((name) => name.startsWith('offline-run-'));
    const written = await readFile(join(runFolder, 'wandb', offline!, `run-${offline!.split('-').at(-1)}.wandb`));
    expect(written.includes('validation, moods/macroF1')).toBe(true);
  });
});

describe.skipIf(hasPackage('wandb'))('without the Python package wandb', () => {
  it('a run that asks for it does not begin', async () => {
    await expect(run('model', { wandb: { project: 'taxon' } })).rejects.toMatchObject({
      code: 'failed_precondition',
      message: 'logging.wandb: python3 has no package wandb',
    });
  });
});
