import { fork } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRandom } from '@taxon/data';
import { entryUrl, type JobMessage, type JobRequest } from '@taxon/entries';
import { writeEncoderFolder } from '@taxon/models/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkpointFolder, generationSteps } from './checkpoint.ts';
import type { TrainingRequest } from './job.ts';
import { parseRecipe } from './parse-recipe.ts';
import type { TrainingEvent, TrainingResult } from './progress.ts';
import type { Recipe } from './recipe.ts';

const kills = 20;
/** Printed on failure, by the names of what it decides; set it to see the same moments again. */
const seed = Number(process.env.KILL_SEED ?? Date.now() % 100_000);

interface Ending {
  how: 'finished' | 'killed';
  milliseconds: number;
  /** Digest of the state after the last update. */
  digest: string | undefined;
}

/** A job's process, killed without warning after `deadline` milliseconds unless it has ended before. */
const runJob = (recipe: Recipe, resume: boolean, deadline = Infinity): Promise<Ending> =>
  new Promise((resolve, reject) => {
    const started = performance.now();
    const child = fork(fileURLToPath(entryUrl('training-job', import.meta.url)), {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    let digest: string | undefined;
    let finished = false;
    const timer = Number.isFinite(deadline) ? setTimeout(() => child.kill('SIGKILL'), deadline) : undefined;
    child.on('message', (message: JobMessage<TrainingEvent, TrainingResult>) => {
      if (message.kind === 'event' && message.event.kind === 'checkpoint') digest = message.event.digest;
      else if (message.kind === 'result') finished = true;
      else if (message.kind === 'error') reject(new Error(message.error.message));
    });
    child.on('exit', () => {
      clearTimeout(timer);
      resolve({ how: finished ? 'finished' : 'killed', milliseconds: performance.now() - started, digest });
    });
    child.send({ kind: 'start', request: { recipe, resume } } satisfies JobRequest<TrainingRequest>);
  });

describe('a training run that is killed again and again', () => {
  let folder = '';
  let recipeTo: (output: string, updates: number) => Recipe;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'taxon-kill-'));
    await writeEncoderFolder(join(folder, 'encoder'));
    const rows = Array.from({ length: 120 }, (_, i) => {
      const [text, label] = [
        ['my card was lost', 'lost'],
        ['the rate of today', 'rate'],
        ['please close my account', 'close'],
      ][i % 3] as [string, string];
      return `"${text} ${'abcdefghij'[i % 10]!}${i}",${label}`;
    });
    await writeFile(join(folder, 'data.csv'), ['text,label', ...rows].join('\n'));
    recipeTo = (output, updates) =>
      parseRecipe({
        data: { train: join(folder, 'data.csv') },
        encoder: join(folder, 'encoder'),
        output: join(folder, output),
        threads: 1,
        patience: 0,
        evaluationsPerEpoch: 2,
        checkpoint: { updates },
        optimizer: { epochs: 10, learningRate: 3e-3, tokensPerStep: 64, dropout: 0.1, keep: 0.7 },
      });
  });
  afterAll(() => rm(folder, { recursive: true }));

  it(`ends with the state and the model of an undisturbed run after ${kills} kills (seed ${seed})`, async () => {
    const random = createRandom(seed);
    const modelOf = async (output: string): Promise<string> =>
      (await readFile(join(folder, output, 'model.safetensors'))).toString('base64');
    const straight = await runJob(recipeTo('straight', 0), false);
    expect(straight.how).toBe('finished');
    expect(straight.digest).toMatch(/^[0-9a-f]{64}$/);
    let done = 0;
    let resumed = 0;
    for (let run = 0; done < kills; run++) {
      const output = `run-${run}`;
      const recipe = recipeTo(output, 1 + (run % 3)); // a checkpoint at each update, at every second, at every third
      for (;;) {
        const resume = (await generationSteps(checkpointFolder(recipe.output))).length > 0;
        resumed += resume ? 1 : 0;
        // Half of the time of a whole run: some kills hit the start, some training, some the end.
        const deadline = done < kills ? (0.2 + 0.8 * random()) * straight.milliseconds : Infinity;
        const ending = await runJob(recipe, resume, deadline);
        if (ending.how === 'finished') {
          // A run that was killed between its last checkpoint and its end writes no further one.
          if (ending.digest !== undefined) expect(ending.digest).toBe(straight.digest);
          break;
        }
        done += 1;
      }
      expect(await modelOf(output)).toBe(await modelOf('straight'));
      // Neither a checkpoint nor anything half-written is left beside the model.
      expect(
        (await readdir(folder)).filter((name) => name.startsWith(output) || name.startsWith(`.${output}`)),
      ).toEqual([output]);
    }
    expect(resumed).toBeGreaterThan(kills / 4);
  }, 240_000);
});
