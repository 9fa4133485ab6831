import { constantOf, fromRecipeMessage, spelled, toRecipeMessage } from '@taxon/app-trainer/shared';
import {
  Distillation,
  Ensemble,
  Importance,
  LabelMatching,
  Vocabulary,
  type Student as StudentMessage,
} from '@taxon/contracts';
import { parseDistillation, type DistillationOptions } from '@taxon/distillation';
import { invalidInput } from '@taxon/errors';
import { recipeSchema } from '@taxon/training';
import { importances, labelMatchings, vocabularies } from './spellings.ts';

/** What a recipe has and a distillation has not; and what stands in its place. */
const foreign: Readonly<Record<string, string>> = {
  encoder: 'the student is made of what student.from names',
  adaptation: 'texts without labels are given by unlabelled.texts',
  folds: 'one student is trained',
  bagging: 'one student is trained',
  ensemble: 'one student is trained',
  search: 'one student is trained',
};

const given = (options: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));

const expectNothingForeign = (recipe: Record<string, unknown>): void => {
  const violations = Object.keys(recipe)
    .filter((key) => foreign[key] !== undefined)
    .map((key) => ({ field: `recipe.${key}`, description: `not an option of a distillation: ${foreign[key]!}` }));
  if (violations.length === 0) return;
  const lines = violations.map(({ field, description }) => `${field}: ${description}`);
  throw invalidInput(lines.join('; '), undefined, violations);
};

const fromStudent = ({ layerIndices, layers, ...student }: StudentMessage): unknown => {
  if (layerIndices.length > 0 && layers !== undefined) {
    const description = 'given beside layers; say how many layers, or which';
    const field = 'student.layer_indices';
    throw invalidInput(`${field}: ${description}`, undefined, [{ field, description }]);
  }
  return {
    ...student,
    layers: layerIndices.length > 0 ? layerIndices : layers,
    importance: spelled(importances, student.importance),
    vocabulary: spelled(vocabularies, student.vocabulary),
  };
};

/**
 * The message as options, checked.
 * @throws TaxonError `invalid_input` that lists every wrong option
 */
export const fromDistillationMessage = (message: Distillation | undefined): DistillationOptions => {
  const { recipe, student, labels, ...rest } = message ?? Distillation.fromPartial({});
  const ownRecipe = given(fromRecipeMessage(recipe) as object);
  expectNothingForeign(ownRecipe);
  return parseDistillation({
    ...ownRecipe,
    ...given(rest),
    ...(student && { student: fromStudent(student) }),
    ...given({ labels: spelled(labelMatchings, labels) }),
  });
};

/** Checked options as a message, every option set. */
export const toDistillationMessage = (options: DistillationOptions): Distillation => {
  const { teachers, student, signals, temperature, alpha, unlabelled, labels, generations, ...training } = options;
  const recipe = toRecipeMessage(recipeSchema.parse(training));
  const { layers } = student;
  return Distillation.fromPartial({
    ...{ teachers, signals, temperature, alpha, unlabelled, generations },
    labels: constantOf(labelMatchings, labels, LabelMatching.LABEL_MATCHING_UNSPECIFIED),
    student: {
      ...student,
      ...(Array.isArray(layers) ? { layers: undefined, layerIndices: layers } : { layers }),
      importance: constantOf(importances, student.importance, Importance.IMPORTANCE_UNSPECIFIED),
      vocabulary: constantOf(vocabularies, student.vocabulary, Vocabulary.VOCABULARY_UNSPECIFIED),
    },
    recipe: {
      ...recipe,
      ...{ encoder: undefined, adaptation: undefined, folds: undefined, bagging: undefined, search: undefined },
      ensemble: Ensemble.ENSEMBLE_UNSPECIFIED,
    },
  });
};
