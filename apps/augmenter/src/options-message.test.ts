import { augmentOptionsSchema, type AugmentOptions } from '@taxon/augmentation';
import { AugmentationOptions } from '@taxon/contracts';
import { describe, expect, it } from 'vitest';
import { fromOptionsMessage, toOptionsMessage } from './options-message.ts';

const overWire = (message: AugmentationOptions): AugmentationOptions =>
  AugmentationOptions.decode(AugmentationOptions.encode(message).finish());
const keysOf = (value: unknown): string[] =>
  typeof value !== 'object' || value === null || Array.isArray(value)
    ? []
    : Object.entries(value).flatMap(([key, part]) => (part === undefined ? [] : [key, ...keysOf(part)]));

const full = {
  ...{ seed: -3, language: 'zh', encoder: 'e', threads: 2 },
  methods: [{ name: 'synonyms', weight: 2, share: 0.2, words: ['a', 'b'] }, { name: 'swap' }],
  policy: {
    ...{ perRow: 0, target: 'median', below: 9, labels: ['a'], task: 't', rows: 'hard', margin: 0, model: 'm' },
    ...{ predictions: 'p.jsonl', perLabel: 4, mostPerRow: 1 },
  },
  quality: { unique: false, similarity: 0.5, model: 'q', confidence: 1, attempts: 1 },
};

describe('messages of augmentation', () => {
  it('carry every option there and back, zero told from absent', () => {
    for (const input of [
      {},
      full,
      { policy: { target: 7 } },
      { policy: { target: 'largest', rows: 'misclassified' } },
    ]) {
      const options: AugmentOptions = augmentOptionsSchema.parse(input);
      expect(fromOptionsMessage(overWire(toOptionsMessage(options)))).toEqual(options);
    }
  });

  it('hold every option: a new one must be added to the contract', () => {
    const options = augmentOptionsSchema.parse({ ...full, policy: { ...full.policy, target: 7 } });
    const own = new Set(keysOf(toOptionsMessage(options)));
    expect(keysOf(options).filter((key) => !own.has(key))).toEqual([]);
  });

  it('take the defaults for what is absent', () => {
    expect(fromOptionsMessage(undefined)).toEqual(augmentOptionsSchema.parse({}));
    expect(fromOptionsMessage(AugmentationOptions.fromPartial({ policy: {}, quality: {} }))).toEqual(
      augmentOptionsSchema.parse({}),
    );
  });

  it('leave a method’s option that is no JSON to the method', () => {
    const message = AugmentationOptions.fromPartial({ methods: [{ name: 'm', options: { a: '[1', b: '0.5' } }] });
    expect(fromOptionsMessage(message).methods).toEqual([{ name: 'm', weight: 1, a: '[1', b: 0.5 }]);
  });
});
