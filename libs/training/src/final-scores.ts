import { encodeLabels } from '@taxon/data';
import type { ThresholdSweep } from '@taxon/evaluation';
import type { DecisionRule } from '@taxon/models';
import { calibrateHead, divideColumns, fitTemperatures } from './calibrate-head.ts';
import { createForwardFor } from './device.ts';
import type { Run } from './run.ts';
import { partLogits } from './score-part.ts';
import { scoreLogits, type ScoredPart } from './score.ts';
import { tuneThresholds } from './tune-thresholds.ts';

/** What a finished model is worth, and how its logits become answers. */
export interface FinalScores {
  validation?: ScoredPart;
  test?: ScoredPart;
  rule: DecisionRule;
  /** By task: what the thresholds were chosen from, on the validation part. */
  sweeps: (ThresholdSweep | undefined)[];
  /** [C] what the logits were divided by. */
  temperatures: Float32Array;
}

/**
 * Scores the weights as they will be saved and served: in fp32, whatever training computed in. The validation part chooses
 * temperatures, which are built into the head, and thresholds.
 */
export const scoreFinal = async (run: Run): Promise<FinalScores> => {
  const { recipe, data, space, state, shape, device, session } = run;
  const exact = state.precision === 'fp32' ? run.forward : await createForwardFor(device, state, shape, session);
  const logits: Partial<Record<'validation' | 'test', Float32Array>> = {};
  try {
    for (const part of ['validation', 'test'] as const)
      if (data[part].length > 0) logits[part] = await partLogits(run, exact, part);
  } finally {
    if (exact !== run.forward) await exact.dispose();
  }
  const labels = encodeLabels(space, data.validation);
  const none = new Float32Array();
  const temperatures = fitTemperatures(logits.validation ?? none, recipe.calibrate ? labels : [], space);
  if (temperatures.some((temperature) => temperature !== 1)) calibrateHead(state, temperatures);
  for (const values of Object.values(logits)) divideColumns(values, temperatures);
  const tuned = tuneThresholds(logits.validation ?? none, labels, space, recipe.thresholds, { curves: true });
  const rule: DecisionRule = { decoding: recipe.hierarchy?.decoding, tasks: tuned.rules };
  const score = (part: 'validation' | 'test'): ScoredPart | undefined =>
    logits[part] && scoreLogits(logits[part], data[part], space, rule);
  return { validation: score('validation'), test: score('test'), rule, sweeps: tuned.sweeps, temperatures };
};
