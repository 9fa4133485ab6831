/**
 * The closed set of error codes. Each maps to exactly one gRPC status (`libs/service`) and one exit code (`apps/cli`): 2 for
 * what a person can mend, 130 for `cancelled`, 1 for the rest.
 */
export const errorCodes = [
  'invalid_input', // a field, file, line, column or option is wrong; the message names it, its value, and what would be right
  'not_found', // a model, job or file that was named does not exist
  'already_exists', // the target is there and must not be overwritten
  'failed_precondition', // the request is fine, the state of the system is not
  'resource_exhausted', // queue, disk or memory is full; trying again later may help
  'unavailable', // something outside did not answer
  'cancelled', // the caller went away or pressed Ctrl-C
  'deadline_exceeded',
  'unauthenticated',
  'permission_denied',
  'internal', // a bug of ours
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/** One thing that is wrong with the input: where it is, and what would be right. */
export interface Violation {
  /** Field path, option name, or `file:line:column`. */
  field: string;
  description: string;
}

export interface TaxonErrorOptions {
  code: ErrorCode;
  /** What happened, with the names and the values, in one sentence. */
  message: string;
  /** What to do next. Shown on a line of its own. */
  hint?: string;
  violations?: Violation[];
  cause?: unknown;
}

/** The only error class that crosses a library boundary on purpose; anything else is a bug and is reported as `internal`. */
export class TaxonError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly violations: readonly Violation[];

  constructor(options: TaxonErrorOptions) {
    super(options.message, { cause: options.cause });
    this.name = 'TaxonError';
    this.code = options.code;
    this.hint = options.hint;
    this.violations = options.violations ?? [];
  }

  /** Any thrown value as a TaxonError; aborts become `cancelled`, unknown errors `internal`. */
  static from(error: unknown): TaxonError {
    if (error instanceof TaxonError) return error;
    if (error instanceof Error) {
      const code: ErrorCode = error.name === 'AbortError' ? 'cancelled' : 'internal';
      return new TaxonError({ code, message: error.message, cause: error });
    }
    return new TaxonError({ code: 'internal', message: String(error) });
  }
}

/** Shorthand for the commonest case. */
export const invalidInput = (message: string, hint?: string, violations?: Violation[]): TaxonError =>
  new TaxonError({ code: 'invalid_input', message, hint, violations });

/** Errors as plain data, for a worker's or a child process's message, and back again. */
export interface SerializedError {
  code: ErrorCode;
  message: string;
  hint?: string;
  violations?: Violation[];
  stack?: string;
}

export const serializeError = (error: unknown): SerializedError => {
  const { code, message, hint, violations, stack } = TaxonError.from(error);
  return { code, message, hint, violations: [...violations], stack };
};

export const deserializeError = (error: SerializedError): TaxonError => {
  const result = new TaxonError(error);
  if (error.stack !== undefined) result.stack = error.stack;
  return result;
};
