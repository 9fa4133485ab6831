export interface SpecResult {
  name: string;
  status: string;
  /** Failed expectations. */
  messages: string[];
  /** Kernels that the spec asked for and the tracer lacks. */
  refused: string[];
  /** How many programs ONNX Runtime ran for it. */
  programs: number;
}

export interface SpecReport {
  results: SpecResult[];
  overallStatus: string;
  /** Errors outside of every spec. */
  errors: string[];
}
