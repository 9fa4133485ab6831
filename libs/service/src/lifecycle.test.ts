import { describe, expect, it } from 'vitest';
import { createLifecycle } from './lifecycle.ts';

describe('lifecycle', () => {
  it('goes through its states in order and tells of each', () => {
    const lifecycle = createLifecycle();
    const seen: string[] = [lifecycle.state];
    const stop = lifecycle.onChange((state) => seen.push(state));
    lifecycle.enter('ready');
    lifecycle.enter('draining');
    stop();
    lifecycle.enter('stopped');
    expect(seen).toEqual(['starting', 'ready', 'draining']);
    expect(lifecycle.state).toBe('stopped');
  });

  it('may fail to start', () => {
    const lifecycle = createLifecycle();
    lifecycle.enter('stopped');
    expect(lifecycle.state).toBe('stopped');
  });

  it('refuses every other way', () => {
    const lifecycle = createLifecycle();
    expect(() => lifecycle.enter('draining')).toThrow('cannot go from starting to draining');
    lifecycle.enter('ready');
    expect(() => lifecycle.enter('stopped')).toThrow('cannot go from ready to stopped');
    expect(() => lifecycle.enter('ready')).toThrow('cannot go from ready to ready');
  });
});
