import {
  compile,
  createSession,
  useTensorflowBackend,
  useWasmBackend,
  type ComputeDevice,
  type SessionOptions,
} from '@taxon/compute';
import { findEngine } from '@taxon/engines';
import { TaxonError } from '@taxon/errors';
import type { PackShape } from '@taxon/text';
import * as tf from '@tensorflow/tfjs-core';
import { createEagerForwardPass } from './eager-forward.ts';
import { createEagerStep } from './eager-step.ts';
import { createForwardPass, type ForwardOptions, type ForwardPass } from './forward-pass.ts';
import type { ModelState } from './model-state.ts';
import type { Recipe } from './recipe.ts';
import { createLoopStep, type LoopStepOptions } from './loop-step.ts';
import { createTrainingStep, type TrainingStep } from './training-step.ts';

/** What a training step runs on. */
export type Device = Exclude<Recipe['device'], 'auto'>;

/** `auto` is the processor: the other devices are taken when they are asked for. */
export const chooseDevice = ({ device }: Pick<Recipe, 'device'>): Device => (device === 'auto' ? 'cpu' : device);

const missing = (device: Device, reason: string, hint: string, cause?: unknown): TaxonError =>
  new TaxonError({ code: 'failed_precondition', message: `device: '${device}' ${reason}`, hint, cause });

export interface OpenDeviceOptions {
  /** 0: as many as the machine has cores. */
  threads?: number;
  /** Products in full fp32 where the device would round more. */
  exact?: boolean;
}

const openTensorflow = async (device: 'tensorflow' | 'tensorflow-gpu', options: OpenDeviceOptions): Promise<void> => {
  const command = `taxon engine install tensorflow${device === 'tensorflow-gpu' ? ' --gpu' : ''}`;
  const engine = await findEngine(device);
  if (engine.state !== 'installed')
    throw missing(
      device,
      `needs the TensorFlow engine, which is not installed: ${engine.folder} is not there`,
      `Run \`${command}\`, or leave device at auto.`,
    );
  try {
    await useTensorflowBackend({ folder: engine.folder, package: engine.package, ...options });
  } catch (error) {
    const { message, hint } = TaxonError.from(error);
    throw missing(device, `cannot be used: ${message}`, hint ?? `Run \`${command} --force\`.`, error);
  }
};

/** Loads the smallest program: what a provider lacks is told before a minute of other work is done. */
const tryProvider = async (device: ComputeDevice): Promise<void> => {
  const program = compile(({ x }) => ({ y: tf.exp(x!) }), { x: { shape: [1] } });
  const session = await createSession(program, { device });
  await session.dispose();
};

/**
 * Loads what a device needs, for the whole process.
 * @throws TaxonError `failed_precondition` naming the device and what to do where it is not there
 */
export const openDevice = async (device: Device, options: OpenDeviceOptions = {}): Promise<void> => {
  if (device === 'cuda' || device === 'webgpu') await tryProvider(device);
  else if (device === 'wasm') await useWasmBackend();
  else if (device === 'tensorflow' || device === 'tensorflow-gpu') await openTensorflow(device, options);
};

/** The training step on a device that is open. */
export const createStepFor = async (
  device: Device,
  state: ModelState,
  options: LoopStepOptions,
  session: SessionOptions,
): Promise<TrainingStep> => {
  switch (device) {
    case 'cpu':
      return createTrainingStep(state, options, session);
    case 'cuda':
    case 'webgpu':
      return createLoopStep(state, options, { ...session, device });
    case 'wasm':
    case 'tensorflow':
    case 'tensorflow-gpu':
      return createEagerStep(state, options);
  }
};

/**
 * The forward pass beside a device's step, from the host's state. ONNX Runtime on the processor is the fastest of what runs
 * there; TensorFlow on a GPU is faster still. Beside `cuda` and `webgpu` it is the processor, too.
 */
export const createForwardFor = async (
  device: Device,
  state: ModelState,
  shape: PackShape,
  session: SessionOptions,
  how?: ForwardOptions,
): Promise<ForwardPass> =>
  device === 'tensorflow-gpu' ? createEagerForwardPass(state, shape) : createForwardPass(state, shape, session, how);
