import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TrainingEvent } from '@taxon/training';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bin, lastLine, runProgram, toyCsv, writeToyEncoder, type Outcome, type RunOptions } from './testing.ts';

// From a labelled file to a served model, as a person goes: with a toy encoder, so that it takes seconds.
let cwd: string;
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'taxon-journey-'));
  await writeToyEncoder(join(cwd, 'encoder'));
  await writeFile(join(cwd, 'data.csv'), toyCsv(240));
});
afterAll(() => rm(cwd, { recursive: true }));

const taxonWith = (options: Omit<RunOptions, 'cwd'>, ...args: string[]): Promise<Outcome> =>
  runProgram(process.execPath, [bin, ...args], { cwd, ...options });
const taxon = (...args: string[]): Promise<Outcome> => taxonWith({}, ...args);
const train = (...args: string[]): string[] => ['train', 'data.csv', '--encoder', 'encoder', '--threads', '1', ...args];

describe('train, evaluate, predict, serve', () => {
  it('trains, and tells how good the model is and what to do next', async () => {
    const { code, out, err } = await taxon(...train('--out', 'model', '--epochs', '4', '--learning-rate', '3e-3'));
    expect(code, err).toBe(0);
    expect(err).toMatch(/^train: .*steps in/mu);
    expect(out).toMatch(/^test +\d+ +\d+\.\d %/mu);
    expect(out).toMatch(/^report +model\/run\/report\.html$/mu);
    expect(out).toMatch(/taxon predict model/u);
    expect(out + err).not.toContain('\u001b');
  });

  it('scores the model, in one JSON line', async () => {
    const { code, out, err } = await taxon('evaluate', 'model', 'data.csv', '--json');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const scores = JSON.parse(lastLine(out)) as Record<string, unknown>;
    expect(scores).toMatchObject({ n: 240, unseenLabels: [] });
    expect(scores.accuracy).toBeGreaterThan(0.9);
    expect(scores.macroF1).toBeGreaterThan(0.9);
    expect(scores.weightedF1).toBeGreaterThan(0.9);
  });

  it('scores a label that training never saw as an error, and says so', async () => {
    await writeFile(join(cwd, 'new.csv'), 'text,label\nthe cat is here,animal\nmy old dog,plant\n');
    const { code, out, err } = await taxon('evaluate', 'model', 'new.csv', '--report', 'evaluation');
    expect(code).toBe(0);
    expect(err).toContain("warning: a label that the model does not know, scored as errors: 'plant' (1 text)");
    expect(out).toContain('accuracy 0.5000');
    expect(await readFile(join(cwd, 'evaluation', 'report.html'), 'utf8')).toContain('plant');
  });

  it('classifies arguments, piped lines and files alike', async () => {
    const texts = ['the cat is old', 'we like soup'];
    const fromArguments = await taxon('predict', 'model', ...texts, '--json');
    expect(fromArguments).toMatchObject({ code: 0, err: '' });
    const labels = fromArguments.out
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { labels: { label: string }[] }).labels[0]!.label);
    expect(labels).toEqual(['animal', 'food']);

    const piped = await taxonWith({ input: `${texts.join('\n')}\n` }, 'predict', 'model', '-', '--json');
    expect(piped).toMatchObject({ code: 0, err: '' });
    await writeFile(join(cwd, 'texts.txt'), `${texts.join('\n')}\n`);
    const file = await taxon('predict', 'model', '--input', 'texts.txt', '--output', 'answers.jsonl');
    expect(file.out).toBe('2 predictions written to answers.jsonl\n');
    const written = await readFile(join(cwd, 'answers.jsonl'), 'utf8');
    for (const lines of [piped.out, written])
      expect(
        lines
          .trimEnd()
          .split('\n')
          .map((line) => (JSON.parse(line) as { text: string }).text),
      ).toEqual(texts);
  });

  it('shows a person the ranked labels', async () => {
    const { out } = await taxon('predict', 'model', 'the cat is old', '--top', '1');
    expect(out).toMatch(/^the cat is old\n {2}animal +█+.* +\d+\.\d %\n$/u);
  });

  it.each([
    ['serve', ['toy=model'], 'taxon_inference_'],
    ['up', ['--models', 'toy=model', '--encoder', 'encoder'], 'taxon_trainer_'],
  ])('%s serves until it is told to stop', async (command, args, metric) => {
    let probed: Promise<string> | undefined;
    const onOutput: RunOptions['onOutput'] = (child, { err }) => {
      const metrics = /http:\S+\/metrics/u.exec(err)?.[0];
      if (metrics === undefined || probed !== undefined) return;
      probed = fetch(metrics).then((response) => response.text());
      void probed.finally(() => child.kill('SIGTERM'));
    };
    const { code, err } = await taxonWith({ onOutput }, command, ...args, '--port', '0', '--metrics-port', '0');
    expect(code, err).toBe(0);
    expect(await probed).toContain(metric);
  });

  it('names a model that is not there', async () => {
    for (const args of [
      ['predict', 'nowhere', 'text'],
      ['serve', 'nowhere'],
      ['evaluate', 'nowhere', 'data.csv'],
    ]) {
      const { code, err } = await taxon(...args);
      expect(code, args[0]).toBe(2);
      expect(err).toContain('nowhere');
    }
  });
});

describe('Ctrl-C', () => {
  const long = train('--out', 'long', '--epochs', '1000', '--set', 'patience=0', '--set', 'optimizer.tokensPerStep=64');
  const eventsOf = (out: string): TrainingEvent[] => {
    const lines = out.slice(0, out.lastIndexOf('\n')).split('\n');
    return lines.map((line) => JSON.parse(line) as TrainingEvent);
  };
  const firstStep = (out: string): number | undefined => {
    const step = eventsOf(out).find((event) => event.kind === 'progress' && event.stage === 'train');
    return step?.kind === 'progress' ? step.done : undefined;
  };
  /** Presses Ctrl-C once training has begun. */
  const interruptTraining = (...args: string[]): Promise<Outcome> => {
    let pressed = false;
    const onOutput: RunOptions['onOutput'] = (child, { out }) => {
      if (pressed || !out.includes('"stage":"train","done"') || firstStep(out) === undefined) return;
      pressed = child.kill('SIGINT');
    };
    return taxonWith({ onOutput }, ...args);
  };

  it('keeps a checkpoint, says how to go on, and goes on from it', async () => {
    const first = await interruptTraining(...long, '--json');
    expect(first.code).toBe(130);
    const { error } = JSON.parse(lastLine(first.out)) as { error: { code: string; message: string; hint: string } };
    expect(error.code).toBe('cancelled');
    const step = Number(/interrupted at step (\d+); a checkpoint is kept/u.exec(error.message)?.[1]);
    expect(step).toBeGreaterThan(0);
    expect(error.hint).toContain(`taxon ${long.join(' ')} --json --resume`);
    expect(await readdir(cwd)).not.toContain('long');

    const second = await interruptTraining(...long, '--json', '--resume');
    expect(second.code).toBe(130);
    expect(firstStep(second.out)).toBeGreaterThan(step);
  });

  it('refuses to go on with other options', async () => {
    const { code, err } = await taxon(...long, '--seed', '9', '--resume');
    expect(code).toBe(2);
    expect(err).toContain('differs in seed');
  });
});
