import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { TaxonError } from '@taxon/errors';

/** A program that an installation needs, and how a person gets it. */
export interface Tool {
  command: string;
  /** For the message: what it does here. */
  purpose: string;
  hint: string;
}

/** The programs of an installation; environment variables name other ones. */
export const tools = (env: NodeJS.ProcessEnv = process.env): Record<'npm' | 'python' | 'compiler', Tool> => ({
  npm: { command: 'npm', purpose: 'fetches the binding', hint: 'npm comes with Node; see that it is in PATH.' },
  python: {
    command: env['TAXON_PYTHON'] ?? 'python3',
    purpose: 'fetches TensorFlow with its pip',
    hint: 'Debian and Ubuntu: apt-get install python3-pip. Fedora: dnf install python3-pip. TAXON_PYTHON names another Python.',
  },
  compiler: {
    command: env['CXX'] ?? 'g++',
    purpose: 'builds the binding',
    hint: 'Debian and Ubuntu: apt-get install g++. Fedora: dnf install gcc-c++. CXX names another compiler.',
  },
});

const run = promisify(execFile);

export interface RunToolOptions {
  cwd?: string;
  signal?: AbortSignal;
}

/** Of what a failed program wrote, the end. */
const quoted = 1500;

/**
 * Runs a program to its end.
 * @returns its standard output
 * @throws TaxonError `failed_precondition` where it is not there or fails, with the end of what it wrote
 */
export const runTool = async (tool: Tool, args: readonly string[], options: RunToolOptions = {}): Promise<string> => {
  const { command, purpose, hint } = tool;
  try {
    const { stdout } = await run(command, args, { ...options, maxBuffer: 16 * 2 ** 20 });
    return stdout;
  } catch (cause) {
    options.signal?.throwIfAborted();
    const { code, stderr = '' } = cause as NodeJS.ErrnoException & { stderr?: string };
    if (code === 'ENOENT')
      throw new TaxonError({
        code: 'failed_precondition',
        message: `there is no ${command} on this machine; it ${purpose}`,
        hint,
        cause,
      });
    throw new TaxonError({
      code: 'failed_precondition',
      message: `${command} failed (it ${purpose}): ${stderr.trim().slice(-quoted) || (cause as Error).message}`,
      hint,
      cause,
    });
  }
};
