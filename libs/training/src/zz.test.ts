import { it } from 'vitest';
import { writeFileSync } from 'node:fs';
import { compileGradients } from './programs.ts';
const mini = { layers: 6, hidden: 384, heads: 12, intermediate: 1536, positions: 512, vocabulary: 30522, types: 2, layerNormEpsilon: 1e-12 };
const head = { kind: 'dense', pooling: 'mean', normalize: true, classes: 150 } as const;
const shape = { rows: 32, length: 128, slots: 8 };
it('x', () => {
  for (const dropout of [0, 0.1]) for (const recompute of ['none', 'layers'] as const) writeFileSync(`/tmp/gpu/grad-${recompute}-${dropout}.onnx`, compileGradients({ encoder: mini, head, shape, dropout, recompute }).encode());
});
