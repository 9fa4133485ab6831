import { saveModelFolder } from '@taxon/models';
import { card, temporaryFolder, tinyModel, writeEncoderFolder } from '@taxon/models/testing';
import { TaxonError } from '@taxon/errors';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventsOf, labelsOf, model, openWorkshop, serve, type Served, type Workshop } from './test-loop.ts';

// Runs the classifier's worker as users do: `npm test` builds it, or `node tools/build/workers.mjs models`.

let workshop: Workshop;
const open: (() => Promise<void>)[] = [];
const openBus = async () => {
  const bus = await workshop.openBus();
  open.push(() => bus.close());
  return bus;
};
const serving = async (settings: Record<string, unknown>, events?: Awaited<ReturnType<typeof openBus>>) => {
  const served = await serve(workshop, { sampleRate: 0, ...settings }, events);
  open.push(() => served.stop());
  return served;
};
beforeEach(async () => {
  workshop = await openWorkshop();
  await workshop.add(1, 'serving');
});
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
  await workshop.close();
});

const given = async (bus: Awaited<ReturnType<typeof openBus>>) =>
  (await eventsOf(bus, 'taxon.feedback.v1', 'taxon.feedback.given')).map(({ data }) => data);
const right = (...labels: string[]) => ({ $case: 'right' as const, value: { tasks: [{ labels }] } });
const wrong = { $case: 'wrong' as const, value: true };
const [lost, rate] = labelsOf(1);
const predict = async (served: Served, text: string) => (await served.classify([text])).predictions[0]!;

