import { createRandom, foldsOf, leaksOf } from '@taxon/data';
import type { PreparedRun } from '../prepare-run.ts';
import type { Recipe } from '../recipe.ts';
import { pickTexts, type Member } from './member.ts';

type Shared = Pick<PreparedRun, 'data' | 'parts'>;

const heldOut = ({ data, parts }: Shared, texts: readonly number[]): Member['heldOut'] => ({
  examples: texts.map((i) => data.train[i]!),
  texts: pickTexts(parts.train, texts),
});

/** Training texts that a member is asked about, in their order. */
export interface AskedMember extends Member {
  asked: number[];
}

/** Texts that people wrote as examples, and those that were made, which members learn from and none is asked about. */
const written = ({ data }: Shared): { texts: number[]; made: number[] } => {
  const all = [...data.train.keys()];
  return {
    texts: all.filter((i) => data.train[i]!.origin === undefined),
    made: all.filter((i) => data.train[i]!.origin !== undefined),
  };
};

/** Those that were made and tell nothing of what a member is asked about. */
const withoutLeaks = ({ data }: Shared, path: string, made: readonly number[], asked: readonly number[]): number[] => {
  const examplesOf = (texts: readonly number[]) => texts.map((i) => data.train[i]!);
  const leaks = new Set(leaksOf(examplesOf(made), [{ path, examples: examplesOf(asked) }]).map(({ index }) => index));
  return made.filter((_, i) => !leaks.has(i));
};

const foldMembers = (shared: Shared, { folds, seed, data: { train: path = '' } }: Recipe): AskedMember[] => {
  const { data } = shared;
  const { texts, made } = written(shared);
  const examples = texts.map((i) => data.train[i]!);
  const foldOf = foldsOf(examples, folds, seed, { hierarchical: data.space.hierarchy !== undefined });
  return Array.from({ length: folds }, (_, fold) => {
    const asked = texts.filter((_, i) => foldOf[i] === fold);
    const train = [...texts.filter((_, i) => foldOf[i] !== fold), ...withoutLeaks(shared, path, made, asked)];
    return { purpose: 'fold', name: `fold-${fold + 1}`, train, asked, heldOut: heldOut(shared, asked) };
  });
};

/** As many texts as there are, drawn with replacement; the others, about a third, are those that the member is asked about. */
const bagMembers = (shared: Shared, { bagging, seed, data: { train: path = '' } }: Recipe): AskedMember[] => {
  const { texts, made } = written(shared);
  return Array.from({ length: bagging }, (_, bag) => {
    const random = createRandom(seed * 65_537 + bag + 1); // a prime stride: neighbouring seeds share no bag
    const train = texts.map(() => texts[Math.floor(random() * texts.length)]!);
    const drawn = new Set(train);
    const asked = texts.filter((i) => !drawn.has(i));
    return {
      purpose: 'bag',
      name: `bag-${bag + 1}`,
      train: [...train, ...withoutLeaks(shared, path, made, asked)],
      asked,
      heldOut: heldOut(shared, asked),
    };
  });
};

/** The members that a recipe asks for: folds, or bags, or none. */
export const membersOf = (shared: Shared, recipe: Recipe): AskedMember[] => {
  if (recipe.folds > 0) return foldMembers(shared, recipe);
  return recipe.bagging > 0 ? bagMembers(shared, recipe) : [];
};
