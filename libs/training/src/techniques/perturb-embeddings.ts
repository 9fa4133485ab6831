import type { PackedBatch, PackShape } from '@taxon/text';
import { textNorms, tokenSlots } from './packed-texts.ts';

/** A batch, where its texts stand, and which way its loss climbs. */
export interface Perturbed {
  /** [T, H] changed in place. Padding stays as it is. */
  embeddings: Float32Array;
  /** [T, H] of the loss by the embeddings */
  gradient: Float32Array;
  batch: PackedBatch;
  shape: PackShape;
}

/** Moves each text by `distance` along its gradient; a text without a gradient stays. */
const climb = ({ embeddings, gradient, batch, shape }: Perturbed, distance: number): void => {
  const slotOf = tokenSlots(batch, shape);
  const norms = textNorms(gradient, slotOf, shape);
  const hidden = embeddings.length / slotOf.length;
  slotOf.forEach((slot, token) => {
    if (slot < 0 || norms[slot] === 0) return;
    const factor = distance / norms[slot]!;
    for (let i = token * hidden; i < (token + 1) * hidden; i++) embeddings[i]! += factor * gradient[i]!;
  });
};

/**
 * FGM (Miyato et al. 2017): ε·g/‖g‖₂ of each text.
 * @param options `epsilon`: L2 norm of what is added to a text's embeddings
 */
export const perturbFgm = (perturbed: Perturbed, { epsilon }: { epsilon: number }): void => climb(perturbed, epsilon);

export interface PgdOptions {
  /** Radius of the ball around each text's own embeddings. */
  epsilon: number;
  /** L2 norm of one step. */
  alpha: number;
}

export interface Pgd {
  /** One step up, and back to the ball's surface where it has left the ball. */
  step(perturbed: Perturbed): void;
  /** The embeddings before the first step, into `embeddings`. */
  restore(embeddings: Float32Array): void;
}

/**
 * PGD (Madry et al. 2018): several smaller steps within a ball, each along the gradient at where the last one led.
 * @param embeddings [T, H] before the first step; copied
 */
export const createPgd = (embeddings: Float32Array, { epsilon, alpha }: PgdOptions): Pgd => {
  const start = embeddings.slice();
  return {
    step(perturbed) {
      climb(perturbed, alpha);
      const { embeddings: moved, batch, shape } = perturbed;
      const slotOf = tokenSlots(batch, shape);
      const distances = textNorms(
        moved.map((value, i) => value - start[i]!),
        slotOf,
        shape,
      );
      const hidden = moved.length / slotOf.length;
      slotOf.forEach((slot, token) => {
        if (slot < 0 || distances[slot]! <= epsilon) return;
        const factor = epsilon / distances[slot]!;
        for (let i = token * hidden; i < (token + 1) * hidden; i++)
          moved[i] = start[i]! + factor * (moved[i]! - start[i]!);
      });
    },
    restore: (target) => target.set(start),
  };
};
