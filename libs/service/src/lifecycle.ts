/**
 * A host's states, in order; none is entered twice and none is skipped, except that a failed start goes straight to `stopped`.
 * `starting`: services load, calls are refused. `ready`: calls are served. `draining`: new calls are refused, those under
 * way finish. `stopped`: everything is released.
 */
export const lifecycleStates = ['starting', 'ready', 'draining', 'stopped'] as const;
export type LifecycleState = (typeof lifecycleStates)[number];

const next: Record<LifecycleState, readonly LifecycleState[]> = {
  starting: ['ready', 'stopped'],
  ready: ['draining'],
  draining: ['stopped'],
  stopped: [],
};

export interface Lifecycle {
  readonly state: LifecycleState;
  /** @throws Error when the states do not follow each other: a bug of the caller */
  enter(state: LifecycleState): void;
  /** Called after every change, until the returned function is called. */
  onChange(listener: (state: LifecycleState) => void): () => void;
}

export const createLifecycle = (): Lifecycle => {
  let current: LifecycleState = 'starting';
  const listeners = new Set<(state: LifecycleState) => void>();
  return {
    get state() {
      return current;
    },
    enter: (state) => {
      if (!next[current].includes(state)) throw new Error(`lifecycle: cannot go from ${current} to ${state}`);
      current = state;
      for (const listener of [...listeners]) listener(state);
    },
    onChange: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
};
