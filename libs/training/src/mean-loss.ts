import { logSumExp, softplus } from '@taxon/probability';
import { writeTargets, type Objective, type TextTargets } from './objective.ts';

/**
 * Mean over the texts of which anything is known of Σ groups weight · cross-entropy (a mean over the labels of a sigmoid group):
 * training's loss without its regularisers.
 * @param logits [texts, C]
 */
export const meanLoss = (logits: Float32Array, targets: readonly TextTargets[], objective: Objective): number => {
  const { groups } = objective;
  const classes = groups.at(-1)!.end;
  const right = new Float32Array(classes);
  const known = new Float32Array(groups.length);
  let total = 0;
  let texts = 0;
  targets.forEach((own, text) => {
    writeTargets(own, 0, right.fill(0), known, objective);
    const row = logits.subarray(text * classes, (text + 1) * classes);
    if (known.some((flag) => flag === 1)) texts += 1;
    groups.forEach(({ kind, begin, end, weight }, g) => {
      if (known[g] === 0) return;
      let loss = 0;
      const norm = kind === 'softmax' ? logSumExp(row.subarray(begin, end)) : 0;
      for (let c = begin; c < end; c++)
        if (kind === 'softmax') loss += right[c]! * (norm - row[c]!);
        else loss += (softplus(row[c]!) - right[c]! * row[c]!) / (end - begin);
      total += weight * loss;
    });
  });
  return texts === 0 ? 0 : total / texts;
};
