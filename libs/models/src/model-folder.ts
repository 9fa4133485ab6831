import type { LabelSpace } from '@taxon/data';
import type { DecisionRule } from './decision.ts';
import type { EncoderConfig } from './encoder-config.ts';
import type { HeadConfig } from './head.ts';
import type { Prompt } from './prompt.ts';
import type { TaxonJson } from './taxon-json.ts';
import type { Weights } from './weights.ts';

/** What a model folder says about itself, without its numbers. */
export interface ModelDescription {
  /** As it was asked for. */
  folder: string;
  /** Where `config.json`, the tokenizer and `model.safetensors` lie: the folder itself, or its `0_Transformer`. */
  encoderFolder: string;
  encoder: EncoderConfig;
  /** As the folder's modules say; `cls` for a pooler head, `mean` where nothing is said. */
  pooling: 'mean' | 'cls';
  /** The folder's modules L2-normalise the pooled features. */
  normalize: boolean;
  /** Absent: a plain encoder. */
  head?: HeadConfig;
  /** What it answers: the labels of each task, in the order of the logits; present whenever `head` is. */
  space?: LabelSpace;
  /** How its logits become answers; present whenever `head` is. */
  rule?: DecisionRule;
  /** Longest text in tokens, special tokens included; longer ones are cut. */
  maxLength: number;
  padId: number;
  /** Whether the model was made for sentence pairs; undefined where the folder does not say it. */
  pairs?: boolean;
  /** How a model with a prompt head asks. */
  prompt?: Prompt;
  /** What its numbers are stored in, where it is not fp32. */
  precision?: 'float16' | 'int8';
  /** Where a folder of ours comes from: encoder, recipe, data. Free of form. */
  lineage?: TaxonJson['lineage'];
}

/** A model with its numbers. */
export interface ModelFolder extends ModelDescription {
  /** Of the encoder and, where there is one, of the head. A plain encoder's pooler is kept where the folder has it. */
  weights: Weights;
}

/** What is saved. A `ModelFolder` that has a head is one. */
export interface SavableModel {
  encoder: EncoderConfig;
  head: HeadConfig;
  weights: Weights;
  /** The labels of each task, in the order of the logits. */
  space: LabelSpace;
  /** @default labels from probability 0.5 on, the best of a single-label task always */
  rule?: DecisionRule;
  /** Longest text in tokens, special tokens included. */
  maxLength: number;
  /** Made for sentence pairs. @default false */
  pairs?: boolean;
  /** Of a prompt head. */
  prompt?: Prompt;
}
