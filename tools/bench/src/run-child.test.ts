import { describe, expect, it } from 'vitest';
import { parseJsonLine, runChild } from './run-child.ts';

const node = (script: string, signal?: AbortSignal) => runChild(process.execPath, ['-e', script], { signal });

describe('running a measured child', () => {
  it('hands back its last line', async () => {
    expect((await node('console.log("one\\ntwo\\n\\n")')).lastLine).toBe('two');
  });

  it.runIf(process.platform === 'linux')('counts the memory of what the child itself starts', async () => {
    const grow = 'const held = Buffer.alloc(150e6, 1); setTimeout(() => held.at(0), 1000)';
    const start = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(grow)}])`;
    const { peakMemoryBytes } = await node(start);
    expect(peakMemoryBytes).toBeGreaterThan(180e6);
  });

  it('tells the exit code and the last words of a child that fails', async () => {
    await expect(node('console.error("no such thing"); process.exit(3)')).rejects.toThrow(
      /ended with exit code 3:\n.*no such thing/su,
    );
    await expect(runChild('no-such-program', [])).rejects.toThrow(/no-such-program/u);
  });

  it('stops the child when its signal aborts', async () => {
    const abort = new AbortController();
    const running = node('console.log(1); setInterval(() => {}, 1000)', abort.signal);
    setTimeout(() => abort.abort(), 200);
    await expect(running).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('shows the line that should have been JSON', () => {
    expect(parseJsonLine('{"a":1}', 'it')).toEqual({ a: 1 });
    expect(() => parseJsonLine('Segmentation fault', 'train.py')).toThrow(
      'train.py ends with no JSON line but with: Segmentation fault',
    );
  });
});
