import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

// Everything in this folder runs on a fresh clone, before any package is installed: Node's own modules alone.

export const workspaceRoot = fileURLToPath(new URL('../..', import.meta.url));

/** What goes on, for a person. Standard output is left to results. */
export const say = (line) => process.stderr.write(`${line}\n`);

/** A step that ended with an exit code other than 0. */
export class StepFailed extends Error {
  /** @param {string} message @param {number} exitCode for this process to end with */
  constructor(message, exitCode) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** The signals after which a shell expects 128 + number. */
const exitCodeOf = (code, signal) => code ?? (signal === 'SIGINT' ? 130 : signal === 'SIGTERM' ? 143 : 1);

/**
 * Runs a program to its end. Ctrl-C reaches the child from the terminal, and the child decides what to make of it.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: Record<string, string>, quiet?: boolean, mayFail?: boolean }} [options] `quiet` shows the
 *   program's output only when it fails; `mayFail` returns the exit code instead of throwing
 * @returns {Promise<number>} the exit code
 * @throws {StepFailed}
 */
export const run = (command, args, { cwd = workspaceRoot, env = {}, quiet = false, mayFail = false } = {}) =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: quiet ? ['ignore', 'pipe', 'pipe'] : 'inherit',
      shell: process.platform === 'win32' && command === 'npm',
    });
    const output = [];
    child.stdout?.on('data', (chunk) => output.push(chunk));
    child.stderr?.on('data', (chunk) => output.push(chunk));
    const leaveItToTheChild = () => undefined;
    const passOn = () => child.kill('SIGTERM');
    process.on('SIGINT', leaveItToTheChild);
    process.on('SIGTERM', passOn);
    const end = (settle) => {
      process.off('SIGINT', leaveItToTheChild);
      process.off('SIGTERM', passOn);
      settle();
    };
    child.on('error', (error) => end(() => reject(new StepFailed(`cannot start ${command}: ${error.message}`, 1))));
    child.on('close', (code, signal) =>
      end(() => {
        const exitCode = exitCodeOf(code, signal);
        if (exitCode === 0 || mayFail) return resolve(exitCode);
        if (quiet) process.stderr.write(Buffer.concat(output));
        reject(new StepFailed(`${[command, ...args].join(' ')} ended with exit code ${exitCode}`, exitCode));
      }),
    );
  });

/** Says what is being done and how long it took. */
export const step = async (title, work) => {
  const start = performance.now();
  say(`${title} …`);
  const result = await work();
  say(`  done in ${((performance.now() - start) / 1000).toFixed(1)} s`);
  return result;
};

/** Runs a script of this folder: a failed step ends it with that step's exit code and one line. */
export const main = async (work) => {
  try {
    process.exitCode = (await work()) ?? 0;
  } catch (error) {
    say(error instanceof StepFailed ? `error: ${error.message}` : String(error?.stack ?? error));
    process.exitCode = error.exitCode ?? 1;
  }
};
