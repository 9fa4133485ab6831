import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSession, type OptimizerMemory, type SessionOptions, type UpdateCoefficients } from '@taxon/compute';
import { compileGradients, createTrainingStep } from '@taxon/training';
import { createBenchModel, learningRate, type BenchModel } from './bench-model.ts';
import { readRuntimeProfile } from './runtime-profile.ts';
import type { StepProfile, TaxonPrecision } from './step-request.ts';
import type { StepWork } from './step-work.ts';

const since = (start: number): number => performance.now() - start;

/** Every part of it alone and for the first time in this process, as a training run pays for it. */
const measureLoad = async (model: BenchModel, session: SessionOptions): Promise<StepProfile['load']> => {
  const { encoder, head, state } = model;
  const { shape, dropout, accumulate } = model.options;
  const started = performance.now();
  const program = compileGradients({ encoder, head, shape, dropout, accumulate, int8: state.int8Weights });
  const trace = since(started);
  const bytes = program.encode();
  const encode = since(started) - trace;
  const native = await createSession(bytes, session);
  const load = since(started) - trace - encode;
  await native.dispose();
  return { trace: trace / 1000, encode: encode / 1000, session: load / 1000 };
};

/** The same memory, whose kernels tell how many milliseconds they took. */
const timedMemory = (memory: OptimizerMemory, spent: { adamw: number }): OptimizerMemory => {
  const timed =
    <Args extends unknown[], Result>(call: (...args: Args) => Result) =>
    (...args: Args): Result => {
      const start = performance.now();
      const result = call(...args);
      spent.adamw += since(start);
      return result;
    };
  return {
    tensors: memory.tensors,
    bytes: memory.bytes,
    squaredNorm: timed(() => memory.squaredNorm()),
    update: timed((name: string, coefficients: UpdateCoefficients) => memory.update(name, coefficients)),
    quantize: timed(() => memory.quantize()),
  };
};

const warmUp = 3;
const profiled = 8;

/** Where the milliseconds of a step go, from ONNX Runtime's own profile. Profiled steps are a little slower than others. */
export const profileTrainingStep = async (
  work: StepWork,
  precision: TaxonPrecision,
  session: SessionOptions,
): Promise<StepProfile> => {
  const model = createBenchModel(work, precision);
  const { state, batches } = model;
  const load = await measureLoad(model, session);
  const spent = { adamw: 0 };
  const folder = await mkdtemp(join(tmpdir(), 'taxon-profile-'));
  try {
    const watched = { ...state, memory: timedMemory(state.memory, spent) };
    const step = await createTrainingStep(watched, model.options, { ...session, profile: join(folder, 'step') });
    for (let i = 0; i < warmUp; i++) await step.run(batches, learningRate);
    spent.adamw = 0;
    const started = performance.now();
    for (let i = 0; i < profiled; i++) await step.run(batches, learningRate);
    const total = since(started);
    await step.dispose(); // writes the profile
    const [file] = await readdir(folder);
    const profile = readRuntimeProfile(await readFile(join(folder, file!), 'utf8'), warmUp * batches.length);
    const { adamw } = spent;
    const host = total - profile.total - adamw;
    const aStep = <Values extends Record<string, number>>(values: Values): Values =>
      Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value / profiled])) as Values;
    return {
      load,
      step: aStep({ total, native: profile.total, adamw, host }),
      operators: aStep(profile.operators),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
