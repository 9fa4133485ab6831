import { checkOptions } from './check-options.ts';
import { checkMethods } from './open-methods.ts';
import { augmentOptionsSchema, type AugmentOptions } from './options.ts';

/**
 * Options from outside, those of the methods included.
 * @throws TaxonError `invalid_input` that lists every wrong option with its value and what would be right
 */
export const parseAugmentOptions = (input: unknown, source = 'options'): AugmentOptions => {
  const options = checkOptions(augmentOptionsSchema, input, source);
  checkMethods(options.methods, options);
  return options;
};
