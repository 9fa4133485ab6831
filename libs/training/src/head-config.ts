import { invalidInput } from '@taxon/errors';
import type { HeadConfig, ModelFolder } from '@taxon/models';
import type { Recipe } from './recipe.ts';

/** The head that a recipe asks for on an encoder: what the recipe leaves to `auto`, the encoder's own folder decides. */
export const chooseHead = ({ head }: Recipe, source: ModelFolder, classes: number): HeadConfig => {
  const kind = head.kind === 'auto' ? (source.head?.kind ?? 'dense') : head.kind;
  if (kind === 'dense')
    return {
      kind,
      pooling: head.pooling === 'auto' ? source.pooling : head.pooling,
      normalize: head.normalize === 'auto' ? source.normalize : head.normalize,
      classes,
    };
  // BertForSequenceClassification knows nothing else; another tool would compute other logits from the same folder.
  if (head.pooling === 'mean')
    throw invalidInput(
      "head.pooling is 'mean'; the head kind 'pooler' reads [CLS]",
      "Set head.kind to 'dense', or leave head.pooling to 'auto'.",
    );
  if (head.normalize === true)
    throw invalidInput(
      "head.normalize is true; the head kind 'pooler' has no normalisation",
      "Set head.kind to 'dense', or leave head.normalize to 'auto'.",
    );
  return { kind, pooling: 'cls', normalize: false, classes };
};
