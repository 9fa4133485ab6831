import type { LabelSpace } from '@taxon/data';
import { logSumExp, softplus } from '@taxon/probability';
import { countOutputs, outputGroups, type OutputGroup } from './output-groups.ts';

/** log of 1 / (1 + e^−x). */
const logSigmoid = (x: number): number => -softplus(-x);

/**
 * Logits whose probabilities are the means of the members' probabilities, in every task: of a sigmoid log p̄ − log(1 − p̄), of a softmax
 * log p̄, of a hierarchy's fine labels the logarithm of their mean joint probability, whose softmax within a coarse label is
 * p̄(fine, coarse) / p̄(coarse).
 * @param members [texts, C] each, at least one
 * @param shares of the members, together 1 @default alike
 * @returns [texts, C]
 */
export const averageLogits = (
  space: LabelSpace,
  members: readonly Float32Array[],
  shares: readonly number[] = members.map(() => 1 / members.length),
): Float32Array => {
  const groups = outputGroups(space);
  const outputs = countOutputs(space);
  const mean = new Float32Array(members[0]!.length);
  const logShares = shares.map(Math.log);
  const own = new Float64Array(members.length);
  /** log p of every output, of each member. */
  const logs = members.map(() => new Float64Array(outputs));

  const softmax = ({ begin, end, parent }: OutputGroup, row: number): void =>
    members.forEach((logits, m) => {
      const into = logs[m]!;
      const values = logits.subarray(row + begin, row + end);
      const sum = logSumExp(values);
      const above = parent === undefined ? 0 : into[parent]!; // the coarse group came first
      values.forEach((value, c) => (into[begin + c] = value - sum + above));
    });
  const average = (valueOf: (member: number) => number): number => {
    for (let m = 0; m < own.length; m++) own[m] = valueOf(m) + logShares[m]!;
    return logSumExp(own);
  };

  for (let row = 0; row < mean.length; row += outputs)
    for (const group of groups) {
      if (group.kind === 'softmax') softmax(group, row);
      for (let c = group.begin; c < group.end; c++)
        mean[row + c] =
          group.kind === 'softmax'
            ? average((m) => logs[m]![c]!)
            : average((m) => logSigmoid(members[m]![row + c]!)) - average((m) => logSigmoid(-members[m]![row + c]!));
    }
  return mean;
};
