import { isatty, type WriteStream } from 'node:tty';
import pc from 'picocolors';

export type Colors = ReturnType<typeof pc.createColors>;

/** Where a command writes: results to standard output, everything about the work to standard error. */
export interface Terminal {
  /** A result, with a line end added. */
  out(line: string): void;
  /** Progress, notes and errors, with a line end added. */
  err(line: string): void;
  /** For standard output; no-ops when it is piped, or NO_COLOR is set. */
  readonly outColors: Colors;
  /** The same for standard error. */
  readonly errColors: Colors;
  /** Standard error is a terminal: bars may be redrawn in place. */
  readonly live: boolean;
  /** Width of standard output in characters; 100 when it is piped. */
  readonly columns: number;
  /** Standard input has something piped in. */
  readonly piped: boolean;
}

/** A terminal that Node, which reads NO_COLOR, NODE_DISABLE_COLORS and TERM, takes for a coloured one. */
const hasColors = (stream: WriteStream & { fd: 1 | 2 }): boolean => isatty(stream.fd) && stream.hasColors();

export const processTerminal = (): Terminal => ({
  out: (line) => process.stdout.write(`${line}\n`),
  err: (line) => process.stderr.write(`${line}\n`),
  outColors: pc.createColors(hasColors(process.stdout)),
  errColors: pc.createColors(hasColors(process.stderr)),
  live: isatty(2) && process.env['TERM'] !== 'dumb',
  columns: isatty(1) ? process.stdout.columns : 100,
  piped: !isatty(0),
});
