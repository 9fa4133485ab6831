import * as tf from '@tensorflow/tfjs-core';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compile, createSession } from '../index.ts';
import { createOn } from './device.ts';
import { runtimeFolder } from './cuda.ts';
import { cudaFolder, onnxRuntimeVersion, providerLibraries } from './cuda-libraries.ts';
import { createRequire } from 'node:module';
import { webGpuIsThere } from '../testing.ts';

const program = compile(({ x }) => ({ y: tf.exp(x!) }), { x: { shape: [2] } });

const hasCuda = [runtimeFolder(), cudaFolder()].some((folder) => existsSync(join(folder, providerLibraries[1])));
const webgpu = await webGpuIsThere();

describe('devices', () => {
  it('takes the CUDA provider of the very version of onnxruntime-node', () => {
    const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string };
    expect(version).toBe(onnxRuntimeVersion);
  });

  it.skipIf(hasCuda)('says how to install CUDA’s libraries where they are missing', () =>
    expect(createSession(program, { device: 'cuda' })).rejects.toMatchObject({
      code: 'failed_precondition',
      hint: expect.stringMatching(/engine install cuda|device to/) as string,
    }),
  );

  it.skipIf(webgpu)('says that there is no WebGPU adapter where there is none', () =>
    expect(createSession(program, { device: 'webgpu' })).rejects.toMatchObject({
      code: 'failed_precondition',
      message: expect.stringContaining('device webgpu') as string,
    }),
  );

  it('does not blame the device for a model that is broken', () =>
    expect(createOn('cpu', Uint8Array.of(1, 2, 3), {})).rejects.not.toMatchObject({ code: 'failed_precondition' }));

  it.skipIf(!webgpu)('computes on WebGPU (needs an adapter)', async () => {
    const session = await createSession(program, { device: 'webgpu' });
    const { y } = await session.run({ x: { shape: [2], data: Float32Array.of(0, 1) } });
    await session.dispose();
    expect(y!.data[1]).toBeCloseTo(Math.E, 4);
  });
});
