import { invalidInput } from '@taxon/errors';

/**
 * The parts that names stand for; `layer.3` is all of that layer.
 * @throws TaxonError `invalid_input` for a name of no part
 */
export const expandParts = (names: readonly string[], parts: readonly string[]): Set<string> =>
  new Set(
    names.flatMap((name) => {
      const found = parts.filter((part) => part === name || part.startsWith(`${name}.`));
      if (found.length === 0)
        throw invalidInput(
          `keepFloat: '${name}' is no part of this model`,
          `Its parts: ${parts.join(', ')}; layer.N stands for all parts of a layer.`,
        );
      return found;
    }),
  );
