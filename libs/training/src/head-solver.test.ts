import { createRandom } from '@taxon/data';
import { describe, expect, it } from 'vitest';
import { solveHead } from './head-solver.ts';
import { singleLabelObjective, singleLabelTargets } from './objective.ts';

const problem = (rows: number, size: number, classes: number, scale: number) => {
  const random = createRandom(11);
  const labels = Int32Array.from({ length: rows }, (_, i) => i % classes);
  const features = new Float32Array(rows * size);
  labels.forEach((label, i) => {
    for (let k = 0; k < size; k++) features[i * size + k] = scale * ((k === label ? 1 : 0) + 0.8 * (random() - 0.5));
  });
  return { features, size, targets: singleLabelTargets(labels), objective: singleLabelObjective(classes), labels };
};

const options = { l2: 1e-3, iterations: 150, session: { threads: 1 } };

describe('the solved head', () => {
  it('reaches the point where the gradient of the regularised loss vanishes, over several chunks', async () => {
    const classes = 4;
    const { labels, ...posed } = problem(5000, 6, classes, 1);
    const { features, size } = posed;
    const { weight, bias } = await solveHead(posed, { ...options, iterations: 400 });
    // ∂/∂W of mean cross-entropy + ½·l2·‖W‖² in double precision; the solver works at feature scale s, where W is W·s.
    const scale = Math.sqrt(features.reduce((sum, x) => sum + x * x, 0) / labels.length);
    const gradient = new Float64Array(size * classes);
    labels.forEach((label, i) => {
      const scores = Array.from({ length: classes }, (_, c) => {
        let sum = bias[c]!;
        for (let k = 0; k < size; k++) sum += features[i * size + k]! * weight[k * classes + c]!;
        return sum;
      });
      const total = scores.reduce((sum, s) => sum + Math.exp(s), 0);
      for (let k = 0; k < size; k++)
        for (let c = 0; c < classes; c++)
          gradient[k * classes + c]! +=
            ((Math.exp(scores[c]!) / total - (c === label ? 1 : 0)) * features[i * size + k]!) / scale / labels.length;
    });
    gradient.forEach((_, i) => (gradient[i]! += options.l2 * weight[i]! * scale));
    expect(Math.max(...gradient.map(Math.abs))).toBeLessThan(1e-4);
  });

  it('does not depend on the scale of the features', async () => {
    const [small, large] = await Promise.all([1e-3, 1e3].map((scale) => solveHead(problem(300, 6, 4, scale), options)));
    small!.weight.forEach((value, i) => expect(value * 1e-3).toBeCloseTo(large!.weight[i]! * 1e3, 2));
  });

  it('stops when it is told to', async () => {
    const abort = new AbortController();
    const run = solveHead(problem(300, 6, 4, 1), {
      ...options,
      signal: abort.signal,
      onProgress: (i) => i === 3 && abort.abort(),
    });
    await expect(run).rejects.toThrow(/abort/i);
  });
});
