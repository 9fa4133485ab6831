import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { asked, askedTopic, onAsked, range, readAll, until } from '../contract/setting.ts';
import { createEvent } from '../create-event.ts';
import type { TaxonEvent } from '../event.ts';
import { openEmbeddedBus } from './embedded-bus.ts';

const large = (batch: number, unit: number): TaxonEvent =>
  createEvent(
    'taxon.work.requested',
    { ...asked(1).data, unit: `${batch}-${unit}`, payload: Buffer.alloc(1_000) },
    { source: '/test' },
  );

/** A disk of our own, where we may have one. */
const mountTiny = (folder: string): boolean => {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'none', folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};
const mayMount = ((): boolean => {
  const folder = mkdtempSync(join(tmpdir(), 'taxon-mount-'));
  const mounted = mountTiny(folder);
  if (mounted) execFileSync('umount', [folder]);
  rmSync(folder, { recursive: true });
  return mounted;
})();

describe('the embedded bus on a full disk', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'taxon-full-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Publishes until it is full. @returns calls that succeeded */
  const fill = async (bus: Awaited<ReturnType<typeof openEmbeddedBus>>): Promise<number> => {
    for (let batch = 0; ; batch++)
      try {
        await bus.publish(range(20).map((unit) => large(batch, unit)));
      } catch (error) {
        expect(error).toMatchObject({ code: 'resource_exhausted', message: expect.stringContaining('is full') });
        return batch;
      }
  };

  it('says so and writes nothing half (SQLite’s limit of pages)', async () => {
    await using bus = await openEmbeddedBus(folder, { maxPages: 300 });
    const batches = await fill(bus);
    expect(batches).toBeGreaterThan(10);
    expect(await readAll(bus, { topic: askedTopic })).toHaveLength(20 * batches);
    await bus.close();
    // Room was made.
    await using again = await openEmbeddedBus(folder);
    await again.publish(range(20).map((unit) => large(batches, unit)));
    expect(await readAll(again, { topic: askedTopic })).toHaveLength(20 * batches + 20);
  });

  it.skipIf(!mayMount)('goes on when there is room (needs the right to mount a tmpfs)', async () => {
    const disk = join(folder, 'disk');
    mkdirSync(disk);
    mountTiny(disk);
    try {
      writeFileSync(join(disk, 'ballast'), Buffer.alloc(1_500_000));
      await using bus = await openEmbeddedBus(disk, { lease: 300 });
      const seen = new Set<string>();
      const errors: unknown[] = [];
      let release = (): void => undefined;
      const full = new Promise<void>((resolve) => {
        release = resolve;
      });
      // Handlers wait until the disk is full, so that their progress cannot be written down.
      const handlers = onAsked(async (unit) => {
        await full;
        if (unit === '0-19') throw new Error('dead, if there were room for the letter');
        seen.add(unit);
      });
      const retry = { attempts: 1, firstDelay: 5, longestDelay: 20 };
      bus.subscribe({ group: 'g', handlers, concurrency: 8, retry, onError: (error) => errors.push(error) });
      const batches = await fill(bus);
      // The rest of the room, too.
      for (let kilobytes = 512; kilobytes > 0; kilobytes >>= 1)
        for (let i = 0; i < 20; i++)
          try {
            writeFileSync(join(disk, `fill-${kilobytes}-${i}`), Buffer.alloc(1024 * kilobytes));
          } catch {
            rmSync(join(disk, `fill-${kilobytes}-${i}`));
            break;
          }
      release();
      await until(() => expect(errors).toContainEqual(expect.objectContaining({ code: 'resource_exhausted' })));
      rmSync(join(disk, 'ballast'));
      await until(async () => expect(await bus.lag('g')).toMatchObject([{ events: 0 }]));
      expect(seen.size).toBe(20 * batches - 1);
      expect(await readAll(bus, { topic: `${askedTopic}.dead` })).toHaveLength(1);
      await bus.publish(range(20).map((unit) => large(batches, unit)));
      await until(() => expect(seen.size).toBe(20 * batches + 19));
      expect(await readAll(bus, { topic: askedTopic })).toHaveLength(20 * batches + 20);
      await bus.close();
    } finally {
      execFileSync('umount', ['-l', disk]);
    }
  });
});
