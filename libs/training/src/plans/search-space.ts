import { createRandom, type Random } from '@taxon/data';
import { invalidInput } from '@taxon/errors';
import { parseRecipe } from '../parse-recipe.ts';
import type { Recipe } from '../recipe.ts';

type Choices = Recipe['search']['options'][string];
export type TrialOptions = Record<string, number | string | boolean>;

/** What a trial may set: nothing that changes the texts, the labels or the model's shape, which trials share. */
const searchable =
  /^(optimizer|loss|balance|adversarial|averaging|adaptation)\.\w+(\.\w+)*$|^head\.(start|l2|iterations)$/;

/** An option's value by its path. */
const valueAt = (recipe: object, path: string): unknown =>
  path.split('.').reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], recipe);

/** The recipe of a trial, checked as every recipe is. */
export const withOptions = (recipe: Recipe, options: TrialOptions): Recipe => {
  const changed = structuredClone(recipe) as unknown as Record<string, unknown>;
  for (const [path, value] of Object.entries(options)) {
    const keys = path.split('.');
    let at = changed;
    for (const key of keys.slice(0, -1)) at = at[key] as Record<string, unknown>;
    at[keys.at(-1)!] = value;
  }
  return parseRecipe(changed, 'search');
};

/** @throws TaxonError `invalid_input` naming an option that is not for searching, or a value that it cannot have */
export const expectSearchable = (recipe: Recipe): void => {
  for (const [path, choices] of Object.entries(recipe.search.options)) {
    if (!searchable.test(path) || path === 'optimizer.freeze' || path.startsWith('optimizer.lora.'))
      throw invalidInput(
        `search.options: '${path}' is not for searching`,
        'Options of optimizer, loss, balance, adversarial, averaging and adaptation are, and head.start, head.l2 and head.iterations.',
      );
    if (valueAt(recipe, path) === undefined) throw invalidInput(`search.options: there is no option '${path}'`);
    const ends = Array.isArray(choices) ? choices : [choices.low, choices.high];
    for (const value of ends) withOptions(recipe, { [path]: value });
  }
};

const draw = (choices: Choices, random: Random): number | string | boolean => {
  if (Array.isArray(choices)) return choices[Math.floor(random() * choices.length)]!;
  const { low, high, log } = choices;
  const value = log ? low * (high / low) ** random() : low + (high - low) * random();
  return Number(value.toPrecision(3)); // as a person would write it
};

/** Trials by number from 0: the recipe as it stands, then options at random, the same for the same seed. */
export const trialOptions = (recipe: Recipe, trial: number): TrialOptions => {
  const { options, seed } = recipe.search;
  const random = createRandom(seed * 65_537 + trial); // a prime stride: neighbouring seeds share no trial
  return Object.fromEntries(
    Object.entries(options).map(([path, choices]) => [
      path,
      trial === 0 ? (valueAt(recipe, path) as number) : draw(choices, random),
    ]),
  );
};
