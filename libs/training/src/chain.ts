import { outputGroups } from '@taxon/models';
import { solveStateHead } from './initial-head.ts';
import type { Objective } from './objective.ts';
import type { Run } from './run.ts';

// A hierarchy as a chain: the coarse head learns with the encoder, then the fine heads are solved on what it has become.

export const isChain = ({ recipe }: Pick<Run, 'recipe'>): boolean => recipe.hierarchy?.training === 'chain';

/** The objective with some of its groups alone. */
const only = ({ objective, space }: Run, fine: boolean): Objective => {
  const groups = outputGroups(space);
  return {
    ...objective,
    groups: objective.groups.map((group, g) =>
      (groups[g]!.parent !== undefined) === fine ? group : { ...group, weight: 0 },
    ),
  };
};

/** What the encoder learns from. */
export const coarseObjective = (run: Run): Objective => only(run, false);

/** Solves the fine heads on the features of the encoder as it is now; the coarse head stays. */
export const solveFineHeads = async (run: Run): Promise<void> => {
  const { recipe, parts, space, state, session, forward, reporter, options } = run;
  const coarse = space.tasks[0]!.labels.length;
  const names = ['classifier.weight', 'classifier.bias'];
  const before = names.map((name) => state.memory.tensors[name]!.value.slice());
  const { signal } = options;
  const objective = only(run, true);
  await solveStateHead(state, forward, parts.train, { recipe, objective, session, signal, reporter });
  names.forEach((name, at) => {
    const { value } = state.memory.tensors[name]!;
    for (let i = 0; i < value.length; i++) if (i % state.head.classes < coarse) value[i] = before[at]![i]!;
  });
};
