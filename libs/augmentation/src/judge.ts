import type { Row } from './row.ts';

/** Says which rows are worth augmenting. */
export interface Judge {
  choose(rows: readonly Row[], signal?: AbortSignal): Promise<readonly boolean[]>;
  dispose(): Promise<void>;
}
