import { it } from 'vitest';
import { createSession } from '@taxon/compute';
import { compileForward, compileGradients } from './programs.ts';
import { compileUpdates } from './update-program.ts';
const base = { layers: 12, hidden: 768, heads: 12, intermediate: 3072, positions: 512, vocabulary: 30522, types: 2, layerNormEpsilon: 1e-12 };
const mini = { layers: 6, hidden: 384, heads: 12, intermediate: 1536, positions: 512, vocabulary: 30522, types: 2, layerNormEpsilon: 1e-12 };
const head = { kind: 'dense', pooling: 'mean', normalize: true, classes: 150 } as const;
const shape = { rows: 8, length: 128, slots: 8 };
it('x', async () => {
  for (const [name, encoder] of [['mini', mini], ['base', base]] as const) for (let round = 0; round < 2; round++)
    for (const [what, make] of [['gradients', () => compileGradients({ encoder, head, shape, dropout: 0 })], ['forward', () => compileForward({ encoder, head, shape, dropout: 0 })], ['updates', () => compileUpdates({ encoder, head, shape, dropout: 0, adamw: { beta1: .9, beta2: .99, epsilon: 1e-8, weightDecay: 0.01 }, layerDecay: 0.9, clipNorm: 1, batchesPerUpdate: 1, looped: true, half: false })]] as const) {
      const t0 = performance.now(); const p = make(); const t1 = performance.now(); const bytes = p.encode(); const t2 = performance.now();
      if (!round) console.log('nodes big', JSON.stringify(p.graph.initializers.filter((i) => i.data.byteLength > 20000).map((i) => [i.name, i.dtype, i.shape])).slice(0, 600));
      const s = await createSession(bytes, { threads: 2 }); const t3 = performance.now();
      console.log(name, what, round, 'nodes', p.graph.nodes.length, 'kB', Math.round(bytes.length / 1024), 'trace', Math.round(t1 - t0), 'encode', Math.round(t2 - t1), 'ort', Math.round(t3 - t2));
      await s.dispose();
    }
}, 200000);
