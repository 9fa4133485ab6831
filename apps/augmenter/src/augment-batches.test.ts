import { augmentOptionsSchema, type AugmentedRow, type Row } from '@taxon/augmentation';
import { describe, expect, it } from 'vitest';
import { augmentBatches, type AugmentRows } from './augment-batches.ts';
import { summaryOf } from './testing.ts';

/** Says every text again, as the real one makes new ones: in the order of the rows, as they are asked for. */
const repeatRows: AugmentRows = (rows) => {
  let read = 0;
  const made = async function* (): AsyncGenerator<AugmentedRow> {
    for await (const { id, ...row } of rows) {
      read++;
      yield { ...row, origin: { method: 'repeat', parent: id } };
    }
  };
  return { [Symbol.asyncIterator]: made, summary: () => summaryOf(read), rowsDone: 0 };
};

const rowsOf = (from: number, count: number): Row[] =>
  Array.from({ length: count }, (_, i) => ({ text: `t${from + i}`, labels: [['a']], line: 0, id: String(from + i) }));
const request = { options: augmentOptionsSchema.parse({}), tasks: [{ name: 'label', kind: 'single-label' as const }] };
const augment = augmentBatches(repeatRows);

describe('batches of a stream', () => {
  it('come out in order, in few messages, and the summary last', async () => {
    async function* batches() {
      for (let n = 0; n < 10; n++) yield rowsOf(1000 * n, 1000);
      await Promise.resolve();
    }
    const sizes: number[] = [];
    const parents: string[] = [];
    for await (const made of augment(request, batches())) {
      if ('summary' in made) expect(made.summary.rows).toBe(10_000);
      else {
        sizes.push(made.rows.length);
        parents.push(...made.rows.map(({ origin }) => origin.parent));
      }
    }
    expect(parents).toEqual(Array.from({ length: 10_000 }, (_, i) => String(i)));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(256);
    expect(sizes.length).toBeLessThan(100);
  });

  it('do not wait for more texts than there are', async () => {
    let send: (batch: Row[] | undefined) => void = () => undefined;
    async function* batches() {
      for (;;) {
        const batch = await new Promise<Row[] | undefined>((resolve) => (send = resolve));
        if (batch === undefined) return;
        yield batch;
      }
    }
    const stream = augment(request, batches());
    for (let n = 0; n < 3; n++) {
      const next = stream.next();
      await new Promise(setImmediate);
      send(rowsOf(n, 1));
      expect((await next).value).toMatchObject({ rows: [{ text: `t${n}` }] });
    }
    const last = stream.next();
    await new Promise(setImmediate);
    send(undefined);
    expect((await last).value).toMatchObject({ summary: { rows: 3 } });
  });

  it('release what they read when their reader leaves', async () => {
    let closed = false;
    async function* batches() {
      try {
        for (let n = 0; ; n++) yield rowsOf(n, 1);
      } finally {
        closed = true;
        await Promise.resolve();
      }
    }
    for await (const made of augment(request, batches())) if ('rows' in made) break;
    expect(closed).toBe(true);
  });
});
