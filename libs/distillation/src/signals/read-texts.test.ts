import { appendFile, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { largestDifference, sampleTexts } from '@taxon/models/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openWorkshop, type Workshop } from '../testing.ts';
import { readTexts, type TeacherSignals } from './read-texts.ts';
import { openTeachers, type Teacher } from './teachers.ts';

let shop: Workshop;
let teacher: Teacher;
beforeAll(async () => {
  shop = await openWorkshop();
  [teacher] = (await openTeachers({ teachers: [{ folder: await shop.teacher('teacher'), weight: 1 }] })) as [Teacher];
});
afterAll(() => shop.remove());

const texts = sampleTexts.filter((text) => text !== '');
const wanted = { features: true, taps: ['layer.0', 'layer.1.key'] };

const read = async (own: Teacher = teacher, what = wanted) => {
  const damages: string[] = [];
  const signals = await readTexts(own, texts, what, {
    ...{ session: { threads: 1 }, signal: new AbortController().signal, cacheFolder: shop.path('cache') },
    onProgress: () => undefined,
    onDamage: (damage) => void damages.push(damage),
  });
  return { signals, damages };
};

const all = (signals: TeacherSignals, name: string, rows: number, width: number): Float32Array => {
  const into = new Float32Array(rows * width);
  signals.read(name, 0, rows, into);
  return into;
};

const folders = (): Promise<string[]> => readdir(shop.path('cache/teachers'));

describe('what a teacher makes of texts', () => {
  it('is what the classifier answers, kept, and read again', async () => {
    const first = await read();
    const logits = all(first.signals, 'logits', texts.length, 3);
    expect(largestDifference(logits, await shop.logits(teacher.description.folder, texts))).toBeLessThan(1e-5);
    expect(await folders()).toHaveLength(1);
    const path = join(shop.path('cache/teachers'), (await folders())[0]!, 'logits.f32');
    const { mtimeMs } = await stat(path);
    const second = await read();
    expect(second.damages).toEqual([]);
    expect(all(second.signals, 'logits', texts.length, 3)).toEqual(logits);
    expect((await stat(path)).mtimeMs).toBe(mtimeMs); // nobody wrote it again
    first.signals.close();
    second.signals.close();
  });

  it('is computed anew where the file was damaged, and that is told', async () => {
    const { signals } = await read();
    const keys = all(signals, 'layer.1.key', signals.begins.at(-1)!, 32);
    signals.close();
    const folder = join(shop.path('cache/teachers'), (await folders())[0]!);
    const path = join(folder, 'layer.1.key.f32');
    const bytes = await readFile(path);
    bytes[100]! ^= 1;
    await writeFile(path, bytes);
    const flipped = await read();
    expect(flipped.damages).toEqual([`${path} does not have the SHA-256 of signals.json`]);
    expect(all(flipped.signals, 'layer.1.key', signals.begins.at(-1)!, 32)).toEqual(keys);
    flipped.signals.close();
    await appendFile(path, 'more');
    const longer = await read();
    expect(longer.damages[0]).toContain(`${path} has ${bytes.length + 4} bytes of ${bytes.length}`);
    longer.signals.close();
    await writeFile(join(folder, 'signals.json'), '{');
    const torn = await read();
    expect(torn.damages).toEqual([`${join(folder, 'signals.json')} cannot be read`]);
    torn.signals.close();
  });

  it('is kept by all that it depends on: the teacher, the texts, what is wanted', async () => {
    const other = await openTeachers({ teachers: [{ folder: await shop.teacher('other', { seed: 9 }), weight: 1 }] });
    const before = (await folders()).length;
    (await read(other[0])).signals.close();
    (await read(teacher, { features: false, taps: [] })).signals.close();
    expect(await folders()).toHaveLength(before + 2);
  });
});
