import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readWhole } from './read-whole.ts';
import type { Storage } from './storage.ts';

/** What a registry rests on, asked of every storage. `open` gives an empty one. */
export const describeStorageContract = (name: string, open: () => Promise<Storage>): void => {
  const keysOf = async (storage: Storage, prefix: string): Promise<string[]> => {
    const keys: string[] = [];
    for await (const { key } of storage.list(prefix)) keys.push(key);
    return keys;
  };
  const text = async (storage: Storage, key: string): Promise<string | undefined> =>
    (await readWhole(storage, key))?.toString();

  describe(name, () => {
    it('reads what was written, from bytes and from streams, empty and large', async () => {
      const storage = await open();
      const large = Buffer.alloc(9_000_000, 'taxon ');
      expect(await storage.write('a/small', Buffer.from('1'))).toBe(true);
      await storage.write('a/empty', Buffer.alloc(0));
      await storage.write('a/large', Readable.from([large.subarray(0, 5), large.subarray(5)]), { bytes: large.length });
      expect(await text(storage, 'a/small')).toBe('1');
      expect(await text(storage, 'a/empty')).toBe('');
      expect((await readWhole(storage, 'a/large'))!.equals(large)).toBe(true);
      expect((await storage.stat('a/large'))!.bytes).toBe(large.length);
      await storage.write('a/small', Buffer.from('2'));
      expect(await text(storage, 'a/small')).toBe('2');
      expect(await storage.read('a/none')).toBeUndefined();
      expect(await storage.stat('a/none')).toBeUndefined();
    });

    it('lets one of many writers win where an object is absent', async () => {
      const storage = await open();
      for (let round = 0; round < 5; round++) {
        const writers = Array.from({ length: 8 }, (_, i) =>
          storage.write(`log/${round}`, Buffer.from(`writer ${i}`), { ifAbsent: true }),
        );
        const won = await Promise.all(writers);
        expect(won.filter(Boolean)).toHaveLength(1);
        expect(await text(storage, `log/${round}`)).toBe(`writer ${won.indexOf(true)}`);
        expect(await storage.write(`log/${round}`, Buffer.from('late'), { ifAbsent: true })).toBe(false);
      }
    });

    it('lists in the order of keys, more than a thousand, by any beginning, and forgets what was removed', async () => {
      const storage = await open();
      const keys = Array.from({ length: 1_050 }, (_, i) => `many/${String((i * 11) % 1050).padStart(6, '0')}.json`);
      for (let at = 0; at < keys.length; at += 50)
        await Promise.all(keys.slice(at, at + 50).map((key) => storage.write(key, Buffer.from('x'))));
      for (const key of ['many-more/a', 'many/sub/b', 'zz']) await storage.write(key, Buffer.from('y'));
      expect(await keysOf(storage, 'many/')).toEqual([...keys, 'many/sub/b'].sort());
      expect(await keysOf(storage, 'many/00000')).toEqual(keys.sort().slice(0, 10));
      expect(await keysOf(storage, 'none/')).toEqual([]);
      await storage.remove('many/000003.json');
      await storage.remove('many/000003.json');
      expect(await keysOf(storage, 'many/00000')).toHaveLength(9);
    });

    it('leaves nothing of a stream that fails or is cancelled', async () => {
      const storage = await open();
      // eslint-disable-next-line @typescript-eslint/require-await -- a stream that breaks off
      async function* broken(): AsyncGenerator<Buffer> {
        yield Buffer.from('half');
        throw new Error('broken off');
      }
      await expect(storage.write('half', Readable.from(broken()), { bytes: 100 })).rejects.toThrow();
      const controller = new AbortController();
      controller.abort();
      await expect(storage.write('half', Buffer.from('x'), { signal: controller.signal })).rejects.toThrow();
      expect(await storage.read('half')).toBeUndefined();
      await storage.removeUnfinished('', new Date());
      expect(await keysOf(storage, '')).toEqual([]);
    });

    it('refuses what is no key, whatever it looks like', async () => {
      const storage = await open();
      const wrong = fc.oneof(
        fc.string().filter((key) => !/^[A-Za-z0-9][A-Za-z0-9._=@-]*(\/[A-Za-z0-9][A-Za-z0-9._=@-]*)*$/u.test(key)),
        fc.constantFrom('../a', 'a/../../b', '/etc/passwd', 'a//b', '.hidden', 'a/.b', ''),
      );
      await fc.assert(
        fc.asyncProperty(wrong, async (key) => {
          await expect(storage.write(key, Buffer.from('x'))).rejects.toMatchObject({ code: 'invalid_input' });
        }),
      );
      expect(await keysOf(storage, '')).toEqual([]);
    });
  });
};
