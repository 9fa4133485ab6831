import { availableParallelism, cpus } from 'node:os';

/** Where and when figures were taken. */
export interface Machine {
  cpu: string;
  cores: number;
  node: string;
  /** ISO 8601, UTC. */
  date: string;
}

export const thisMachine = (): Machine => ({
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  cores: availableParallelism(),
  node: process.versions.node,
  date: new Date().toISOString(),
});
