import { Recipe as RecipeMessage } from '@taxon/contracts';
import { layerMatrices, type LayerMatrix } from '@taxon/models';
import { parseRecipe, type RecipeInput } from '@taxon/training';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromRecipeMessage, toRecipeMessage } from './recipe-message.ts';

const overWire = (message: RecipeMessage): RecipeMessage =>
  RecipeMessage.decode(RecipeMessage.encode(message).finish());
const minimal = { data: { train: 'a.csv' }, output: 'out' };

const keysOf = (value: object, path = ''): string[] =>
  Object.entries(value).flatMap(([key, inner]: [string, unknown]) =>
    inner === undefined
      ? []
      : typeof inner === 'object' && inner !== null
        ? keysOf(inner, `${path}${key}.`)
        : [path + key],
  );

/** Something other than the default for most options. */
const recipes: fc.Arbitrary<RecipeInput> = fc.record({
  data: fc.record({
    train: fc.constant('train.csv'),
    validation: fc.option(fc.constant('v.csv'), { nil: undefined }),
    test: fc.option(fc.constant('t.csv'), { nil: undefined }),
    format: fc.option(fc.constantFrom('csv', 'tsv', 'jsonl', 'json'), { nil: undefined }),
    textColumn: fc.constant('question'),
    labelColumn: fc.constant('intent'),
    pairColumn: fc.option(fc.constant('answer'), { nil: undefined }),
    split: fc.record({ train: fc.constant(0.5), validation: fc.constant(0), test: fc.constant(0.5) }),
    tasks: fc.option(
      fc.array(
        fc.record({
          column: fc.constantFrom('topic', 'mood'),
          name: fc.option(fc.constant('n'), { nil: undefined }),
          kind: fc.constantFrom('auto', 'single-label', 'multi-label'),
          weight: fc.constantFrom(0.5, 1),
        }),
        { minLength: 1, maxLength: 3 },
      ),
      { nil: undefined },
    ),
    labelSeparator: fc.option(fc.constant('|'), { nil: undefined }),
    sourceColumn: fc.option(fc.constant('source'), { nil: undefined }),
    crossSource: fc.boolean(),
    labelNames: fc.oneof(
      fc.boolean(),
      fc.constant<Record<string, string[]>>({ refund_request: [], greeting: ['hello there', 'a greeting'] }),
    ),
  }),
  task: fc.constantFrom('auto', 'single-label', 'multi-label'),
  hierarchy: fc.option(
    fc.record({
      groups: fc.integer({ min: 2, max: 1000 }),
      training: fc.constantFrom('joint', 'chain'),
      fineWeight: fc.constantFrom(0.5, 1),
      decoding: fc.constantFrom('joint', 'greedy'),
    }),
    { nil: undefined },
  ),
  loss: fc.record({
    kind: fc.constantFrom('cross-entropy', 'focal', 'ghm', 'asymmetric'),
    classWeights: fc.constantFrom('none', 'inverse', 'square-root', 'effective-number'),
    labelSmoothing: fc.constantFrom(0, 0.1),
    rDrop: fc.constantFrom(0, 1),
  }),
  balance: fc.record({
    strategy: fc.constantFrom('none', 'oversample', 'undersample', 'square-root'),
    most: fc.nat(100),
    within: fc.constantFrom('all', 'coarse'),
  }),
  adversarial: fc.record({
    kind: fc.constantFrom('none', 'fgm', 'pgd', 'awp'),
    steps: fc.integer({ min: 1, max: 20 }),
  }),
  averaging: fc.record({ kind: fc.constantFrom('none', 'ema', 'swa'), start: fc.constantFrom(0, 0.5) }),
  thresholds: fc.constantFrom('tuned', 'global', 'half'),
  calibrate: fc.boolean(),
  abstain: fc.record({ coverage: fc.constantFrom(0.9, 1) }),
  encoder: fc.constant('other'),
  output: fc.constant('out'),
  maxLength: fc.integer({ min: 4, max: 8192 }),
  head: fc.record({
    kind: fc.constantFrom('auto', 'dense', 'pooler', 'prompt'),
    pooling: fc.constantFrom('auto', 'mean', 'cls'),
    normalize: fc.constantFrom<('auto' | boolean)[]>('auto', true, false),
    start: fc.constantFrom('auto', 'solved', 'names', 'random'),
    l2: fc.double({ min: 0, max: 1, noNaN: true }),
    iterations: fc.integer({ min: 1, max: 10_000 }),
    prompt: fc.option(
      fc.constant({ template: '{mask}: {text}', words: { bad: ['terrible', 'bad'], good: ['great'] } }),
      { nil: undefined },
    ),
  }),
  adaptation: fc.record({
    texts: fc.constantFrom<string[][]>([], ['a.txt', 'b.csv']),
    epochs: fc.double({ min: 0, max: 1000, noNaN: true }),
    maskedShare: fc.constantFrom(0.15, 0.5),
  }),
  optimizer: fc.record({
    epochs: fc.double({ min: 0, max: 1000, noNaN: true }),
    learningRate: fc.constantFrom<('auto' | number)[]>('auto', 1e-3),
    schedule: fc.constantFrom('linear', 'cosine', 'constant'),
    dropout: fc.double({ min: 0, max: 0.9, noNaN: true }),
    tokensPerStep: fc.integer({ min: 64, max: 65_536 }),
    keep: fc.constantFrom<('auto' | number)[]>('auto', 0.5, 1),
    recompute: fc.boolean(),
    freeze: fc.nat(12),
    lora: fc.record({
      rank: fc.nat(64),
      alpha: fc.constantFrom(8, 32),
      targets: fc.constantFrom<LayerMatrix[][]>(['query', 'value'], ['up'], [...layerMatrices]),
      biases: fc.boolean(),
    }),
  }),
  metric: fc.constantFrom('auto', 'accuracy', 'macroF1', 'microF1', 'weightedF1', 'loss'),
  patience: fc.nat(100),
  folds: fc.constantFrom(0, 5),
  bagging: fc.constantFrom(0, 10),
  ensemble: fc.constantFrom('refit', 'soup', 'vote'),
  search: fc.record({
    trials: fc.nat(1000),
    options: fc.constantFrom<NonNullable<NonNullable<RecipeInput['search']>['options']>[]>(
      { 'optimizer.epochs': [1, 2.5], 'loss.kind': ['focal', 'ghm'], 'optimizer.recompute': [true, false] },
      { 'optimizer.learningRate': { low: 1e-5, high: 1e-3, log: true }, 'optimizer.dropout': { low: 0, high: 0.5 } },
    ),
    pruner: fc.constantFrom('median', 'halving', 'none'),
    seed: fc.nat(100),
  }),
  logging: fc.record({
    epochLogits: fc.constantFrom<('auto' | boolean)[]>('auto', true, false),
    tensorboard: fc.boolean(),
    tensorboardFolder: fc.option(fc.constant('t'), { nil: undefined }),
    wandb: fc.option(fc.record({ project: fc.constant('p'), mode: fc.constantFrom('online', 'offline') }), {
      nil: undefined,
    }),
  }),
  seed: fc.nat(2 ** 31 - 1),
  precision: fc.constantFrom('auto', 'fp32', 'int8', 'fp16'),
  device: fc.constantFrom('auto', 'cpu', 'cuda', 'webgpu', 'tensorflow', 'tensorflow-gpu', 'wasm'),
  checkpoint: fc.record({ minutes: fc.constantFrom(0, 0.5), updates: fc.nat(100) }),
  spin: fc.constantFrom<('auto' | boolean)[]>('auto', true, false),
});

