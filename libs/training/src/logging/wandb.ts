import { spawn } from 'node:child_process';
import { TaxonError } from '@taxon/errors';
import type { Recipe } from '../recipe.ts';

export type WandbOptions = NonNullable<Recipe['logging']['wandb']>;

/** Scalars of a step, by tag. */
export interface StepScalars {
  step: number;
  scalars: Readonly<Record<string, number>>;
}

/** Interpreter that has the package: of an environment that is active where the run is started. */
const python = 'python3';

// The package's public interface alone. Options come as an argument, scalars as lines of JSON; what is told back is the run's address.
// Nothing is told of the machine, of git or of source code, and the package's own error reports are off.
const script = `
import json, sys, wandb
options = json.loads(sys.argv[1])
quiet = wandb.Settings(console="off", disable_git=True, disable_code=True, x_disable_stats=True, x_disable_machine_info=True)
run = wandb.init(settings=quiet, job_type="train", **options)
for line in sys.stdin:
    point = json.loads(line)
    run.log(point["scalars"], step=point["step"])
print(run.url or "", flush=True)
run.finish()
`;

const childEnvironment = (): NodeJS.ProcessEnv => ({
  ...process.env,
  WANDB_SILENT: 'true',
  WANDB_ERROR_REPORTING: 'false',
});

interface Outcome {
  code: number | null;
  out: string;
  err: string;
}

const runPython = (args: readonly string[], input: string, signal: AbortSignal | undefined): Promise<Outcome> =>
  new Promise((resolve, reject) => {
    const child = spawn(python, args, { env: childEnvironment(), stdio: 'pipe', signal });
    const outcome: Outcome = { code: null, out: '', err: '' };
    child.stdout.on('data', (chunk: Buffer) => (outcome.out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (outcome.err += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve({ ...outcome, code }));
    child.stdin.on('error', () => undefined); // it ended without reading: its exit code tells
    child.stdin.end(input);
  });

/** The last line of what went wrong, without the key, should it ever stand there. */
const complaint = ({ err, code }: Outcome): string => {
  const last = err.trim().split('\n').at(-1) ?? '';
  const key = process.env['WANDB_API_KEY'];
  return (key ? last.replaceAll(key, '***') : last) || `${python} ended with ${code}`;
};

/**
 * Asks, before a run begins, whether it will be able to tell of itself.
 * @throws TaxonError `failed_precondition` without Python or the package
 */
export const expectWandb = async (signal?: AbortSignal): Promise<void> => {
  const find = 'import importlib.util, sys; sys.exit(importlib.util.find_spec("wandb") is None)';
  const found = await runPython(['-c', find], '', signal).then(
    ({ code }) => code === 0,
    () => false,
  );
  signal?.throwIfAborted();
  if (!found)
    throw new TaxonError({
      code: 'failed_precondition',
      message: `logging.wandb: ${python} has no package wandb`,
      hint: 'Install it where the run is started (pip install wandb), or leave logging.wandb out.',
    });
};

/**
 * Tells Weights & Biases of a finished run: its curves and options. The package finds its key as ever (`wandb login`,
 * `WANDB_API_KEY`); it never passes through here.
 * @param folder that the package may write to; an offline run stays in its `wandb/`
 * @returns the run's address; undefined for an offline one
 * @throws TaxonError `unavailable` with the package's complaint
 */
export const sendToWandb = async (
  { project, entity, name, mode }: WandbOptions,
  { folder, config, points }: { folder: string; config: unknown; points: Iterable<StepScalars> },
  signal?: AbortSignal,
): Promise<string | undefined> => {
  const lines: string[] = [];
  let reached = 0;
  for (const { step, scalars } of points) {
    // Steps must not fall: the test scores are those of the best step, which may be an earlier one.
    reached = Math.max(reached, step);
    lines.push(JSON.stringify({ step: reached, scalars }));
  }
  const options = JSON.stringify({ project, entity, name, mode, dir: folder, config });
  const outcome = await runPython(['-c', script, options], `${lines.join('\n')}\n`, signal);
  if (outcome.code !== 0)
    throw new TaxonError({ code: 'unavailable', message: `Weights & Biases: ${complaint(outcome)}` });
  return outcome.out.trim() || undefined;
};
