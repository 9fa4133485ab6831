import type { FeedTensor, Signature } from '@taxon/compute';
import type { PackedBatch, PackShape } from '@taxon/text';
import type * as tf from '@tensorflow/tfjs-core';
import type { PreparedRun } from './prepare-run.ts';
import type { Recipe } from './recipe.ts';

// The place where what stands above training (distillation) adds a term of its own to the loss: what it compares the model with is fed
// with each batch, beside the targets; what it needs of the model's inside is tapped.

/** What an extra loss sees of a packed batch. S: length, R: rows, M: slots, T = S·R tokens (token (s, r) at s·R + r), N = R·M. */
export interface SeenByLoss {
  /** [N, C] */
  logits: tf.Tensor2D;
  /** [N, H] what the linear layer sees */
  features: tf.Tensor2D;
  /** [R, S] int32: which text of its row a token belongs to, −1 for padding */
  segments: tf.Tensor2D;
  /** What the encoder computes on the way, by the names of `EncoderInputs.tap`. */
  taps: Readonly<Record<string, tf.Tensor>>;
  /** What the term is fed with, by name. */
  fed: Readonly<Record<string, tf.Tensor>>;
}

export interface ExtraLoss {
  /** Plain data that decides the program, beside the model, its objective and the batch's shape: programs are shared by it. */
  readonly structure: unknown;
  /** Factor on the loss of the labels; the term itself is added as it is. */
  readonly labelShare: number;
  /** Names of what it wants to see of the encoder. */
  readonly taps: readonly string[];
  /** What it is fed with. */
  inputs(shape: PackShape): Signature;
  /** The term for every slot, [N]; 0, with a gradient of 0, for those without a text. tfjs operations that can be traced. */
  losses(seen: SeenByLoss): tf.Tensor1D;
  /** What `inputs` names, for a batch of the training texts. */
  feeds(batch: PackedBatch, shape: PackShape): Record<string, FeedTensor>;
}

/** What is added to a run once everything is read and tokenized. */
export interface Extension {
  /** The run, with more texts to learn from where there are any. */
  prepared: PreparedRun;
  extra: ExtraLoss;
  /** What the model folder and the report say that the model was made from, in place of `recipe.encoder`. */
  madeFrom: string;
  /** Told in the model folder's lineage, too. */
  lineage: Readonly<Record<string, string | number | boolean>>;
}

/** What a run's model was made from: the recipe's encoder, unless something else is told. */
export const madeFrom = (run: { recipe: Pick<Recipe, 'encoder'>; extension?: Pick<Extension, 'madeFrom'> }): string =>
  run.extension?.madeFrom ?? run.recipe.encoder;

/** The name under which the program of a step is fed. */
export const extraName = (name: string): string => `extra.${name}`;

/** Keys with the prefix that keeps them apart from a step's own inputs. */
export const asExtra = <Value>(values: Readonly<Record<string, Value>>): Record<string, Value> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [extraName(name), value]));