describe('feedback', { timeout: 60_000 }, () => {
  it('on a prediction carries its text and answer, and survives the bus and the service', async () => {
    const bus = await openBus();
    const served = await serving({}, bus);
    const { predictionId, answer, labels } = await predict(served, 'my card was lost');
    const response = await served.feedback({ predictionId, verdict: right(rate!), from: 'desk 4' });
    expect(response).toEqual({ eventId: expect.any(String), model, version: 1, textKnown: true });
    // Both end at once, as a crash would after the answer.
    for (const close of open.splice(0).reverse()) await close();

    const again = await openBus();
    expect(await given(again)).toEqual([
      {
        ...{ predictionId, model, version: 1, text: 'my card was lost', pair: undefined, from: 'desk 4' },
        answers: [{ task: 'label', labels: answer, probabilities: [labels[0]!.probability] }],
        verdict: { $case: 'right', value: { tasks: [{ task: 'label', labels: [rate] }] } },
      },
    ]);
    // Another instance, which never saw the prediction, and a newer version that serves by now.
    const other = await serving({}, again);
    const later = await other.feedback({ predictionId, verdict: wrong });
    expect(later).toMatchObject({ model, version: 1, textKnown: false });
    const withText = await other.feedback({ predictionId, text: 'my card was lost', verdict: wrong, from: 'x' });
    expect(withText).toMatchObject({ version: 1, textKnown: true });
    expect(await other.metrics()).toContain(`taxon_inference_feedback_total{model="${model}",verdict="wrong"} 2`);
  });

  it('said twice is one event', async () => {
    const bus = await openBus();
    const served = await serving({}, bus);
    const { predictionId } = await predict(served, 'help');
    const [one, two] = [
      await served.feedback({ predictionId, verdict: right(lost!) }),
      await served.feedback({ predictionId, verdict: right(lost!) }),
    ];
    expect(one.eventId).toBe(two.eventId);
    const other = await served.feedback({ predictionId, verdict: right(rate!) });
    expect(other.eventId).not.toBe(one.eventId);
  });

  it('may be about a text that was never answered here', async () => {
    const bus = await openBus();
    const served = await serving({}, bus);
    expect(await served.feedback({ text: 'what is the rate', verdict: right(rate!) })).toMatchObject({
      model,
      version: 0,
      textKnown: true,
    });
    expect(await given(bus)).toMatchObject([{ predictionId: '', text: 'what is the rate', answers: [] }]);
  });

  it('is refused where it is wrong, with the field, the label and the nearest one; nothing is published', async () => {
    const bus = await openBus();
    const served = await serving({}, bus);
    const { predictionId } = await predict(served, 'help');
    const id = predictionId;
    for (const [request, message] of [
      [
        { predictionId: id, verdict: right('v1 rat') },
        `right.tasks[0].labels[0]: "v1 rat" is no label of this model; did you mean '${rate!}'?`,
      ],
      [
        { predictionId: id, verdict: right('zzzzzzzz') },
        `right.tasks[0].labels[0]: "zzzzzzzz" is no label of this model; it has ${[...labelsOf(1)].join(', ')}`,
      ],
      [
        { predictionId: id, verdict: right(lost!, rate!) },
        `right.tasks[0].labels: 2 labels; 'label' has exactly one a text`,
      ],
      [{ predictionId: id, verdict: right() }, `right.tasks[0].labels: 0 labels; 'label' has exactly one a text`],
      [
        {
          predictionId: id,
          verdict: { $case: 'right' as const, value: { tasks: [{ task: 'lable', labels: [lost!] }] } },
        },
        `right.tasks[0].task: "lable" is no task of this model; did you mean 'label'?`,
      ],
      [
        { predictionId: id, verdict: { $case: 'right' as const, value: { tasks: [] } } },
        'right.tasks: empty; name at least one task with its right labels',
      ],
      [{ predictionId: id }, 'verdict: missing; give the right labels, or wrong: true'],
      [
        { predictionId: id, verdict: { $case: 'wrong' as const, value: false } },
        'wrong: false says nothing; give the right labels, or true',
      ],
      [{ verdict: wrong }, 'prediction_id: missing, and no text is given either'],
      [{ text: ' \n', verdict: wrong }, 'text: blank; give the text that was classified, or leave it out'],
      [{ predictionId: '../x', verdict: wrong }, 'prediction_id: "../x" is none that this service gives'],
      [
        { predictionId: id, model: 'other', verdict: wrong },
        `model: 'other' did not make the prediction; '${model}' did`,
      ],
    ] as const) {
      const failure = await served
        .feedback(request as Parameters<Served['feedback']>[0])
        .catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(TaxonError);
      expect(failure).toMatchObject({ code: 'invalid_input', message });
    }
    await expect(served.feedback({ predictionId: 'intent@3/a-0', verdict: wrong })).rejects.toMatchObject({
      code: 'not_found',
      message: "model: 'intent' does not exist; did you mean 'intents'?",
    });
    expect(await given(bus)).toEqual([]);
  });

  it('on what is served under an alias or as a fixed version is of the model itself', async () => {
    await workshop.add(2, 'canary');
    const bus = await openBus();
    const served = await serving({ models: [`${model}@canary`, `${model}@1`] }, bus);
    await workshop.point('serving', 2);
    for (const [name, version] of [
      [`${model}@canary`, 2],
      [`${model}@1`, 1],
    ] as const) {
      const { predictionId, answer } = (await served.classify(['help'], { model: name })).predictions[0]!;
      expect(answer[0]).toMatch(`v${version} `);
      expect(await served.feedback({ predictionId, verdict: wrong })).toMatchObject({ model, version });
    }
    expect((await given(bus)).map((said) => [said.model, said.version, said.text])).toEqual([
      [model, 2, 'help'],
      [model, 1, 'help'],
    ]);
    await expect(serving({ models: [`${model}@9`] })).rejects.toMatchObject({
      message: expect.stringContaining(`version 9 of '${model}' does not exist`),
    });
  });

  it('on a text of a model of pairs needs the second text', async () => {
    const tokenizerFrom = await temporaryFolder();
    await writeEncoderFolder(tokenizerFrom);
    const tiny = tinyModel({ kind: 'dense', pooling: 'mean', normalize: true }, [lost!, rate!]);
    const folder = join(workshop.root, 'pairs');
    await saveModelFolder(folder, { ...tiny, pairs: true, maxLength: 8 }, { tokenizerFrom, card });
    const served = await serving({ models: [`pairs=${folder}`] }, await openBus());
    const say = (pair?: string) => served.feedback({ model: 'pairs', text: 'help', pair, verdict: right(rate!) });
    for (const pair of [undefined, ' '])
      await expect(say(pair)).rejects.toMatchObject({
        code: 'invalid_input',
        message: 'pair: missing; the model reads pairs of texts, so give the second one with the first',
        violations: [{ field: 'pair' }],
      });
    expect(await say('my card')).toMatchObject({ model: 'pairs', textKnown: true });
  });

  it('of a hierarchy must not contradict itself', async () => {
    const tokenizerFrom = await temporaryFolder();
    await writeEncoderFolder(tokenizerFrom);
    const fine = ['lost', 'stolen', 'rate'];
    const tiny = tinyModel({ kind: 'dense', pooling: 'mean', normalize: true }, ['card', 'money', ...fine]);
    const tasks = [
      { name: 'coarse', kind: 'single-label' as const, labels: ['card', 'money'] },
      { name: 'fine', kind: 'single-label' as const, labels: fine },
    ];
    const folder = join(workshop.root, 'levels');
    const space = { tasks, hierarchy: { parents: [0, 0, 1] } };
    await saveModelFolder(folder, { ...tiny, space, maxLength: 8 }, { tokenizerFrom, card });
    const served = await serving({ models: [`levels=${folder}`] }, await openBus());
    const { predictionId } = (await served.classify(['my card'], { model: 'levels' })).predictions[0]!;
    const say = (...labels: [string, string][]) =>
      served.feedback({
        predictionId,
        verdict: { $case: 'right', value: { tasks: labels.map(([task, label]) => ({ task, labels: [label] })) } },
      });
    await expect(say(['coarse', 'money'], ['fine', 'lost'])).rejects.toMatchObject({
      message: "right.tasks: 'lost' belongs to 'card', not to 'money'",
    });
    await expect(say(['fine', 'lost'], ['fine', 'rate'])).rejects.toMatchObject({
      message: 'right.tasks: a task is named twice',
    });
    await expect(say(['', 'lost'])).rejects.toMatchObject({
      message: 'right.tasks[0].task: missing, and the model has several: coarse, fine',
    });
    expect(await say(['fine', 'lost'])).toMatchObject({ model: 'levels', version: 0 });
  });

  it('needs a bus, and is not answered when it could not be kept', async () => {
    const without = await serving({});
    const { predictionId } = await predict(without, 'help');
    await expect(without.feedback({ predictionId, verdict: wrong })).rejects.toMatchObject({
      code: 'failed_precondition',
      message: 'events: there is no event bus; feedback needs one that it is kept on',
    });
    const bus = await openBus();
    const served = await serving({}, bus);
    await bus.close();
    await expect(served.feedback({ text: 'help', verdict: wrong })).rejects.toMatchObject({
      message: 'the event bus is closed',
    });
  });
});

