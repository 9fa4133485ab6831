import { constantOf, spelled } from '@taxon/app-trainer/shared';
import { augmentOptionsSchema, type AugmentOptions, type PolicyOptions } from '@taxon/augmentation';
import { AugmentationOptions, LargestOrMedian, RowSelection, type AugmentationPolicy } from '@taxon/contracts';
import { parseOptions } from '@taxon/training';

const selections: Partial<Record<RowSelection, PolicyOptions['rows']>> = {
  [RowSelection.ROW_SELECTION_ALL]: 'all',
  [RowSelection.ROW_SELECTION_HARD]: 'hard',
  [RowSelection.ROW_SELECTION_MISCLASSIFIED]: 'misclassified',
};
const targets: Partial<Record<LargestOrMedian, 'median' | 'largest'>> = {
  [LargestOrMedian.LARGEST_OR_MEDIAN_MEDIAN]: 'median',
  [LargestOrMedian.LARGEST_OR_MEDIAN_LARGEST]: 'largest',
};

/** A value of a method's option, as JSON; what is not JSON stays a text, for the method's own check. */
const fromJson = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
};

const fromPolicy = ({ target, labels, rows, ...policy }: AugmentationPolicy): unknown => ({
  ...policy,
  target: target?.$case === 'targetClass' ? spelled(targets, target.value) : target?.value,
  labels: labels.length === 0 ? undefined : labels,
  rows: spelled(selections, rows),
});

/** @throws TaxonError `invalid_input` that lists every wrong option */
export const fromOptionsMessage = (message: AugmentationOptions | undefined): AugmentOptions => {
  const { methods, policy, ...options } = message ?? AugmentationOptions.fromPartial({});
  const own = methods.map(({ name, weight, options }) => ({
    ...Object.fromEntries(Object.entries(options).map(([key, value]) => [key, fromJson(value)])),
    name,
    weight,
  }));
  return parseAugmentation({
    ...options,
    methods: own.length === 0 ? undefined : own,
    policy: policy && fromPolicy(policy),
  });
};

/** @throws TaxonError `invalid_input` that lists every wrong option */
export const parseAugmentation = (input: unknown): AugmentOptions =>
  parseOptions(augmentOptionsSchema, input, 'augmentation');

const toTarget = (target: PolicyOptions['target']): AugmentationPolicy['target'] => {
  if (target === undefined) return undefined;
  if (typeof target === 'number') return { $case: 'targetCount', value: target };
  const value = constantOf(targets, target, LargestOrMedian.LARGEST_OR_MEDIAN_UNSPECIFIED);
  return { $case: 'targetClass', value };
};

/** Checked options as a message, every option set. */
export const toOptionsMessage = ({ methods, policy, ...options }: AugmentOptions): AugmentationOptions =>
  AugmentationOptions.fromPartial({
    ...options,
    methods: methods.map(({ name, weight, ...own }) => ({
      name,
      weight,
      options: Object.fromEntries(Object.entries(own).map(([key, value]) => [key, JSON.stringify(value)])),
    })),
    policy: {
      ...policy,
      target: toTarget(policy.target),
      rows: constantOf(selections, policy.rows, RowSelection.ROW_SELECTION_UNSPECIFIED),
    },
  });
