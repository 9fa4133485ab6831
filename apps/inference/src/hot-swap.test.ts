import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createEvent } from '@taxon/events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventsOf, labelsOf, model, openWorkshop, serve, versionIn, type Served, type Workshop } from './test-loop.ts';

// Runs the classifier's worker as users do: `npm test` builds it, or `node tools/build/workers.mjs models`.

let workshop: Workshop;
const open: (() => Promise<void>)[] = [];
const serving = async (...given: Parameters<typeof serve> extends [unknown, ...infer Rest] ? Rest : never) => {
  const served = await serve(workshop, ...given);
  open.push(() => served.stop());
  return served;
};
const openBus = async () => {
  const bus = await workshop.openBus();
  open.push(() => bus.close());
  return bus;
};
beforeEach(async () => {
  workshop = await openWorkshop();
  await workshop.add(1, 'serving');
});
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
  await workshop.close();
});

const answering = async (served: Served): Promise<number> => (await served.classify(['my card'])).version;
const shadowOf = async (served: Served): Promise<number> => (await served.models())[0]!.shadowVersion;
/** Of `expect.poll`: limits that only a hang meets. */
const patience = { timeout: 20_000, interval: 10 };
const texts = ['my card was lost', 'what is the rate', 'a', '', 'send money'];

describe('a promotion', { timeout: 60_000 }, () => {
  it('under load swaps versions with no failed call and no answer of two versions', async () => {
    for (const version of [2, 3]) await workshop.add(version);
    const bus = await openBus();
    const served = await serving({ registrySeconds: 3600, sampleRate: 0 }, bus);
    // Loaded, so that each of the swaps to come is one.
    expect(await answering(served)).toBe(1);
    const seen = new Set<number>([1]);
    let [calls, going] = [0, true];
    const check = ({ version, predictions }: Awaited<ReturnType<Served['classify']>>, expected: number): void => {
      expect(predictions).toHaveLength(expected);
      const labels = predictions.flatMap((prediction) => prediction.labels.map(({ label }) => label));
      expect(new Set(labels)).toEqual(new Set(labelsOf(version)));
      expect(predictions[0]!.predictionId).toMatch(new RegExp(`^${model}@${version}/`));
      seen.add(version);
      calls += 1;
    };
    const caller = async (): Promise<void> => {
      while (going) check(await served.classify(texts), texts.length);
    };
    const streamer = async (): Promise<void> => {
      while (going)
        for await (const answer of served.stream(Array.from({ length: 12 }, () => texts))) check(answer, texts.length);
    };
    const load = Promise.all([caller(), caller(), caller(), streamer()]);
    for (const version of [2, 3, 1, 2, 1, 3]) {
      await workshop.point('serving', version);
      const data = { model, version, previousVersion: 0, reason: '', comparisons: [] };
      await bus.publish([createEvent('taxon.model.promoted', data, { source: '/test' })]);
      await expect.poll(() => answering(served), patience).toBe(version);
    }
    going = false;
    await load;
    expect(seen).toEqual(new Set([1, 2, 3]));
    expect(calls).toBeGreaterThan(20);
    expect(await answering(served)).toBe(3);
    const page = await served.metrics();
    expect(page).toContain(`taxon_inference_model_swaps_total{model="${model}"} 6`);
    expect(page).toContain(`taxon_inference_model_version{model="${model}"} 3`);
    await expect.poll(() => served.metrics(), patience).toContain('taxon_inference_models_loaded 1\n');
  });

  it('that no event tells of is seen at the next look at the registry', async () => {
    const served = await serving({ registrySeconds: 0.05 });
    expect(await answering(served)).toBe(1);
    await workshop.add(2, 'serving');
    await expect.poll(() => answering(served), patience).toBe(2);
    expect(await served.models()).toMatchObject([
      { name: model, version: 2, state: 'MODEL_STATE_LOADED', problem: '' },
    ]);
  });

  it('of a version that cannot be loaded keeps the one before, says so, and holds it against collection', async () => {
    const served = await serving({ registrySeconds: 0.05 });
    expect(await answering(served)).toBe(1);
    const broken = join(workshop.root, 'broken');
    await mkdir(broken);
    await writeFile(join(broken, 'config.json'), '{}');
    await workshop.registry.register({ model, folder: broken, lineage: { how: 'imported' } });
    await workshop.point('serving', 2);
    const problem = async () => (await served.models())[0]!.problem;
    await expect.poll(() => problem(), patience).not.toBe('');
    expect(await problem()).toMatch(/^version 2 cannot be loaded: .*config.json/);
    expect(await answering(served)).toBe(1);
    expect(await served.models()).toMatchObject([{ version: 1, state: 'MODEL_STATE_LOADED' }]);
    expect(await served.metrics()).toContain(`taxon_inference_model_loads_total{model="${model}",outcome="failed"} 1`);

    await workshop.add(3);
    const { versions } = await workshop.registry.collect({ keepLast: 1, keepDays: 0 });
    expect(versions.map(({ version }) => version)).not.toContain(1);
    await workshop.point('serving', 3);
    await expect.poll(() => answering(served), patience).toBe(3);
    expect(await problem()).toBe('');
    const collectedThen = async () =>
      (await workshop.registry.collect({ keepLast: 1, keepDays: 0 })).versions.map(({ version }) => version);
    await expect.poll(() => collectedThen(), patience).toContain(1);
  });
});

