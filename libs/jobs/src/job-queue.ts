/** What the queue knows of a job. */
export interface QueuedJob {
  readonly id: string;
  /** The file or folder that it writes, absolute. */
  readonly output: string;
  /** E.g. `training`. */
  readonly noun: string;
  /** Called when its turn comes; the next one's turn is when this has ended. Never rejects. */
  run(): Promise<void>;
}

/**
 * Jobs that run one after the other, of however many services: two at once would only take each other's cores and memory.
 */
export interface JobQueue {
  /** Whether a job would have to wait. */
  readonly busy: boolean;
  /** Jobs that run or wait. */
  readonly length: number;
  /** The last in the queue; its turn may come before this returns. */
  add(job: QueuedJob): void;
  /** Forgets a job that waits. */
  remove(id: string): void;
  /** Jobs that run or wait before this one; 0 for one that is not here. */
  behind(id: string): number;
  /** The job, running or waiting, that writes there. */
  writerOf(output: string): QueuedJob | undefined;
  /** Calls whenever a job has come or gone. @returns what ends that */
  watch(onChange: () => void): () => void;
}

export const createJobQueue = (): JobQueue => {
  // The first one runs.
  const jobs: QueuedJob[] = [];
  let running = false;
  const watchers = new Set<() => void>();
  const changed = (): void => watchers.forEach((onChange) => onChange());

  const runNext = (): void => {
    const job = jobs[0];
    if (running || job === undefined) return;
    running = true;
    void job.run().finally(() => {
      running = false;
      jobs.shift();
      runNext();
      changed();
    });
  };

  return {
    get busy() {
      return running;
    },
    get length() {
      return jobs.length;
    },
    add: (job) => {
      jobs.push(job);
      runNext();
      changed();
    },
    remove: (id) => {
      const at = jobs.findIndex((job) => job.id === id);
      if (at <= (running ? 0 : -1)) return;
      jobs.splice(at, 1);
      changed();
    },
    behind: (id) =>
      Math.max(
        0,
        jobs.findIndex((job) => job.id === id),
      ),
    writerOf: (output) => jobs.find((job) => job.output === output),
    watch: (onChange) => {
      watchers.add(onChange);
      return () => watchers.delete(onChange);
    },
  };
};

/** The one queue of this process. */
export const processQueue: JobQueue = createJobQueue();
