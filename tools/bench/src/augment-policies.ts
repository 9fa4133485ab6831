import { parseAugmentOptions, type AugmentOptions } from '@taxon/augmentation';
import { invalidInput, nearestName } from '@taxon/errors';

/** What a policy of the benchmark is given. */
interface PolicyContext {
  seed: number;
  /** File of the training part's other texts, without their labels. */
  unlabelled: string;
  /** Model folder of a policy that is taught: trained on the cut alone, as the first policy is. */
  teacher: string;
}

const edits = [{ name: 'insert' }, { name: 'delete' }, { name: 'swap' }];
const words = [{ name: 'synonyms', weight: 3 }, ...edits];
const encoder = 'all-MiniLM-L6-v2';

/** Policies by name: what the options say beside the seed. */
const policies = {
  none: undefined,
  synonyms: () => ({ methods: [{ name: 'synonyms' }], policy: { perRow: 4 } }),
  edits: () => ({ methods: edits, policy: { perRow: 4 } }),
  words: () => ({ methods: words, policy: { perRow: 4 } }),
  // Real texts that are nearer to this class than to any other, up to fifty a class in 5-shot.
  similar: ({ unlabelled }) => ({
    encoder,
    methods: [{ name: 'similar', texts: unlabelled }],
    policy: { perRow: 10 },
    quality: { attempts: 3 },
  }),
  'similar-more': ({ unlabelled }) => ({
    encoder,
    methods: [{ name: 'similar', texts: unlabelled, margin: 0.05 }],
    policy: { perRow: 16 },
    quality: { attempts: 3 },
  }),
  // The same, from texts that are less sure, where a model trained on the cut agrees.
  taught: ({ unlabelled, teacher }) => ({
    encoder,
    methods: [{ name: 'similar', texts: unlabelled, margin: 0 }],
    policy: { perRow: 16 },
    quality: { attempts: 3, model: teacher, confidence: 0.3 },
  }),
  mix: () => ({ methods: [{ name: 'mix' }], policy: { perRow: 4 } }),
  'balanced-synonyms': () => ({ methods: [{ name: 'synonyms' }], policy: { target: 'largest' } }),
  'balanced-words': () => ({ methods: words, policy: { target: 'largest' } }),
  'balanced-similar': ({ unlabelled }) => ({
    encoder,
    methods: [{ name: 'similar', texts: unlabelled }],
    policy: { target: 'largest' },
    quality: { attempts: 3 },
  }),
  'balanced-both': ({ unlabelled }) => ({
    encoder,
    methods: [{ name: 'similar', weight: 9, texts: unlabelled }, ...words],
    policy: { target: 'largest' },
    quality: { attempts: 8 },
  }),
  'median-both': ({ unlabelled }) => ({
    encoder,
    methods: [{ name: 'similar', weight: 9, texts: unlabelled }, ...words],
    policy: { target: 'median' },
    quality: { attempts: 8 },
  }),
  'balanced-taught': ({ unlabelled, teacher }) => ({
    encoder,
    methods: [{ name: 'similar', texts: unlabelled, margin: 0 }],
    policy: { target: 'largest' },
    quality: { attempts: 3, model: teacher, confidence: 0.3 },
  }),
  'median-words': () => ({ methods: words, policy: { target: 'median' } }),
} satisfies Record<string, ((context: PolicyContext) => object) | undefined>;

export type AugmentPolicy = keyof typeof policies;
/** Those that need a teacher. */
export const isTaught = (name: string): boolean => name.endsWith('taught');

export const augmentPolicies = Object.keys(policies) as AugmentPolicy[];

/** The options of a policy; undefined for `none`. @throws TaxonError `invalid_input` for an unknown name */
export const policyOptions = (name: string, context: PolicyContext): AugmentOptions | undefined => {
  if (!Object.hasOwn(policies, name)) {
    const near = nearestName(name, augmentPolicies);
    throw invalidInput(
      `--policies ${name}: must be of ${augmentPolicies.join(', ')}`,
      near === undefined ? undefined : `Did you mean ${near}?`,
    );
  }
  const make: ((context: PolicyContext) => object) | undefined = policies[name as AugmentPolicy];
  return make && parseAugmentOptions({ seed: context.seed, ...make(context) }, name);
};
