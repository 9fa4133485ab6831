import { describe, expect, it } from 'vitest';
import { lockFor } from './npm-packages.ts';
import { pinsOf } from './pins.ts';

const linux = { platform: 'linux', arch: 'x64' };

describe('the pins', () => {
  it('hold a digest and one exact version for every wheel', () => {
    for (const pins of [pinsOf('tensorflow', linux), pinsOf('tensorflow-gpu', linux)])
      for (const { package: name, version, sha256 } of [pins.tensorflow, ...pins.cuda]) {
        expect(sha256, name).toMatch(/^[0-9a-f]{64}$/);
        expect(version, name).toMatch(/^\d+(\.\d+)+$/);
      }
    expect(pinsOf('tensorflow', linux).cuda).toEqual([]);
    expect(pinsOf('tensorflow-gpu', linux).cuda).toHaveLength(12);
  });

  it('refuse a machine that there is no engine for, and name those that there is one for', () => {
    expect(() => pinsOf('tensorflow', { platform: 'darwin', arch: 'arm64' })).toThrow(
      'there is no tensorflow engine for darwin on arm64; there is one for linux on x64 and linux on arm64',
    );
    expect(() => pinsOf('tensorflow-gpu', { platform: 'linux', arch: 'arm64' })).toThrow(
      'there is no tensorflow-gpu engine for linux on arm64; there is one for linux on x64',
    );
  });
});

describe('the lock file', () => {
  it('holds a digest for every package and no address', () => {
    const { packages } = lockFor(pinsOf('tensorflow', linux));
    for (const [path, manifest] of Object.entries(packages)) {
      expect(manifest['resolved'], path).toBeUndefined();
      if (path !== '') expect(manifest['integrity'], path).toMatch(/^sha512-/);
    }
  });

  it('differs for the GPU in the binding alone', () => {
    const [cpu, gpu] = [
      lockFor(pinsOf('tensorflow', linux)).packages,
      lockFor(pinsOf('tensorflow-gpu', linux)).packages,
    ];
    const [name, gpuName] = ['node_modules/@tensorflow/tfjs-node', 'node_modules/@tensorflow/tfjs-node-gpu'];
    expect(gpu['']!.dependencies).toMatchObject({ '@tensorflow/tfjs-node-gpu': '4.22.0' });
    expect(gpu[gpuName]).toEqual({ ...cpu[name], integrity: pinsOf('tensorflow-gpu', linux).integrity });
    expect(gpu[gpuName]!['integrity']).not.toBe(cpu[name]!['integrity']);
    const others = (packages: typeof cpu) =>
      Object.fromEntries(Object.entries(packages).filter(([path]) => path !== '' && path !== name && path !== gpuName));
    expect(others(gpu)).toEqual(others(cpu));
  });
});
