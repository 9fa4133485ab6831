import type { PackedBatch, PackShape } from '@taxon/text';
import type { Recipe } from './recipe.ts';
import { createPgd, perturbFgm } from './techniques/perturb-embeddings.ts';
import { perturbWords } from './techniques/perturb-words.ts';

export type AdversarialOptions = Recipe['adversarial'];

/** A batch that has been learnt once, and what it takes to learn it again where the model is weak. */
export interface Attacked {
  batch: PackedBatch;
  shape: PackShape;
  /** [T, H] as they were fed; moved in place */
  embeddings: Float32Array;
  /** [T, H] of the loss by the embeddings; `climb` writes it anew */
  gradient: Float32Array;
  /** [vocabulary, H] */
  words: Float32Array;
  /** Reads the embeddings of the batch anew. */
  embed: () => void;
  /** The gradient at where the embeddings stand now, and nothing else. */
  climb: () => Promise<void>;
}

type Attack = (attacked: Attacked, options: AdversarialOptions) => Promise<() => void>;

const nothing = (): void => undefined;

/** Each moves the embeddings against the model; what it returns is called after the second pass. */
const attacks: Record<Exclude<AdversarialOptions['kind'], 'none'>, Attack> = {
  fgm: (attacked, options) => {
    perturbFgm(attacked, options);
    return Promise.resolve(nothing);
  },
  pgd: async (attacked, { steps, ...options }) => {
    const pgd = createPgd(attacked.embeddings, options);
    for (let step = 0; step < steps; step++) {
      if (step > 0) await attacked.climb();
      pgd.step(attacked);
    }
    return nothing;
  },
  awp: (attacked, options) => {
    const restore = perturbWords(attacked, options);
    attacked.embed();
    return Promise.resolve(restore);
  },
};

/** Moves a batch's embeddings against the model. @returns what is to be called after the second pass */
export const attack = (attacked: Attacked, options: AdversarialOptions): Promise<() => void> =>
  options.kind === 'none' ? Promise.resolve(nothing) : attacks[options.kind](attacked, options);
