import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEvent, type EventBus } from '@taxon/events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeServices, hostServices, type HostOptions } from './index.ts';
import { echoService, freePorts, watchService } from './test-support.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'taxon-host-events-'));
});
afterEach(() => rm(folder, { recursive: true }));

const requested = createEvent(
  'taxon.training.requested',
  { model: 'm', parentVersion: 0, rows: [] },
  {
    source: '/test',
  },
);

/** Two services that tell which bus they were given, and whether it was still open when they were disposed. */
const host = async (options: HostOptions) => {
  const given: (EventBus | undefined)[] = [];
  const disposed: string[] = [];
  const telling = <S extends ReturnType<typeof echoService>>(service: S): S => ({
    ...service,
    start: async (context: Parameters<S['start']>[0]) => {
      const { events } = context;
      given.push(events);
      const running = await service.start(context);
      const dispose = async (): Promise<void> => {
        await events?.publish([requested]).then(
          () => disposed.push('published'),
          () => disposed.push('closed'),
        );
      };
      return { ...running, dispose };
    },
  });
  const noWatch = watchService(async function* () {
    // Ends at once.
  });
  const services = [telling(echoService()), telling(noWatch as never)];
  const settings = { server: { ...freePorts }, ...options.settings };
  return { given, disposed, host: await hostServices(services, { ...options, settings }) };
};

describe('the event bus of a host', () => {
  it('is one for all services, opened before they start and closed after they are disposed', async () => {
    const { given, disposed, host: hosted } = await host({ settings: { events: { folder: join(folder, 'log') } } });
    expect(given).toHaveLength(2);
    expect(given[0]).toBeDefined();
    expect(given[1]).toBe(given[0]);
    await given[0]!.publish([requested]);
    const page = await (await fetch(`http://127.0.0.1:${hosted.metricsPort}/metrics`)).text();
    expect(page).toContain('taxon_events_published_total{topic="taxon.training.v1"} 1');
    await hosted.stop();
    expect(disposed).toEqual(['published', 'published']);
    await expect(given[0]!.publish([requested])).rejects.toMatchObject({ code: 'failed_precondition' });
  });

  it('is none where nothing is configured, or lies below the folder that the hosting code names', async () => {
    const without = await host({});
    expect(without.given).toEqual([undefined, undefined]);
    await without.host.stop();
    const below = await host({ eventsBelow: folder });
    expect(below.given[0]).toBeDefined();
    await below.host.stop();
    expect(await readdir(join(folder, 'events'))).toContain('events.sqlite');
  });

  it('is refused by the name of its key, and nothing is left running', async () => {
    await expect(host({ settings: { events: { url: 'http://x' } } })).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining("events.url is 'http://x'"),
    });
    // `--folder` alone would not say that it is about events.
    await expect(hostServices([echoService()], { argv: ['--folder', 'x'] })).rejects.toMatchObject({
      code: 'invalid_input',
    });
  });

  it('is explained by --help', () => {
    expect(describeServices([echoService()])).toMatch(/--events\.url <string> .*TAXON_EVENTS_URL/);
  });
});
