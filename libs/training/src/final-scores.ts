import { encodeLabels } from '@taxon/data';
import { calibrate, type AbstentionReport, type CalibrationReport, type ThresholdSweep } from '@taxon/evaluation';
import { mainTask, taskOffsets, type DecisionRule } from '@taxon/models';
import { chooseAbstaining, type Abstaining } from './abstain.ts';
import { calibrateHead, divideColumns, fitTemperatures } from './calibrate-head.ts';
import { createForwardFor } from './device.ts';
import type { Run } from './run.ts';
import { partLogits } from './score-part.ts';
import { scoreLogits, type ScoredPart } from './score.ts';
import { taskLogits } from './task-logits.ts';
import { tuneThresholds } from './tune-thresholds.ts';

/** What a finished model is worth, and how its logits become answers. */
export interface FinalScores {
  validation?: ScoredPart;
  test?: ScoredPart;
  rule: DecisionRule;
  /** By task: what the thresholds were chosen from, on the validation part. */
  sweeps: (ThresholdSweep | undefined)[];
  /** By task: what the temperature did to the last part that was scored. */
  calibrations: (CalibrationReport | undefined)[];
  /** Of the main task, where it may abstain. */
  abstention?: AbstentionReport;
}

/** Logits [texts, C] of the parts that there are. */
export type PartLogits = Partial<Record<'validation' | 'test', Float32Array>>;

/** When the main task is left unanswered; undefined where it always answers. */
const abstainFrom = (
  { recipe, data, space }: Pick<Run, 'recipe' | 'data' | 'space'>,
  logits: PartLogits,
  outOfScope: Float32Array | undefined,
): Abstaining | undefined => {
  const { abstain } = recipe;
  if (logits.validation === undefined || (abstain.coverage === 1 && outOfScope === undefined)) return undefined;
  const ofPart = (part: 'validation' | 'test') => ({ logits: logits[part]!, labels: encodeLabels(space, data[part]) });
  const shown = logits.test && ofPart('test');
  return chooseAbstaining(abstain, { space, validation: ofPart('validation'), shown, outOfScope });
};

/** Of every task that was given a temperature: how its probabilities fare before and after, on the test part where there is one. */
const reportCalibrations = (
  { data, space }: Run,
  logits: PartLogits,
  temperatures: Float32Array,
): FinalScores['calibrations'] => {
  const offsets = taskOffsets(space);
  return space.tasks.map(({ kind, labels }, task) => {
    if (logits.validation === undefined || temperatures[offsets[task]!] === 1) return undefined;
    const ofPart = (part: 'validation' | 'test') =>
      taskLogits(logits[part]!, encodeLabels(space, data[part]), space, task);
    return calibrate(kind, labels.length, ofPart('validation'), logits.test && ofPart('test'));
  });
};

/**
 * Scores the weights as they will be saved and served: in fp32, whatever training computed in. The validation part chooses
 * temperatures, which are built into the head, and thresholds.
 */
export const scoreFinal = async (run: Run): Promise<FinalScores> => {
  const { recipe, data, space, state, shape, device, session } = run;
  const exact = state.precision === 'fp32' ? run.forward : await createForwardFor(device, state, shape, session);
  const logits: PartLogits = {};
  let outOfScope: Float32Array | undefined;
  try {
    if (run.outOfScope !== undefined) outOfScope = (await exact.run(state, run.outOfScope)).logits;
    for (const part of ['validation', 'test'] as const)
      if (data[part].length > 0) logits[part] = await partLogits(run, exact, part);
  } finally {
    if (exact !== run.forward) await exact.dispose();
  }
  const labels = encodeLabels(space, data.validation);
  const temperatures = fitTemperatures(logits.validation ?? none, recipe.calibrate ? labels : [], space);
  const calibrations = reportCalibrations(run, logits, temperatures);
  if (temperatures.some((temperature) => temperature !== 1)) calibrateHead(state, temperatures);
  for (const values of [...Object.values(logits), ...(outOfScope ? [outOfScope] : [])])
    divideColumns(values, temperatures);
  return { ...scoreAnswers(run, logits, outOfScope), calibrations };
};

const none = new Float32Array();

/** Chooses thresholds on the validation part's logits, and scores what is answered by them. */
export const scoreAnswers = (
  run: Pick<Run, 'recipe' | 'data' | 'space'>,
  logits: PartLogits,
  outOfScope?: Float32Array,
): FinalScores => {
  const { recipe, data, space } = run;
  const labels = encodeLabels(space, data.validation);
  const tuned = tuneThresholds(logits.validation ?? none, labels, space, recipe.thresholds, { curves: true });
  const abstaining = abstainFrom(run, logits, outOfScope);
  const rule: DecisionRule = {
    decoding: recipe.hierarchy?.decoding,
    tasks: tuned.rules.map((own, task) =>
      abstaining !== undefined && task === mainTask(space) ? { ...own, abstainBelow: abstaining.threshold } : own,
    ),
  };
  const score = (part: 'validation' | 'test'): ScoredPart | undefined =>
    logits[part] && scoreLogits(logits[part], data[part], space, rule);
  return {
    validation: score('validation'),
    test: score('test'),
    rule,
    sweeps: tuned.sweeps,
    calibrations: space.tasks.map(() => undefined),
    abstention: abstaining?.report,
  };
};
