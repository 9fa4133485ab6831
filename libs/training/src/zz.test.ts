import { it } from 'vitest';
import { fillBatch, planBatches } from '@taxon/text';
import { parameterShapes } from '@taxon/models';
import { createLoopStep } from './loop-step.ts';
import { createTrainingStep } from './training-step.ts';
import { createModelState } from './model-state.ts';
import { tinyTexts } from './testing.ts';
const encoder = { layers: 6, hidden: 384, heads: 12, intermediate: 1536, positions: 512, vocabulary: 30522, types: 2, layerNormEpsilon: 1e-12 };
const head = { kind: 'dense', pooling: 'mean', normalize: true, classes: 3 } as const;
const shape = { rows: 2, length: 64, slots: 8 };
let seed = 1; const rnd = () => ((seed = (seed * 16807) % 2147483647) / 2147483647 - 0.5);
const draw = (n: number, s: number) => Float32Array.from({ length: n }, () => s * rnd());
it('x', async () => {
  const weights = () => { seed = 1; return { words: draw(encoder.vocabulary * 384, 0.1), positions: draw(512 * 384, 0.1), types: draw(2 * 384, 0.1), parameters: Object.fromEntries(Object.entries(parameterShapes(encoder, head)).map(([n, sh]) => [n, n.endsWith('gamma') ? new Float32Array(384).fill(1) : draw(sh.reduce((a, b) => a * b, 1), 0.1)])) }; };
  const texts = tinyTexts(40);
  const batches = planBatches(texts.ids.map((t) => t.length), texts.ids.keys(), shape).map((plan) => ({ ...fillBatch(plan, (t) => texts.ids[t]!, shape, { pooling: 'mean', padId: 0 }), labels: Int32Array.from(plan.texts, (t) => texts.labels[t]!) }));
  const o = { shape, adamw: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 }, layerDecay: 0.9, clipNorm: 1, dropout: 0, seed: 3 };
  const ups = [0, 1, 2, 0, 1, 2].map((i) => ({ batches: [batches[i % batches.length]!], learningRate: 1e-4 }));
  const host = await createTrainingStep(createModelState(weights(), encoder, head), o, { threads: 2 });
  console.log('TIME host', (await Promise.resolve([])).length, JSON.stringify(await (async () => { const r = []; for (const u of ups) r.push((await host.run(u.batches, u.learningRate)).loss); return r; })()));
  await host.dispose();
  for (const [device, precision, n] of [['cpu', 'fp32', 6], ['webgpu', 'fp32', 3], ['webgpu', 'fp16', 2]] as const) {
    const t0 = performance.now();
    const step = await createLoopStep(createModelState(weights(), encoder, head), { ...o, precision }, { device, threads: 2 });
    const t1 = performance.now();
    const r = await step.runAll!(ups.slice(0, n));
    const t2 = performance.now();
    await step.sync();
    console.log('TIME', device, precision, 'create', Math.round(t1 - t0), 'run', Math.round((t2 - t1) / n), 'sync', Math.round(performance.now() - t2), JSON.stringify(r.map((x) => [x.loss, x.gradientNorm])));
    await step.dispose();
  }
}, 400000);