describe('models of a registry', { timeout: 60_000 }, () => {
  it('are served by name, by alias, and beside folders', async () => {
    await workshop.add(2, 'canary');
    const served = await serving({ models: [`${model}@canary`, `folder=${join(workshop.root, 'v1')}`] });
    expect((await served.models()).map(({ name, version }) => [name, version])).toEqual([
      ['folder', 0],
      [model, 0],
      [`${model}@canary`, 2],
    ]);
    expect(await served.classify(['a'], { model: `${model}@canary` })).toMatchObject({ version: 2 });
    expect(await served.classify(['a'], { model })).toMatchObject({ version: 1 });
    expect(await served.classify(['a'], { model: 'folder' })).toMatchObject({ version: 0 });
    await expect(served.classify(['a'])).rejects.toMatchObject({
      message: `model: missing, and there are several: folder, ${model}, ${model}@canary`,
    });
    await expect(served.classify(['a'], { model: 'intent' })).rejects.toMatchObject({
      code: 'not_found',
      message: `model: 'intent' does not exist; did you mean '${model}'?`,
    });
  });

  it('that are given without a version that serves keep the service from starting', async () => {
    await expect(serve(workshop, { models: [`${model}@canary`] })).rejects.toMatchObject({
      code: 'failed_precondition',
      message: `model: '${model}' has no version with the alias 'canary'`,
    });
    await expect(serve(workshop, { models: ['other'] })).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('a shadow', { timeout: 60_000 }, () => {
  it('answers what is sampled beside the version that serves, unseen, and takes over warm', async () => {
    await workshop.add(2, 'shadow');
    const bus = await openBus();
    const served = await serving({ registrySeconds: 0.05, sampleRate: 1, sampleEmbeddings: true }, bus);
    expect(await answering(served)).toBe(1);
    await expect.poll(() => shadowOf(served), patience).toBe(2);
    const answer = await served.classify(texts, { topK: 1 });
    expect(answer.version).toBe(1);
    const ids = answer.predictions.map(({ predictionId }) => predictionId);
    const ofCall = async () =>
      (await eventsOf(bus, 'taxon.prediction.v1', 'taxon.prediction.made')).filter(({ data }) =>
        ids.includes(data.predictionId),
      );
    await expect.poll(async () => (await ofCall()).length, patience).toBe(2 * texts.length);
    const events = await ofCall();
    const [seen, unseen] = [false, true].map((shadow) =>
      events.filter(({ data }) => data.shadow === shadow).map(({ data }) => data),
    );
    expect(seen!.map(({ predictionId }) => predictionId).sort()).toEqual([...ids].sort());
    expect(unseen!.map(({ predictionId }) => predictionId).sort()).toEqual([...ids].sort());
    for (const { version, answers, text, samplingRate, embedding } of seen!) {
      expect([version, versionIn(answers[0]!.labels[0]!), samplingRate]).toEqual([1, 1, 1]);
      expect(texts).toContain(text);
      expect(embedding).toHaveLength(3);
      expect(embedding.reduce((sum, x) => sum + Math.exp(x), 0)).toBeCloseTo(1, 3);
    }
    for (const { version, answers } of unseen!) expect([version, versionIn(answers[0]!.labels[0]!)]).toEqual([2, 2]);

    await workshop.point('serving', 2);
    await workshop.point('shadow', undefined);
    await expect.poll(() => answering(served), patience).toBe(2);
    await expect.poll(() => shadowOf(served), patience).toBe(0);
    // Loaded once, as the shadow.
    expect(await served.metrics()).toContain(`taxon_inference_model_loads_total{model="${model}",outcome="loaded"} 2`);
  });
});
