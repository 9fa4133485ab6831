import type { AugmentOptions } from '@taxon/augmentation';
import { invalidInput, nearestName, type Violation } from '@taxon/errors';
import { confinePath } from '@taxon/jobs';
import type { MethodFacts } from './engine.ts';

const refuse = (violations: readonly Violation[], hint?: string): void => {
  if (violations.length === 0) return;
  const lines = violations.map(({ field, description }) => `${field}: ${description}`);
  throw invalidInput(lines.join('; '), hint, [...violations]);
};

/** @throws TaxonError `invalid_input` for methods that there are not, with the nearest name */
export const expectMethods = ({ methods }: AugmentOptions, known: readonly MethodFacts[]): void => {
  const names = known.map(({ name }) => name);
  refuse(
    methods.flatMap(({ name }, i) => {
      if (names.includes(name)) return [];
      const near = nearestName(name, names);
      const right = near === undefined ? `known: ${names.join(', ')}` : `did you mean '${near}'?`;
      return [{ field: `methods[${i}].name`, description: `'${name}' is no method; ${right}` }];
    }),
  );
};

/** @throws TaxonError `invalid_input` for what a stream, which is read once and by one thread, cannot do */
export const expectStreamed = ({ methods, policy, quality }: AugmentOptions, known: readonly MethodFacts[]): void => {
  const costly = (name: string): boolean => known.some((method) => method.name === name && !method.streamed);
  const needsAll = 'needs all rows before the first is augmented';
  const needsModel = 'needs a model to read every text';
  refuse(
    [
      ...methods.flatMap(({ name }, i) =>
        costly(name) ? [{ field: `methods[${i}].name`, description: `'${name}' is too costly for a stream` }] : [],
      ),
      ...(policy.target === undefined ? [] : [{ field: 'policy.target', description: needsAll }]),
      ...(policy.below === undefined ? [] : [{ field: 'policy.below', description: needsAll }]),
      ...(policy.perLabel === undefined ? [] : [{ field: 'policy.perLabel', description: needsAll }]),
      ...(policy.rows === 'all' ? [] : [{ field: 'policy.rows', description: needsModel }]),
      ...(quality.similarity === 0 ? [] : [{ field: 'quality.similarity', description: needsModel }]),
      ...(quality.model === undefined ? [] : [{ field: 'quality.model', description: needsModel }]),
    ],
    'start an augmentation of a file instead',
  );
};

/** The options with the paths of what they read below `modelsFolder`. */
export const confineOptions = (options: AugmentOptions, modelsFolder: string): AugmentOptions => {
  const confine = (path: string | undefined, field: string): string | undefined =>
    path && confinePath(path, field, { folder: modelsFolder, key: 'modelsFolder', service: 'augmenter' });
  const { policy, quality } = options;
  return {
    ...options,
    policy: {
      ...policy,
      model: confine(policy.model, 'policy.model'),
      predictions: confine(policy.predictions, 'policy.predictions'),
    },
    quality: { ...quality, model: confine(quality.model, 'quality.model') },
  };
};