describe('recipe messages', () => {
  it('hold every option of the recipe: a new one must be added to the contract', () => {
    const full = parseRecipe({
      ...minimal,
      data: {
        ...{ train: 'a', validation: 'b', test: 'c', format: 'csv' },
        ...{ tasks: [{ column: 'a', name: 'b' }], labelSeparator: '|', sourceColumn: 's', pairColumn: 'p' },
      },
      hierarchy: { map: 'm' },
      optimizer: { keep: 0.5 },
      head: { kind: 'prompt', prompt: {} },
      abstain: { outOfScope: 'o' },
      logging: { tensorboardFolder: 't', wandb: { project: 'p', entity: 'e', name: 'n' } },
    });
    const message = toRecipeMessage(full);
    // A list of choices is a message of its own, and what is a switch or a mapping in the recipe.
    const keys = keysOf(message).map((key) =>
      key.replace(/\.values\.(\d+)$/, '.$1').replace('labelNames.own', 'labelNames'),
    );
    expect(keys.sort()).toEqual(keysOf(full).sort());
    for (const [key, value] of Object.entries(RecipeMessage.toJSON(overWire(message)) as object))
      expect(value, key).not.toBe('UNRECOGNIZED');
  });

  it('carry any recipe there and back', () => {
    fc.assert(
      fc.property(recipes, (input) => {
        fc.pre(input.head?.start !== 'names' || input.data.labelNames !== false);
        const recipe = parseRecipe(input);
        expect(parseRecipe(fromRecipeMessage(overWire(toRecipeMessage(recipe))))).toEqual(recipe);
      }),
    );
  });

  it("take the recipe's defaults for what is absent", () => {
    const message = overWire(
      RecipeMessage.fromPartial({ data: { train: 'a.csv' }, output: 'out', head: {}, optimizer: {} }),
    );
    expect(parseRecipe(fromRecipeMessage(message))).toEqual(parseRecipe(minimal));
  });

  it('may hold names of labels in place of a file', () => {
    const labels = [{ label: 'refund' }, { label: 'greeting', texts: ['hello there'] }];
    const message = overWire(RecipeMessage.fromPartial({ data: { labelNames: { labels } }, output: 'out' }));
    expect(parseRecipe(fromRecipeMessage(message)).data).toMatchObject({
      train: undefined,
      labelNames: { refund: [], greeting: ['hello there'] },
    });
  });

  it('tell zero from absent', () => {
    const message = overWire(RecipeMessage.fromPartial({ ...minimal, patience: 0, optimizer: { epochs: 0 } }));
    expect(parseRecipe(fromRecipeMessage(message))).toMatchObject({ patience: 0, optimizer: { epochs: 0 } });
  });

  it('are refused as recipes are, with field, value and what would be right', () => {
    const parse = (message: Parameters<typeof RecipeMessage.fromPartial>[0]) => () =>
      parseRecipe(fromRecipeMessage(overWire(RecipeMessage.fromPartial(message))));
    expect(() => parseRecipe(fromRecipeMessage(undefined))).toThrow(/data: .*missing/);
    expect(parse({ output: 'out' })).toThrow(/data: .*missing/);
    expect(parse({ data: {}, output: 'out' })).toThrow(/data\.train: .*missing/);
    expect(parse({ ...minimal, output: '' })).toThrow(/output: .*missing/);
    expect(parse({ ...minimal, optimizer: { learningRate: 7 } })).toThrow(/optimizer\.learningRate: .*got 7/);
  });
});
