import type { Wheel } from '@taxon/cache';
import { TaxonError } from '@taxon/errors';

// What an engine is made of, each part with the digest that it must have. TensorFlow 2.18 is the version that the addon of
// tfjs-node 4.22 was tried with; its GPU build carries code for cards up to Hopper, and wants CUDA 12.5 and cuDNN 9.3.

export const engineNames = ['tensorflow', 'tensorflow-gpu'] as const;
export type EngineName = (typeof engineNames)[number];

export interface EnginePins {
  /** Part of the folder's name: another version is another engine. */
  version: string;
  package: '@tensorflow/tfjs-node' | '@tensorflow/tfjs-node-gpu';
  /** npm's digest of the package. */
  integrity: string;
  /** Holds TensorFlow's libraries and headers. */
  tensorflow: Wheel;
  /** CUDA's libraries. */
  cuda: readonly Wheel[];
}

/** Any CPython does: what is taken from the wheels knows no Python. */
const target = (machine: 'x86_64' | 'aarch64') => ({
  python: '3.11',
  platforms: [`manylinux_2_17_${machine}`, `manylinux2014_${machine}`],
});

const version = '2.18.1';

/** tfjs-node, both variants, are one program under two names; the lock file holds the digests of all that it needs. */
const packages = {
  tensorflow: {
    package: '@tensorflow/tfjs-node',
    integrity: 'sha512-uHrXeUlfgkMxTZqHkESSV7zSdKdV0LlsBeblqkuKU9nnfxB1pC6DtoyYVaLxznzZy7WQSegjcohxxCjAf6Dc7w==',
  },
  'tensorflow-gpu': {
    package: '@tensorflow/tfjs-node-gpu',
    integrity: 'sha512-p//NN6DGiN4hInUmIkRffaFVMcdTREUMjPyjW04J7OXvB2zBlQimj61eFKSgRrH3f5TnOfKzb0n56he/B6a4bw==',
  },
} as const;

const tensorflowWheels: Readonly<Record<string, Wheel>> = {
  'tensorflow linux x64': {
    package: 'tensorflow-cpu',
    version,
    sha256: '810c75d7149d2da0cb2092187817b0dcabb80728ca9f9cf3a61f3f42fadd1298',
    target: target('x86_64'),
  },
  // On this machine type the plain package is without a GPU.
  'tensorflow linux arm64': {
    package: 'tensorflow',
    version,
    sha256: '8a6485edd2148f70d011dbd1d8dc2c775e91774a5a159466e83d0d1f21580944',
    target: target('aarch64'),
  },
  'tensorflow-gpu linux x64': {
    package: 'tensorflow',
    version,
    sha256: 'c9f87e5d2a680a4595f5dc30daf6bbaec9d4129b46d7ef1b2af63c46ac7d2828',
    target: target('x86_64'),
  },
};

/** The versions that tensorflow 2.18.1 asks for as its extra `and-cuda`; the digests are the index's own. */
const cuda: readonly Wheel[] = (
  [
    ['nvidia-cublas-cu12', '12.5.3.2', 'ca070ad70e9fa6654084575d01bd001f30cc4665e33d4bb9fc8e0f321caa034b'],
    ['nvidia-cuda-cupti-cu12', '12.5.82', 'bde77a5feb66752ec61db2adfe47f56b941842825b4c7e2068aff27c9d107953'],
    ['nvidia-cuda-nvcc-cu12', '12.5.82', 'b03e545b8e8c3ce7ebcd7fc44063180ff52ff01d064ece2127ed90a04ef12cd0'],
    ['nvidia-cuda-nvrtc-cu12', '12.5.82', '3dbd97b0104b4bfbc3c4f8c79cd2496307c89c43c29a9f83125f1d76296ff3fd'],
    ['nvidia-cuda-runtime-cu12', '12.5.82', '3e79a060e126df40fd3a068f3f787eb000fa51b251ec6cd97d09579632687115'],
    ['nvidia-cudnn-cu12', '9.3.0.75', '9ad9c6929ebb5295eb4a1728024666d1c88283373e265a0c5c883e6f9d5cd76d'],
    ['nvidia-cufft-cu12', '11.2.3.61', '9a6e8df162585750f61983a638104a48c756aa13f9f48e19ab079b38e3c828b8'],
    ['nvidia-curand-cu12', '10.3.6.82', '2823fb27de4e44dbb22394a6adf53aa6e1b013aca0f8c22867d1cfae58405536'],
    ['nvidia-cusolver-cu12', '11.6.3.83', '93cfafacde4428b71778eeb092ec615a02a3d05404da1bcf91c53e3fa1bce42b'],
    ['nvidia-cusparse-cu12', '12.5.1.3', '016df8e993c437e8301e62739f01775cba988fd5253cd4c64173f8e8d2f8e752'],
    ['nvidia-nccl-cu12', '2.21.5', '8579076d30a8c24988834445f8d633c697d42397e92ffc3f63fa26766d25e0a0'],
    ['nvidia-nvjitlink-cu12', '12.5.82', 'f9b37bc5c8cf7509665cb6ada5aaa0ce65618f2332b7d3e78e9790511f111212'],
  ] as const
).map(([name, of, sha256]) => ({ package: name, version: of, sha256, target: target('x86_64') }));

/**
 * @param system as `process` tells it
 * @throws TaxonError `failed_precondition` where there is no such engine for the machine
 */
export const pinsOf = (name: EngineName, system: { platform: string; arch: string } = process): EnginePins => {
  const tensorflow = tensorflowWheels[`${name} ${system.platform} ${system.arch}`];
  if (tensorflow === undefined)
    throw new TaxonError({
      code: 'failed_precondition',
      message: `there is no ${name} engine for ${system.platform} on ${system.arch}; there is one for ${Object.keys(
        tensorflowWheels,
      )
        .filter((key) => key.startsWith(`${name} `))
        .map((key) => key.slice(name.length + 1).replace(' ', ' on '))
        .join(' and ')}`,
      hint: 'The devices cpu and wasm run everywhere.',
    });
  return { version, ...packages[name], tensorflow, cuda: name === 'tensorflow-gpu' ? cuda : [] };
};
