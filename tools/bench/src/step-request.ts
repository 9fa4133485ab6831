import type { Figures } from './benchmark.ts';
import type { StepWork } from './step-work.ts';

export type TaxonPrecision = 'fp32' | 'int8';

/** What `step` asks its child process, as the one argument in JSON. */
export interface StepRequest {
  measure: 'ceiling' | 'step' | 'profile';
  precision: TaxonPrecision;
  /** ONNX Runtime's threads spin while they wait. */
  spin: boolean;
  work: StepWork;
}

/** What comes back on `step`: seconds of each whole step, in order. */
export interface StepTimes {
  times: number[];
}

/** What comes back on `profile`: where a step's time goes, and what it takes until there is a step. */
export interface StepProfile {
  /** Seconds from the functions to a program ready to run: tracing, encoding as ONNX, ONNX Runtime's loading. */
  load: { trace: number; encode: number; session: number };
  /** Milliseconds of a step: the mean over the profiled ones. `adamw`: norm, update, int8 forms. `host`: what is left of the whole. */
  step: {
    total: number;
    native: number;
    adamw: number;
    host: number;
  };
  /** Milliseconds of a step by ONNX operator, largest first. */
  operators: Record<string, number>;
}

export type ProfileFigures = StepProfile & Figures;
