import { describe, expect, it } from 'vitest';
import type { Benchmark } from './benchmark.ts';
import { benchmarks } from './benchmarks.ts';
import { benchmarkHelp, generalHelp, parseOptions, splitName } from './command-line.ts';

const own = { seeds: { describe: 'runs', default: '3' }, precision: { describe: "the peer's" } };

describe('the command line of bench', () => {
  it('takes the name first and leaves the rest', () => {
    expect(splitName(['step', '--json'], ['step', 'train'])).toEqual({ name: 'step', rest: ['--json'] });
    expect(splitName(['--help'], ['step'])).toEqual({ rest: [] });
  });

  it('names what it does not know and what is near', () => {
    expect(() => splitName(['trian'], ['step', 'train'])).toThrow(
      "no benchmark is called 'trian'; did you mean 'train'?",
    );
    expect(() => parseOptions(['--seed', '4'], own)).toThrow("unknown option --seed; did you mean 'seeds'?");
    expect(() => parseOptions(['--zzzzzzzz'], own)).toThrow('known: seeds, precision, json, no-peer, help');
  });

  it('reads options over their defaults', () => {
    expect(parseOptions(['--precision', 'bf16', '--json', '--no-peer'], own)).toEqual({
      json: true,
      noPeer: true,
      help: false,
      options: { seeds: '3', precision: 'bf16' },
    });
    expect(() => parseOptions(['--seeds'], own)).toThrow(/seeds/u);
  });

  it('lists every benchmark and every option in its help', async () => {
    const loaded: Record<string, Benchmark> = {};
    for (const [name, load] of Object.entries(benchmarks)) loaded[name] = await load();
    const help = generalHelp(loaded);
    for (const [name, benchmark] of Object.entries(loaded)) {
      expect(help).toContain(name);
      for (const option of Object.keys(benchmark.options))
        expect(benchmarkHelp(name, benchmark)).toContain(`--${option}`);
    }
  });
});
