import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { credentials, Server, ServerCredentials, type ServiceError } from '@grpc/grpc-js';
import { childrenThatRun } from '@taxon/app-trainer/testing';
import {
  AugmenterClient,
  AugmentRequest,
  StartAugmentationRequest,
  translatorContract,
  type TranslatorServer,
  type AugmentResponse,
  type GetAugmentationResponse,
  type StartAugmentationResponse,
  type WatchAugmentationResponse,
} from '@taxon/contracts';
import { readDataset } from '@taxon/data';
import { fromGrpcError, hostServices, type Host } from '@taxon/service';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { augmenterService } from './index.ts';

const built = ['augmentation-job', 'augment-stream'].every((name) =>
  existsSync(fileURLToPath(new URL(`../dist/${name}.js`, import.meta.url))),
);

type Event = WatchAugmentationResponse['event'];

/** A call of a client as a promise; errors as the service threw them. */
const ask = <Response>(
  call: (done: (error: ServiceError | null, response: Response) => void) => unknown,
): Promise<Response> =>
  new Promise((resolve, reject) => {
    call((error, response) => {
      if (error === null) resolve(response);
      else reject(fromGrpcError(error));
    });
  });

describe.skipIf(!built)('an augmentation in a process of its own (skipped where the app is not built)', () => {
  let folder = '';
  let host: Host;
  let client: InstanceType<typeof AugmenterClient>;
  let translator: Server;
  /** Languages that the translator was asked for. */
  let asked: string[];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'taxon-augmenter-'));
    const subjects = ['card', 'parcel', 'rate', 'flight'];
    const lines = Array.from({ length: 10_000 }, (_, i) => `where is my ${subjects[i % 4]!} number ${i},${i % 4}\n`);
    await writeFile(join(folder, 'data.csv'), `text,label\n${lines.join('')}`);
    await writeFile(join(folder, 'small.csv'), `text,label\n${lines.slice(0, 40).join('')}`);
    asked = [];
    translator = new Server();
    translator.addService(translatorContract, {
      translate: ({ request }, answer) => {
        const { texts, sourceLanguage, targetLanguage } = request;
        asked.push(`${sourceLanguage}>${targetLanguage}`);
        answer(null, { translations: texts.map((text) => `${text} ${targetLanguage}`) });
      },
    } satisfies TranslatorServer);
    const translatorPort = await new Promise<number>((resolve, reject) => {
      translator.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
        if (error === null) resolve(port);
        else reject(error);
      });
    });
    host = await hostServices([augmenterService], {
      settings: {
        augmenter: {
          ...{ port: 0, metricsPort: 0, logLevel: 'silent' },
          ...{ dataFolder: folder, outputFolder: join(folder, 'out'), modelsFolder: folder },
          translator: `127.0.0.1:${translatorPort}`,
        },
      },
    });
    client = new AugmenterClient(`127.0.0.1:${host.port}`, credentials.createInsecure());
  });
  afterEach(async () => {
    client.close();
    await host.stop();
    translator.forceShutdown();
    await rm(folder, { recursive: true });
  });

  const edits = { methods: [{ name: 'swap' }, { name: 'keyboard' }], policy: { perRow: 2 } };
  const start = async (augmentation: object, resume = false): Promise<string> => {
    const request = StartAugmentationRequest.fromPartial({ augmentation, resume });
    return (await ask<StartAugmentationResponse>((done) => client.startAugmentation(request, done))).augmentationId;
  };
  const get = async (augmentationId: string) =>
    (await ask<GetAugmentationResponse>((done) => client.getAugmentation({ augmentationId }, done))).augmentation!;
  /** Follows a job to its end; `act` is called once texts are being made. */
  const watch = async (augmentationId: string, act: () => void = () => undefined): Promise<Event[]> => {
    const events: Event[] = [];
    let acted = false;
    const stream = client.watchAugmentation({ augmentationId, afterSequence: 0n });
    for await (const { event } of stream as AsyncIterable<WatchAugmentationResponse>) {
      events.push(event);
      if (acted || event?.$case !== 'progress' || event.value.kept === 0n) continue;
      acted = true;
      act();
    }
    return events;
  };
  const output = (name: string) => join(folder, 'out', name);

  it('writes a file that is read again, and tells how far it is', async () => {
    const id = await start({ input: 'small.csv', output: 'sub/more.jsonl', withOriginals: true, options: edits });
    const events = await watch(id);
    expect(events.at(-1)).toMatchObject({
      value: { state: 'JOB_STATE_SUCCEEDED', result: { summary: { rows: 40n, wanted: 80n } } },
    });
    const stages = events.flatMap((event) => (event?.$case === 'progress' ? [event.value.stage] : []));
    expect(stages.at(-1)).toBe('STAGE_AUGMENT');
    const { examples } = await readDataset(output('sub/more.jsonl'));
    const made = examples.filter(({ origin }) => origin !== undefined);
    expect(made).toHaveLength(Number((await get(id)).result!.summary!.kept));
    expect(examples).toHaveLength(40 + made.length);
    const scrape = await (await fetch(`http://127.0.0.1:${host.metricsPort}/metrics`)).text();
    expect(scrape).toContain('taxon_augmenter_texts_total 40');
  });

  it('back-translates by the user’s own TranslatorService', async () => {
    const options = { methods: [{ name: 'back-translation', options: { via: 'de' } }], quality: { attempts: 1 } };
    const id = await start({ input: 'small.csv', output: 'more.jsonl', options });
    expect((await watch(id)).at(-1)).toMatchObject({
      value: { state: 'JOB_STATE_SUCCEEDED', result: { summary: { kept: 40n } } },
    });
    expect(new Set(asked)).toEqual(new Set(['en>de', 'de>en']));
    const { examples } = await readDataset(output('more.jsonl'));
    expect(examples[0]!.text).toBe('where is my card number 0 de en');
  });

  it('cancelled, or killed, leaves no output, and goes on by row to the same bytes', async () => {
    const request = { input: 'data.csv', withOriginals: true, options: edits };
    const whole = await watch(await start({ ...request, output: 'whole.csv' }));
    expect(whole.at(-1)).toMatchObject({ value: { state: 'JOB_STATE_SUCCEEDED' } });
    const again = { ...request, output: 'again.csv' };

    const first = await start(again);
    let asked = 0;
    const cancelled = await watch(first, () => {
      asked = performance.now();
      client.cancelAugmentation({ augmentationId: first }, () => undefined);
    });
    expect(performance.now() - asked).toBeLessThan(2000);
    expect(cancelled.at(-1)).toMatchObject({ value: { state: 'JOB_STATE_CANCELLED' } });
    expect(await get(first)).toMatchObject({ resumable: true });
    const { rows } = JSON.parse(await readFile(output('again.csv.part.json'), 'utf8')) as { rows: number };
    expect(rows).toBeGreaterThan(0);
    expect(rows).toBeLessThan(10_000);

    const second = await start(again, true);
    const killed = await watch(second, () => {
      for (const pid of childrenThatRun('augmentation-job')) process.kill(pid, 'SIGKILL');
    });
    expect(killed.at(-1)).toMatchObject({
      value: {
        state: 'JOB_STATE_FAILED',
        error: { message: expect.stringContaining('the augmentation process ended by SIGKILL') },
      },
    });
    expect(await readdir(join(folder, 'out'))).not.toContain('again.csv');

    const last = (await watch(await start(again, true))).at(-1);
    expect(last).toMatchObject({ value: { state: 'JOB_STATE_SUCCEEDED' } });
    expect(await readFile(output('again.csv'), 'utf8')).toBe(await readFile(output('whole.csv'), 'utf8'));
    expect((await readdir(join(folder, 'out'))).sort()).toEqual(['.jobs', 'again.csv', 'whole.csv']);
  });

  it('is refused, each with what is wrong and what would be right', async () => {
    const given = { input: 'small.csv', output: 'more.csv' };
    const refused: [object, object][] = [
      [
        { ...given, options: { methods: [{ name: 'synonims' }] } },
        {
          code: 'invalid_input',
          message: expect.stringContaining("'synonims' is no method; did you mean 'synonyms'?"),
        },
      ],
      [
        { ...given, options: { language: 'fr' } },
        {
          code: 'invalid_input',
          message: expect.stringContaining('there are: en, zh'),
          violations: [{ field: 'language' }],
        },
      ],
      [
        { ...given, options: { methods: [{ name: 'swap', options: { shar: '0.1' } }] } },
        { code: 'invalid_input', message: expect.stringContaining("did you mean 'share'?") },
      ],
      [
        { ...given, input: 'smal.csv' },
        { code: 'not_found', violations: [{ field: 'input' }] },
      ],
    ];
    for (const [augmentation, error] of refused) await expect(start(augmentation)).rejects.toMatchObject(error);
    // What only reading the file shows ends the job.
    const failed: [object, string][] = [
      [{ ...given, labelColumn: 'lable' }, 'there is no column "lable"; the columns are: "text", "label"'],
      [{ ...given, options: { methods: [{ name: 'contextual' }] } }, 'needs an encoder'],
    ];
    for (const [augmentation, message] of failed)
      expect((await watch(await start(augmentation))).at(-1)).toMatchObject({
        value: { state: 'JOB_STATE_FAILED', error: { message: expect.stringContaining(message) } },
      });
    const nothing = (await watch(await start(given, true))).at(-1);
    expect(nothing).toMatchObject({
      value: { error: { code: 9, message: expect.stringContaining('there is nothing to resume') } },
    });
    expect((await readdir(join(folder, 'out'))).filter((name) => name !== '.jobs')).toEqual([]);
  });

  it('streams, answering a caller that sends one text and waits for it', async () => {
    const call = client.augment();
    const answers = (call as AsyncIterable<AugmentResponse>)[Symbol.asyncIterator]();
    const options = { augmentation: { methods: [{ name: 'swap' }], language: 'en' } };
    call.write(AugmentRequest.fromPartial({ part: { $case: 'options', value: options } }));
    for (const text of ['where is my parcel', 'what is the rate today']) {
      const rows = [{ text, labels: ['a'], id: text }];
      call.write(AugmentRequest.fromPartial({ part: { $case: 'rows', value: { rows } } }));
      const { value } = (await answers.next()) as { value: AugmentResponse };
      expect(value.part).toMatchObject({ $case: 'rows', value: { rows: [{ parent: text, method: 'swap' }] } });
    }
    call.end();
    const { value } = (await answers.next()) as { value: AugmentResponse };
    expect(value.part).toMatchObject({ $case: 'summary', value: { rows: 2n, kept: 2n } });
  });
});
