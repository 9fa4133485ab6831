import { invalidInput } from '@taxon/errors';
import type { HeadConfig, ModelFolder } from '@taxon/models';
import type { Recipe } from './recipe.ts';

/** The head that a recipe asks for on an encoder: what the recipe leaves to `auto`, the encoder's own folder decides. */
export const chooseHead = ({ head }: Recipe, source: ModelFolder, classes: number): HeadConfig => {
  // What a prompted model asks is its own: another run asks anew, where it is told how.
  const own = source.head?.kind === 'pooler' ? 'pooler' : 'dense';
  const kind = head.kind === 'auto' ? own : head.kind;
  if (kind === 'prompt') {
    if (head.pooling !== 'auto' || head.normalize === true)
      throw invalidInput(
        `head.pooling is '${head.pooling}', head.normalize ${head.normalize}; the head kind 'prompt' reads the mask as it is`,
        'Leave head.pooling and head.normalize to auto.',
      );
    return { kind, pooling: 'mask', normalize: false, classes, layerNormEpsilon: source.encoder.layerNormEpsilon };
  }
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
