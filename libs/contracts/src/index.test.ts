import { fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from 'vitest';
import { ClassifyRequest, WatchTrainingResponse, descriptorSetBase64, inferenceContract } from './index.ts';

describe('contracts', () => {
  it('carry a message through the wire format unchanged, absent and zero told apart', () => {
    for (const topK of [undefined, 0, 3]) {
      const request = ClassifyRequest.fromPartial({ texts: ['a', '中文 🙂'], topK, model: 'm' });
      expect(ClassifyRequest.decode(ClassifyRequest.encode(request).finish())).toEqual(request);
    }
  });

  it('carry 64-bit numbers whole', () => {
    const event = WatchTrainingResponse.fromPartial({
      sequence: 2n ** 60n + 1n,
      time: new Date(1234),
      event: { $case: 'notice', value: { level: 'NOTICE_LEVEL_WARNING', message: 'x' } },
    });
    expect(WatchTrainingResponse.decode(WatchTrainingResponse.encode(event).finish())).toEqual(event);
  });

  it('hold every proto file in dependency order, well-known types included, comments left out', () => {
    const { file } = fromBinary(FileDescriptorSetSchema, Buffer.from(descriptorSetBase64, 'base64'));
    const seen = new Set<string>();
    for (const { name, dependency, sourceCodeInfo } of file) {
      for (const needed of dependency) expect(seen, `${name} needs ${needed}`).toContain(needed);
      expect(sourceCodeInfo).toBeUndefined();
      seen.add(name);
    }
    expect([...seen]).toEqual(
      expect.arrayContaining([
        'google/protobuf/timestamp.proto',
        'google/rpc/status.proto',
        'taxon/inference/v1/inference.proto',
        'taxon/trainer/v1/trainer.proto',
      ]),
    );
  });

  it('name their methods as gRPC does', () => {
    expect(inferenceContract.classify.path).toBe('/taxon.inference.v1.InferenceService/Classify');
  });
});
