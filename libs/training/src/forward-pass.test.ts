import { expect, it } from 'vitest';
import { createForwardPass } from './forward-pass.ts';
import { createModelState } from './model-state.ts';
import { session, tinyEncoder, tinyHead, tinyShape, tinyTexts, tinyWeights, webGpuIsThere } from './testing.ts';

it.skipIf(!(await webGpuIsThere()))('computes the same on webgpu as on cpu (needs an adapter)', async () => {
  const state = createModelState(tinyWeights(), tinyEncoder, tinyHead);
  const run = async (device: 'cpu' | 'webgpu') => {
    const forward = await createForwardPass(state, tinyShape, { ...session, device });
    const result = await forward.run(state, tinyTexts(12));
    await forward.dispose();
    return result;
  };
  const [host, gpu] = [await run('cpu'), await run('webgpu')];
  for (const part of ['features', 'logits'] as const)
    host[part].forEach((value, i) => expect(gpu[part][i]).toBeCloseTo(value, 4));
});