describe('sampled answers', { timeout: 60_000 }, () => {
  it('are published at their rate, without texts where these are not to be kept, and leave the answers alone', async () => {
    const bus = await openBus();
    const served = await serving({ sampleRate: 0.5, sampleTexts: false }, bus);
    const { predictions } = await served.classify(Array.from({ length: 400 }, () => 'my card'));
    expect(predictions).toHaveLength(400);
    await served.stop();
    open.pop();
    const made = await eventsOf(bus, 'taxon.prediction.v1', 'taxon.prediction.made');
    // Five standard deviations are 50.
    expect(Math.abs(made.length - 200)).toBeLessThan(50);
    expect(new Set(made.map(({ id }) => id)).size).toBe(made.length);
    for (const { data } of made)
      expect(data).toMatchObject({ model, version: 1, text: '', samplingRate: 0.5, shadow: false, embedding: [] });
  });

  it('never delay or fail an answer while the bus is away; what has no room is counted', async () => {
    const bus = await openBus();
    const served = await serving({ sampleRate: 1, eventBuffer: 10 }, bus);
    await bus.close();
    for (let call = 0; call < 5; call++)
      expect((await served.classify(Array.from({ length: 6 }, () => 'help'))).predictions).toHaveLength(6);
    expect(await served.metrics()).toContain('taxon_inference_prediction_events_total{outcome="dropped"} 20');
    await served.stop();
    open.pop();
  });
});
