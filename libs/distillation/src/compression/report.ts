import type { Figures } from '@taxon/evaluation';
import type { CompressedForm, CompressionOptions } from './options.ts';

/** A model as it was computed on this machine, without the thread that serves it. */
export interface FormMeasured {
  form: 'float32' | CompressedForm;
  /** On the validation texts, 0..1. */
  figures: Figures;
  /** Of its numbers, as they are stored. */
  bytes: number;
  /** One text at a time, tokenizing included, milliseconds; and all given at once, texts a second. */
  latency: { p50: number; p95: number };
  throughput: number;
}

/** What one part costs when it alone is compressed. */
export interface PartCost {
  /** E.g. `layer.3.down`. */
  name: string;
  /** Mean squared difference of the logits to those of the float model. */
  logitError: number;
  /** Share of texts that are answered otherwise, 0..1. */
  changed: number;
}

export interface CompressionReport {
  options: CompressionOptions;
  texts: { validation: number; calibration: number };
  before: FormMeasured;
  after: FormMeasured;
  /** Points lost on the validation texts, negative where any were gained. */
  loss: number;
  /** Share of the texts whose logits are highest at the same place, 0..1. */
  agreement: number;
  /** Parts that stayed float. */
  keptFloat: string[];
  /** By falling cost; empty where nothing had to be found out. */
  sensitivity: PartCost[];
}
