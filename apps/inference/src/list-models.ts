import { TaskKind, type Model } from '@taxon/contracts';
import type { ModelPool } from './model-pool.ts';
import type { ModelSource } from './model-source.ts';

const taskKinds = {
  'single-label': TaskKind.TASK_KIND_SINGLE_LABEL,
  'multi-label': TaskKind.TASK_KIND_MULTI_LABEL,
} as const;

/** The RPC: every model with what is known of it. */
export const listModels = async (source: ModelSource, pool: ModelPool): Promise<Model[]> =>
  (await source.list()).map((name) => {
    const { state, loaded, shadow, problem } = pool.describe(name);
    return {
      name,
      state,
      labels: [...(loaded?.classifier.labels ?? [])],
      tasks: (loaded?.classifier.space.tasks ?? []).map((task) => ({ ...task, kind: taskKinds[task.kind] })),
      maxLength: loaded?.classifier.maxLength ?? 0,
      loadedAt: loaded?.loadedAt,
      problem,
      version: loaded?.version ?? 0,
      shadowVersion: shadow?.version ?? 0,
    };
  });
