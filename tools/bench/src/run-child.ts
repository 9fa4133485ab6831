import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { TaxonError } from '@taxon/errors';
import { watchPeakMemory } from './peak-memory.ts';

export interface ChildOptions {
  cwd?: string;
  env?: Readonly<Record<string, string>>;
  signal?: AbortSignal;
  /** Called for each line of standard output as it comes, with the seconds since the start. */
  onLine?: (line: string, seconds: number) => void;
}

export interface ChildResult {
  /** The last line of standard output that is not empty. */
  lastLine: string;
  seconds: number;
  /** Of the process and all that it started; undefined where the system does not say. */
  peakMemoryBytes: number | undefined;
}

const keptErrorLines = 20;

/**
 * Runs a program to its end, alone and measured.
 * @throws TaxonError `internal` with its last lines of standard error when it fails, `cancelled` when `signal` aborts
 */
export const runChild = async (
  command: string,
  args: readonly string[],
  { cwd, env = {}, signal, onLine }: ChildOptions = {},
): Promise<ChildResult> => {
  const start = performance.now();
  const secondsSince = (): number => (performance.now() - start) / 1000;
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const stop = (): void => void child.kill('SIGTERM');
  signal?.addEventListener('abort', stop);
  const peakMemory = child.pid === undefined ? () => undefined : watchPeakMemory(child.pid);

  let lastLine = '';
  createInterface(child.stdout).on('line', (line) => {
    if (line.trim() === '') return;
    lastLine = line;
    onLine?.(line, secondsSince());
  });
  const errors: string[] = [];
  createInterface(child.stderr).on('line', (line) => {
    errors.push(line);
    if (errors.length > keptErrorLines) errors.shift();
  });

  const shown = [command, ...args].join(' ');
  try {
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', resolve);
    });
    const result = { lastLine, seconds: secondsSince(), peakMemoryBytes: peakMemory() };
    if (signal?.aborted) throw new TaxonError({ code: 'cancelled', message: 'interrupted' });
    if (exitCode === 0) return result;
    const end = exitCode === null ? 'was killed' : `ended with exit code ${exitCode}`;
    throw new TaxonError({ code: 'internal', message: `${shown} ${end}:\n${[...errors, lastLine].join('\n')}` });
  } finally {
    peakMemory();
    signal?.removeEventListener('abort', stop);
  }
};

/** A line that must be a JSON object. @throws TaxonError `internal` showing the line */
export const parseJsonLine = (line: string, source: string): Record<string, unknown> => {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // told below, with the line
  }
  throw new TaxonError({
    code: 'internal',
    message: `${source} ends with no JSON line but with: ${line.slice(0, 200)}`,
  });
};
