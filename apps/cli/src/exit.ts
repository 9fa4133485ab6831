import { serializeError, TaxonError, type ErrorCode } from '@taxon/errors';
import type { Terminal } from './terminal.ts';

/** What the shell is told. */
export const exitCodes = { ok: 0, failed: 1, invalidInput: 2, interrupted: 130, closedPipe: 141 } as const;

/** 2 where the person can mend what was given or what it needs (a path, a full disk, a network, a port); 1 where Taxon failed. */
const exitCodeByError: Record<ErrorCode, number> = {
  invalid_input: exitCodes.invalidInput,
  not_found: exitCodes.invalidInput,
  already_exists: exitCodes.invalidInput,
  resource_exhausted: exitCodes.invalidInput,
  unavailable: exitCodes.invalidInput,
  permission_denied: exitCodes.invalidInput,
  failed_precondition: exitCodes.invalidInput,
  unauthenticated: exitCodes.invalidInput,
  deadline_exceeded: exitCodes.failed,
  internal: exitCodes.failed,
  cancelled: exitCodes.interrupted,
};

export const exitCodeOf = (error: unknown): number => exitCodeByError[TaxonError.from(error).code];

export interface ErrorStyle {
  /** The error as the last line of standard output, for machines. */
  json?: boolean;
  /** Stack and causes. */
  verbose?: boolean;
}

const shownCauses = 5;

/** The stacks of an error and of what caused it. */
const stacksOf = (error: unknown): string[] => {
  const stacks: string[] = [];
  for (let at = error; at instanceof Error && stacks.length < shownCauses; at = at.cause)
    stacks.push(at.stack ?? at.message);
  return stacks;
};

/** Tells an error once, with what to do next, and returns the exit code. */
export const reportError = (error: unknown, terminal: Terminal, { json, verbose }: ErrorStyle): number => {
  const known = TaxonError.from(error);
  if (json) {
    const { stack, ...plain } = serializeError(known);
    terminal.out(JSON.stringify({ error: verbose ? { ...plain, stack } : plain }));
    return exitCodeOf(error);
  }
  const colors = terminal.errColors;
  const surprise = known.code === 'internal';
  terminal.err(`${colors.red(known.code === 'cancelled' ? 'stopped:' : 'error:')} ${known.message}`);
  if (known.hint !== undefined) terminal.err(known.hint);
  if (verbose) for (const stack of stacksOf(error)) terminal.err(colors.dim(stack));
  else if (surprise) terminal.err('this is a fault of Taxon; --verbose shows where it happened');
  return exitCodeOf(error);
};
