import type { CrossSourceTable } from '@taxon/evaluation';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openWorkshop, topicNames as names, trainedNumbers, type Workshop } from './testing.ts';

let shop: Workshop;
beforeEach(async () => {
  shop = await openWorkshop();
});
afterEach(() => shop.remove());

describe('a table of sources by sources', () => {
  it('shows that what one source teaches does not hold in the other, and that both together do', async () => {
    // The second source calls things by other words: its labels are turned by one.
    const rows = ['first', 'second'].flatMap((source, turn) =>
      Array.from({ length: 120 }, (_, i) => {
        const text = `${turn === 0 ? 'the' : 'open'} ${shop.about(names[(i + turn) % 3]!)}`;
        return { text, label: names[i % 3], source };
      }),
    );
    const data = { train: await shop.write(rows), sourceColumn: 'source', crossSource: true };
    const { events } = await shop.run(shop.recipe({ data, optimizer: { epochs: 12, learningRate: 5e-3, tokensPerStep: 256, keep: 1 } })); // prettier-ignore
    expect(trainedNumbers(events)).toEqual([1, 2, 3]);
    const { tasks } = JSON.parse(await shop.read('model', 'metrics.json')) as {
      tasks: { crossSource: CrossSourceTable }[];
    };
    const { trainSources, validationSources, cells } = tasks[0]!.crossSource;
    expect(trainSources).toEqual(['first', 'second', 'all']);
    expect(validationSources.toSorted()).toEqual(['first', 'second']);
    const accuracy = (train: string, validation: string): number =>
      cells[trainSources.indexOf(train)]![validationSources.indexOf(validation)]!.metrics['accuracy']!;
    for (const [own, other] of [
      ['first', 'second'],
      ['second', 'first'],
    ] as const)
      // prettier-ignore
      expect(accuracy(own, own)).toBeGreaterThan(accuracy(own, other) + 0.5);
    expect(accuracy('all', 'first') + accuracy('all', 'second')).toBeGreaterThan(1.2);
  });

  it('needs two sources', async () => {
    const rows = Array.from({ length: 60 }, (_, i) => ({
      text: shop.about(names[i % 3]!),
      label: names[i % 3],
      source: 'one',
    }));
    const data = { train: await shop.write(rows), sourceColumn: 'source', crossSource: true };
    await expect(shop.run(shop.recipe({ data }))).rejects.toThrow(
      'data.crossSource: the training texts come from 1 source',
    );
  });

  it('takes a source that knows one label alone, and sources that only one of the files has', async () => {
    const rows = (sourceOf: (i: number) => string) =>
      Array.from({ length: 60 }, (_, i) => ({
        ...{ text: shop.about(names[i % 3]!), label: names[i % 3], source: sourceOf(i) },
      }));
    const train = await shop.write(rows((i) => (i < 3 ? 'of training' : i % 3 === 0 ? 'lost alone' : 'others')));
    const validation = await shop.write(
      rows((i) => ['lost alone', 'others', 'of validation'][Math.floor(i / 20)]!),
      'validation.jsonl',
    );
    const data = { train, validation, sourceColumn: 'source', crossSource: true };
    await shop.run(shop.recipe({ data, balance: { strategy: 'oversample' }, loss: { classWeights: 'inverse' } }));
    const { tasks } = JSON.parse(await shop.read('model', 'metrics.json')) as {
      tasks: { crossSource: CrossSourceTable }[];
    };
    const { trainSources, validationSources, cells } = tasks[0]!.crossSource;
    expect(trainSources.toSorted()).toEqual(['all', 'lost alone', 'of training', 'others']);
    expect(validationSources.toSorted()).toEqual(['lost alone', 'of validation', 'others']);
    for (const cell of cells.flat()) expect(cell!.metrics['accuracy']).toBeLessThanOrEqual(1);
  });
});
