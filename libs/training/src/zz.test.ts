import { it } from 'vitest';
import { createLoopStep } from './loop-step.ts';
import { createModelState } from './model-state.ts';
import { batchesOf, tinyEncoder, tinyHead, tinyShape, tinyTexts, tinyWeights } from './testing.ts';
it('x', async () => {
  const texts = tinyTexts(60);
  const batches = batchesOf(texts, [...texts.ids.keys()]);
  for (const precision of ['fp32', 'fp16'] as const) {
    const state = createModelState(tinyWeights(), tinyEncoder, tinyHead);
    const step = await createLoopStep(state, { shape: tinyShape, adamw: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 },
  layerDecay: 0.9, clipNorm: 1, dropout: 0, seed: 3, precision }, { device: 'webgpu', threads: 1, profile: '/tmp/gpu/wprof_' + precision });
    const t0 = performance.now();
    for (let i = 0; i < 5; i++) await step.run([batches[0]!], 0.001);
    console.log('TIME', precision, Math.round((performance.now() - t0) / 5));
    await step.sync();
    await step.dispose();
  }
}, 200000);
