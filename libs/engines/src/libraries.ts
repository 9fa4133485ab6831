import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { asDiskError, pipDownload, unpack, type Wheel } from '@taxon/cache';
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

const fetched = async (wheel: Wheel, folder: string, signal?: AbortSignal): Promise<string> => {
  try {
    return await pipDownload(wheel, folder, signal);
  } catch (cause) {
    signal?.throwIfAborted();
    const { message, code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT')
      throw new TaxonError({ code: 'failed_precondition', message, hint: tools().python.hint, cause });
    throw (
      asDiskError(cause, folder) ??
      new TaxonError({
        code: 'unavailable',
        message: `${wheel.package} ${wheel.version} (PyPI): ${message}`,
        hint: 'pip must reach a package index; what was fetched is kept for the next attempt.',
        cause,
      })
    );
  }
};

export interface LibrariesOptions {
  /** Where wheels are kept until the engine is whole. */
  wheels: string;
  /** tfjs-node's `deps/`. */
  deps: string;
  signal?: AbortSignal;
  onWheel: (wheel: Wheel, index: number, count: number) => void;
}

/** Fetches the pinned wheels and unpacks what the binding needs of them. */
export const installLibraries = async (
  { tensorflow, cuda }: EnginePins,
  { wheels, deps, signal, onWheel }: LibrariesOptions,
): Promise<void> => {
  await mkdir(wheels, { recursive: true });
  for (const [index, wheel] of [tensorflow, ...cuda].entries()) {
    onWheel(wheel, index, 1 + cuda.length);
    const archive = await fetched(wheel, wheels, signal);
    const place = wheel === tensorflow ? (name: string) => places.get(name) : placeOfCuda;
    const sizes = await unpack(archive, deps, place, signal);
    const absent = wheel === tensorflow ? [...places.values()].filter((path) => !(path in sizes)) : [];
    if (absent.length > 0)
      throw new TaxonError({
        code: 'internal',
        message: `${wheel.package} ${wheel.version} holds no ${absent.map((path) => join(deps, path)).join(' and no ')}`,
      });
  }
};
