import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { augmentOptionsSchema, type AugmentedRow, type Row } from '@taxon/augmentation';
import { describe, expect, it } from 'vitest';
import { libraryEngine } from './library-engine.ts';

const entry = fileURLToPath(new URL('../dist/augment-stream.js', import.meta.url));

describe.skipIf(!existsSync(entry))('a stream of the library (skipped where the app is not built)', () => {
  const tasks = [{ name: 'label', kind: 'single-label' as const }];
  const never = new AbortController().signal;
  async function* batches(): AsyncGenerator<Row[]> {
    for (let n = 0; n < 5; n++) {
      const texts = ['the big house is near the old church', 'please send me the money today'];
      yield texts.map((text, i) => ({ text, labels: [[`l${i}`]], line: 0, id: `${n}/${i}` }));
    }
    await Promise.resolve();
  }
  const run = async (options: object) => {
    const rows: AugmentedRow[] = [];
    let kept = 0;
    const request = { options: augmentOptionsSchema.parse(options), tasks };
    for await (const made of libraryEngine.stream(request, batches(), { signal: never }))
      if ('rows' in made) rows.push(...made.rows);
      else kept = made.summary.kept;
    return { rows, kept };
  };

  it('makes the same texts of the same seed, each with its method, parent and labels', async () => {
    const options = { seed: 3, methods: [{ name: 'synonyms' }, { name: 'swap' }] };
    const { rows, kept } = await run(options);
    expect(kept).toBe(rows.length);
    expect(rows.length).toBeGreaterThan(3);
    for (const { origin, labels } of rows) {
      expect(['synonyms', 'swap']).toContain(origin.method);
      expect(labels).toEqual([[`l${origin.parent.split('/')[1]!}`]]);
    }
    expect((await run(options)).rows).toEqual(rows);
  });

  it('says for which language there is no lexicon', async () => {
    await expect(run({ language: 'sw', methods: [{ name: 'synonyms' }] })).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining('sw'),
    });
  });
});
