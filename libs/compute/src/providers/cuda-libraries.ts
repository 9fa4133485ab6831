import { homedir } from 'node:os';
import { join } from 'node:path';

// ONNX Runtime's CUDA provider is too large for npm, and onnxruntime-node's own install script fetches it from NuGet. PyPI's
// onnxruntime-gpu carries the same libraries: of the same version they are of the same commit (`git-commit-id` in both), and
// only such a pair fits together. They want CUDA 13, whose libraries PyPI carries, too.

/** One wheel of PyPI, as `pipDownload` of @taxon/cache takes it. */
export interface CudaWheel {
  package: string;
  version: string;
  sha256: string;
  target: { python: string; platforms: readonly string[] };
}

/** The version of onnxruntime-node that the provider belongs to. */
export const onnxRuntimeVersion = '1.30.0';

const target = {
  python: '3.12', // the libraries that are taken from the wheels know no Python
  platforms: ['manylinux_2_27_x86_64', 'manylinux_2_28_x86_64', 'manylinux_2_17_x86_64', 'manylinux2014_x86_64'],
};

export const cudaWheels: readonly CudaWheel[] = [
  {
    package: 'onnxruntime-gpu',
    version: onnxRuntimeVersion,
    sha256: '6acc0f4b3d5ac5f2984432faa59dd8fcce6775f8b43a7140afa0f322c7a703b1',
    target,
  },
  {
    package: 'nvidia-cublas',
    version: '13.0.2.14',
    sha256: '0cf238ffdbe46c00cb9aa98e7bca745c223a5ca5a53e686ac8b3e5a08fe80d6c',
    target,
  },
  {
    package: 'nvidia-cuda-runtime',
    version: '13.0.96',
    sha256: '7f82250d7782aa23b6cfe765ecc7db554bd3c2870c43f3d1821f1d18aebf0548',
    target,
  },
  {
    package: 'nvidia-curand',
    version: '10.4.5.25',
    sha256: '22bb226a857e5888fe6b54ae465fc4371296bcff13a35f79e19691bcf454f529',
    target,
  },
  {
    package: 'nvidia-cudnn-cu13',
    version: '9.28.1.4',
    sha256: 'a54f205b1db1f2895d99f398754db1369816f0569dd459731f925635cf7b65ec',
    target,
  },
];

/** What ONNX Runtime looks for beside itself. */
export const providerLibraries = ['libonnxruntime_providers_shared.so', 'libonnxruntime_providers_cuda.so'] as const;

/**
 * What the provider asks the system's loader for, in the order in which they need each other. Of cuDNN, which it takes where
 * it has no kernel of its own, the parts for reductions: the convolutions are half a gigabyte more.
 */
export const cudaRuntimeLibraries = [
  'libcudart.so.13',
  'libcublasLt.so.13',
  'libcublas.so.13',
  'libcurand.so.10',
  'libcudnn.so.9',
  'libcudnn_graph.so.9',
  'libcudnn_ops.so.9',
] as const;

/** Where `installCuda` puts them: below `TAXON_CACHE`, else what the XDG directories say (`~/.cache/taxon`). */
export const cudaFolder = (env: NodeJS.ProcessEnv = process.env): string => {
  const cache = env['TAXON_CACHE'] || join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'taxon');
  return join(cache, 'engines', `onnxruntime-cuda-${onnxRuntimeVersion}-linux-x64`);
};
