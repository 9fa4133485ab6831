import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RequestState, Verdict } from '@taxon/contracts';
import { createEvent, openEventBus, type EventBus } from '@taxon/events';
import { writeEncoderFolder } from '@taxon/models/testing';
import { openPlace, openRegistry, type Registry } from '@taxon/registry';
import type { Host } from '@taxon/service';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { about, model, openClients, patience, rowsOf, startServices, trainModel } from './test-loop.ts';

// The whole loop: real services in one process, the embedded bus, trainings in their own processes.

let root: string;
let good: string;
let bad: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'taxon-loop-'));
  await writeEncoderFolder(join(root, 'encoder'));
  // Enough to tell drift by.
  const validation = rowsOf(240);
  good = await trainModel(root, 'good', rowsOf(200), validation);
  bad = await trainModel(root, 'bad', rowsOf(200, true), validation);
}, 60_000);
afterAll(() => rm(root, { recursive: true }));

describe('the loop', { timeout: 90_000 }, () => {
  let folder: string;
  let bus: EventBus;
  let registry: Registry;
  let host: Host | undefined;
  beforeEach(async () => {
    folder = await mkdtemp(join(root, 'test-'));
    bus = await openEventBus({ folder: join(folder, 'events') });
    registry = openRegistry(openPlace(join(folder, 'registry')));
    await registry.register({ model, folder: good, lineage: { how: 'trained' } });
    await registry.moveAlias({ model, alias: 'serving', to: 1, by: 'a test' });
  });
  afterEach(async () => {
    await host?.stop();
    await bus.close();
  });

  const start = async (monitor: Record<string, unknown> = {}) => {
    host = await startServices(folder, bus, monitor);
    return openClients(`127.0.0.1:${host.port}`);
  };

  const metricsLines = async (): Promise<string[]> =>
    (await (await fetch(`http://127.0.0.1:${host!.metricsPort}/metrics`)).text()).split('\n');

  it('learns a new class from new rows: asked for, trained, compared, promoted, served, and told in the history', async () => {
    const { classify, addRows, status } = await start({ newRows: 30 });
    expect((await classify(about('close'))).version).toBe(1);
    const rows = Array.from({ length: 60 }, () => ({ text: about('close'), label: 'close' }));
    expect((await addRows(rows)).added).toBe(60);
    expect((await addRows(rows)).known).toBe(60);
    await expect.poll(async () => (await classify(about('close'))).version, patience).toBe(2);
    const answers = await classify(about('close'), about('lost'), about('rate'));
    expect(answers.predictions.map(({ answer }) => answer[0])).toEqual(['close', 'lost', 'rate']);
    const { lastRequest, lastDecision, newRows, heldOutRows } = await status();
    expect(lastRequest).toMatchObject({ state: RequestState.REQUEST_STATE_DECIDED, version: 2 });
    expect(lastRequest!.reason!.text).toMatch(/^\d+ new rows$/);
    expect(lastDecision).toMatchObject({ verdict: Verdict.VERDICT_PROMOTED, version: 2 });
    expect(newRows).toBe(0);
    expect(heldOutRows).toBeGreaterThan(5);
    const history = await registry.history(model);
    expect(
      history.map(
        ({ by, change }) => `${by}: ${change.kind}${change.kind === 'alias' ? ` ${change.alias} ${change.to}` : ''}`,
      ),
    ).toEqual([
      'taxon: registered',
      'a test: alias serving 1',
      'trainer: registered',
      'trainer: alias candidate 2',
      'monitor: alias serving 2',
      'monitor: alias shadow 1',
    ]);
    expect(history.at(-2)!.details).toMatchObject({
      verdict: 'promote',
      comparisons: [{ texts: 'validation', n: 240 }],
    });
    // Looks go on after the promotion.
    await expect.poll(metricsLines, patience).toContain(`taxon_monitor_new_rows{model="${model}"} 0`);
    const lines = await metricsLines();
    for (const line of [
      'taxon_monitor_events_total{type="taxon.training.completed"} 1',
      `taxon_monitor_training_requests_total{model="${model}",trigger="new_rows"} 1`,
      `taxon_monitor_decisions_total{model="${model}",verdict="promote"} 1`,
    ])
      expect(lines).toContain(line);
  });

  it('refuses a candidate that is worse, and goes on serving', async () => {
    const { status, classify } = await start();
    await registry.register({ model, folder: bad, lineage: { how: 'trained' } });
    const told = { model, requestId: 'somebody', trainingId: 't', parentVersion: 1, version: 2, validation: undefined };
    await bus.publish([createEvent('taxon.training.completed', told, { source: '/test' })]);
    await expect.poll(async () => (await status()).lastDecision?.verdict, patience).toBe(Verdict.VERDICT_REFUSED);
    const { lastDecision } = await status();
    expect(lastDecision!.reason).toMatch(/^worse on validation: [\d.]+ % against [\d.]+ % of 240/);
    expect((await classify(about('lost'))).version).toBe(1);
    expect((await registry.history(model)).at(-1)).toMatchObject({
      by: 'monitor',
      change: { kind: 'note', version: 2 },
    });
  });

  it('takes a promoted version back when feedback shows that it is worse', async () => {
    const { promote, classify, feedback, status } = await start();
    for (let i = 0; i < 60; i++) {
      const topic = i % 2 === 0 ? 'lost' : 'rate';
      const { predictions } = await classify(about(topic));
      await feedback(predictions[0]!.predictionId, topic);
    }
    await expect.poll(async () => (await status()).judged, patience).toBe(60);
    const { judgedRight } = await status();
    const accuracy = `taxon_monitor_feedback_accuracy_ratio{model="${model}"} ${judgedRight / 60}`;
    await expect.poll(metricsLines, patience).toContain(accuracy);
    await registry.register({ model, folder: bad, lineage: { how: 'trained' } });
    expect(await promote(2)).toEqual({ version: 2, previousVersion: 1 });
    await expect.poll(async () => (await classify(about('lost'))).version, patience).toBe(2);
    for (let i = 0; i < 60 && (await status()).servingVersion === 2; i++) {
      const topic = i % 2 === 0 ? 'lost' : 'rate';
      const { predictions } = await classify(about(topic));
      await feedback(predictions[0]!.predictionId, topic);
    }
    await expect.poll(async () => (await status()).lastDecision?.verdict, patience).toBe(Verdict.VERDICT_ROLLED_BACK);
    await expect.poll(async () => (await classify(about('lost'))).version, patience).toBe(1);
    expect((await status()).lastDecision!.reason).toMatch(/evidence/);
    expect(await metricsLines()).toContain(`taxon_monitor_decisions_total{model="${model}",verdict="roll_back"} 1`);
  });

  it('tells why a training led to nothing, and gives its rows to the next', async () => {
    const { request, addRows, status } = await start();
    expect((await addRows(rowsOf(40))).added).toBe(40);
    const { newRows } = await status();
    // A version that came from elsewhere says nothing of its data.
    const bare = join(folder, 'bare');
    await cp(good, bare, { recursive: true });
    await rm(join(bare, 'run'), { recursive: true });
    await registry.register({ model, folder: bare, lineage: { how: 'imported' } });
    await registry.moveAlias({ model, alias: 'serving', to: 2, by: 'a test' });
    await request();
    await expect
      .poll(async () => (await status()).lastRequest?.state, patience)
      .toBe(RequestState.REQUEST_STATE_FAILED);
    const failed = await status();
    expect(failed.lastRequest!.problem).toContain('holds no training data (run/data), so it cannot be trained again');
    expect(failed.newRows).toBe(newRows);
    await registry.moveAlias({ model, alias: 'serving', to: 1, by: 'a test' });
    const { requestId } = await request();
    const decided = { requestId, state: RequestState.REQUEST_STATE_DECIDED, version: 3 };
    await expect.poll(async () => (await status()).lastRequest, patience).toMatchObject(decided);
    const { data } = (await (await registry.resolve(`${model}@3`)).manifest()).lineage;
    expect(data!['rows']).toHaveLength(1);
  });

  it('asks for a training when answers drift from those of validation, once', async () => {
    const { classify, status } = await start({ drift: true, driftEvery: 100, coolDownHours: 1 });
    for (let i = 0; i < 12; i++) await classify(...Array.from({ length: 30 }, () => about('lost')));
    await expect
      .poll(async () => (await status()).lastRequest?.reason?.text, patience)
      .toMatch(/^drift over \d+ predictions: labelPsi/);
    const { lastRequest, drift } = await status();
    expect(lastRequest!.reason!.figures['labelPsi']).toBeGreaterThan(lastRequest!.reason!.limits['labelPsi']!);
    expect(drift!.beyond).toContain('labelPsi');
    const told = `taxon_monitor_drift{model="${model}",figure="labelPsi"} ${drift!.figures['labelPsi']!}`;
    await expect.poll(metricsLines, patience).toContain(told);
    const asked = async (): Promise<number> => {
      const types: (string | undefined)[] = [];
      for await (const { headers } of bus.read({ topic: 'taxon.training.v1' })) types.push(headers['ce_type']);
      return types.filter((type) => type === 'taxon.training.requested').length;
    };
    await expect.poll(asked, patience).toBe(1);
  });

  it('refuses rows, models and versions that cannot be, by name', async () => {
    const { addRows, promote, request } = await start();
    await expect(addRows([{ text: ' ', label: 'rate' }])).rejects.toMatchObject({
      code: 'invalid_input',
      message: 'rows[0].text: blank',
    });
    await expect(addRows([])).rejects.toMatchObject({ message: 'rows: empty; at least one is needed' });
    await expect(promote(9)).rejects.toMatchObject({
      code: 'not_found',
      message: `${model}: version 9 does not exist; there is 1`,
    });
    await registry.moveAlias({ model, alias: 'serving', to: undefined, by: 'a test' });
    await expect(request()).rejects.toMatchObject({ code: 'failed_precondition' });
  });
});
