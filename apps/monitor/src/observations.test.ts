import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FeedbackGiven } from '@taxon/contracts';
import { createEvent } from '@taxon/events';
import type { Database } from '@taxon/events/database';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createObservations, type Observations } from './observations.ts';
import { createRecords } from './records.ts';
import { openMonitorDatabase } from './schema.ts';

let folder: string;
let database: Database;
let observations: Observations;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'taxon-observations-'));
  database = await openMonitorDatabase(folder);
  observations = createObservations(database, { window: 200, heldOutShare: 0.3 });
});
afterEach(async () => {
  database[Symbol.dispose]();
  await rm(folder, { recursive: true });
});

const start = Date.UTC(2026, 0, 1);
const answer = (label: string) => [{ task: 'label', labels: [label], probabilities: [0.9] }];
const prediction = (id: string, version: number, { at = 0, shadow = false, label = 'a' } = {}) =>
  createEvent(
    'taxon.prediction.made',
    {
      ...{
        predictionId: id,
        model: 'm',
        version,
        text: '',
        answers: answer(label),
        samplingRate: 1,
        embedding: [],
        shadow,
      },
      pair: undefined,
    },
    { source: '/test', time: new Date(start + 1000 * at) },
  );
const feedback = (
  predictionId: string,
  version: number,
  right: string | undefined,
  {
    at = 0,
    id = undefined as string | undefined,
    from = 'me',
    text = '',
    tasks = undefined as Record<string, string> | undefined,
  } = {},
) => {
  const told = Object.entries(tasks ?? { label: right! }).map(([task, label]) => ({ task, labels: [label] }));
  const verdict: FeedbackGiven['verdict'] =
    right === undefined && tasks === undefined
      ? { $case: 'wrong', value: true }
      : { $case: 'right', value: { tasks: told } };
  return createEvent(
    'taxon.feedback.given',
    { predictionId, model: 'm', version, text, pair: undefined, answers: [], verdict, from },
    { source: '/test', time: new Date(start + 1000 * at), ...(id !== undefined && { id }) },
  );
};

describe('predictions', () => {
  it('are counted on when old ones are forgotten, a repeated one once, and a shadow beside does not keep them', async () => {
    for (let i = 0; i < 1500; i++) {
      await observations.addPrediction(prediction(`p${i}`, 1, { at: i }));
      await observations.addPrediction(prediction(`p${i}`, 2, { at: i, shadow: true }));
    }
    await observations.addPrediction(prediction('p1499', 1, { at: 1499 }));
    expect(observations.predictions('m', 1)).toBe(1500);
    expect(observations.predictions('m', 2)).toBe(0);
    const left = database.prepare('SELECT count(*) AS n FROM predictions WHERE version = ?');
    for (const version of [1, 2]) expect((left.get(version) as { n: number }).n).toBeLessThanOrEqual(500);
    expect(observations.window('m', 1).n).toBe(200);
  });
});

describe('feedback', () => {
  it('counts once a prediction and person: the newest word holds, in whatever order it comes', async () => {
    await observations.addPrediction(prediction('p', 1));
    const [first, second] = [
      feedback('p', 1, undefined, { at: 1, id: 'f1' }),
      feedback('p', 1, 'a', { at: 2, id: 'f2' }),
    ];
    for (const event of [first, second, first, second]) await observations.addFeedback(event);
    expect(observations.judged('m', 1)).toEqual({ n: 1, right: 1 });
    await observations.addFeedback(feedback('p', 1, 'b', { at: 3, from: 'another' }));
    expect(observations.judged('m', 1)).toEqual({ n: 2, right: 1 });
  });

  it('is judged once its prediction is known, though that comes later', async () => {
    await observations.addFeedback(feedback('p', 1, 'a'));
    expect(observations.judged('m', 1)).toEqual({ n: 0, right: 0 });
    await observations.judgeLate('m');
    await observations.addPrediction(prediction('p', 1));
    await observations.judgeLate('m');
    expect(observations.judged('m', 1)).toEqual({ n: 1, right: 1 });
  });

  it('on the version before says nothing of the promoted one, though that answered in the shadow', async () => {
    for (let i = 0; i < 30; i++) {
      // 1 serves, 2 is the shadow; then 2 serves, 1 is the shadow.
      await observations.addPrediction(prediction(`old${i}`, 1, { at: 1, label: 'a' }));
      await observations.addPrediction(prediction(`old${i}`, 2, { at: 1, shadow: true, label: 'b' }));
      await observations.addFeedback(feedback(`old${i}`, 1, 'a', { at: 100 }));
      await observations.addPrediction(prediction(`new${i}`, 2, { at: 50, label: 'b' }));
      await observations.addPrediction(prediction(`new${i}`, 1, { at: 50, shadow: true, label: 'a' }));
      await observations.addFeedback(feedback(`new${i}`, 2, 'a', { at: 100 }));
    }
    const since = start + 50_000;
    expect(observations.paired('m', 2, 1, since)).toEqual({ n: 30, both: 0, onlyOne: 0, onlyOther: 30 });
    expect(observations.judged('m', 2, since)).toEqual({ n: 30, right: 0 });
  });
});

describe('rows', () => {
  it('know of each task what was told last, and a blank text is none', async () => {
    const tell = (tasks: Record<string, string>, text = 'the same') =>
      observations.addFeedback(feedback('', 0, undefined, { tasks, text }));
    await tell({ mood: 'good', tag: 'x' });
    await tell({ mood: 'bad' });
    await tell({ mood: 'bad' }, '  ');
    const all = database.prepare('SELECT text, labels FROM rows').all() as { text: string; labels: string }[];
    expect(all).toEqual([{ text: 'the same', labels: '{"mood":["bad"],"tag":["x"]}' }]);
  });

  it('of a request that was never made, as its process died before, are free again', async () => {
    const records = createRecords(database);
    const rows = Array.from({ length: 50 }, (_, i) => ({
      text: `text ${i}`,
      pair: undefined,
      labels: { label: ['a'] },
    }));
    expect(await observations.addRows('m', rows)).toBe(50);
    expect(await observations.addRows('m', rows)).toBe(0);
    const { fresh, heldOut } = observations.rows('m');
    expect(fresh + heldOut).toBe(50);
    expect(heldOut).toBeGreaterThan(3);
    await database.write(() => records.takeRows('m', 'never made'));
    expect(observations.rows('m').fresh).toBe(0);
    await database.write(() => records.freeRows());
    expect(observations.rows('m').fresh).toBe(fresh);
  });
});
