import type { Figures } from '@taxon/evaluation';
import type { CompressionOptions } from './options.ts';

/** A model as it was served on this machine. */
export interface FormMeasured {
  form: 'float32' | CompressionOptions['to'];
  /** On the validation texts, 0..1. */
  figures: Figures;
  /** Of the file of numbers that serving reads, and of the ONNX file for others. */
  bytes: { weights: number; onnx: number };
  /** One text at a time, tokenizing included, milliseconds. */
  latency: { p50: number; p95: number };
  /** Texts a second, all given at once. */
  throughput: number;
}

/** What one matrix costs when it alone is compressed. */
export interface LayerCost {
  /** E.g. `layer.3.down`. */
  name: string;
  /** Mean squared difference of the logits to those of the float model. */
  logitError: number;
  /** Points lost on the validation texts, negative where any were gained. */
  loss: number;
}

export interface CompressionReport {
  from: string;
  options: CompressionOptions;
  texts: { validation: number; calibration: number };
  before: FormMeasured;
  after: FormMeasured;
  /** Points lost. */
  loss: number;
  /** Share of the texts that are answered the same, 0..1. */
  agreement: number;
  /** Matrices that stayed float. */
  keptFloat: string[];
  /** By falling cost; empty where nothing had to be found out. */
  sensitivity: LayerCost[];
}
