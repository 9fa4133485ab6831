import { TaxonError } from '@taxon/errors';
import * as ort from 'onnxruntime-node';
import { openCuda } from './cuda.ts';

/** What executes a program: ONNX Runtime's own kernels, its CUDA provider, or its WebGPU provider. */
export type ComputeDevice = 'cpu' | 'cuda' | 'webgpu';

/** What runs where the device has no kernel for a node. */
const fallback = 'cpu';

export const providersOf = (device: ComputeDevice): string[] => (device === 'cpu' ? ['cpu'] : [device, fallback]);

/** ONNX Runtime's reasons are pages of C++; the line that says something stands first or last. */
const reasonOf = (error: unknown): string => {
  const text = error instanceof Error ? error.message : String(error);
  return /Failed to get a WebGPU adapter: [^\n]*|CUDA failure \d+: [^;]*/.exec(text)?.[0].trim() ?? text.trim();
};

const hints: Record<Exclude<ComputeDevice, 'cpu'>, string> = {
  cuda: 'It needs an NVIDIA GPU and a driver for CUDA 13 (580 or newer): see `nvidia-smi`. Or set device to cpu.',
  webgpu:
    'It needs a GPU with a Vulkan 1.1 driver (Linux: see `vulkaninfo --summary`), Direct3D 12 or Metal. Or set device to cpu.',
};

const unusable = (device: Exclude<ComputeDevice, 'cpu'>, cause: unknown): TaxonError =>
  new TaxonError({
    code: 'failed_precondition',
    message: `device ${device} cannot be used: ${reasonOf(cause)}`,
    hint: hints[device],
    cause,
  });

const expectSupported = (device: ComputeDevice): void => {
  const names = ort.listSupportedBackends().map(({ name }) => name);
  if (names.includes(device)) return;
  const known = names.filter((name) => name === 'cpu' || name === 'cuda' || name === 'webgpu').join(', ');
  throw new TaxonError({
    code: 'failed_precondition',
    message: `device ${device}: ONNX Runtime has none for ${process.platform}/${process.arch}, only ${known}`,
    hint: `Set device to one of ${known}.`,
  });
};

/**
 * Loads a model onto a device.
 * @throws TaxonError `failed_precondition` that says what the device lacks, and what to do
 */
export const createOn = async (
  device: ComputeDevice,
  model: Uint8Array,
  options: ort.InferenceSession.SessionOptions,
): Promise<ort.InferenceSession> => {
  if (device === 'cpu') return ort.InferenceSession.create(model, options);
  expectSupported(device);
  if (device === 'cuda') await openCuda();
  try {
    return await ort.InferenceSession.create(model, { ...options, executionProviders: providersOf(device) });
  } catch (error) {
    throw deviceIsAtFault(error) ? unusable(device, error) : error;
  }
};

/** Of what goes wrong while a session is made, what is the device's fault and not the model's. */
const deviceIsAtFault = (error: unknown): boolean =>
  error instanceof Error &&
  /WebGPU adapter|webgpu_context|ExecutionProvider_Cuda|CUDA failure|CUDNN failure/.test(error.message);
