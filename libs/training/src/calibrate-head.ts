import type { LabelIndices, LabelSpace } from '@taxon/data';
import { fitSigmoidTemperature, fitSoftmaxTemperature } from '@taxon/evaluation';
import { countOutputs, outputGroups } from '@taxon/models';
import type { ModelState } from './model-state.ts';
import { taskLogits } from './task-logits.ts';

/** With fewer texts a temperature is chance. */
const fewestTexts = 100;

/**
 * The temperature of every output (Guo et al. 2017): one a task, fitted on the given texts; 1 for a task of which too few are
 * known, and for the fine labels of a hierarchy, whose probabilities are products.
 * @param logits [texts, C]
 * @returns [C]
 */
export const fitTemperatures = (
  logits: Float32Array,
  labels: readonly LabelIndices[],
  space: LabelSpace,
): Float32Array => {
  const temperatures = new Float32Array(countOutputs(space)).fill(1);
  for (const { task, begin, end, parent } of outputGroups(space)) {
    const own = taskLogits(logits, labels, space, task);
    if (parent !== undefined || own.texts.length < fewestTexts) continue;
    const { temperature } =
      own.kind === 'single-label'
        ? fitSoftmaxTemperature(own.logits, own.expected, end - begin)
        : fitSigmoidTemperature(own.logits, own.expected);
    temperatures.fill(temperature, begin, end);
  }
  return temperatures;
};

/** Divides every column of a matrix [rows, C] by its output's temperature, in place. */
export const divideColumns = (matrix: Float32Array, temperatures: Float32Array): void => {
  for (let i = 0; i < matrix.length; i++) matrix[i]! /= temperatures[i % temperatures.length]!;
};

/** Builds the temperatures into the linear layer: its logits are then calibrated for whoever reads the model. */
export const calibrateHead = ({ memory }: ModelState, temperatures: Float32Array): void => {
  for (const name of ['classifier.weight', 'classifier.bias']) divideColumns(memory.tensors[name]!.value, temperatures);
};
