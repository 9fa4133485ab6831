import { describe, expect, it } from 'vitest';
import { formatOutcome, resultLine } from './report.ts';
import { thisMachine } from './machine.ts';

const outcome = {
  taxon: { seconds: 12.3456, peakMemoryBytes: 512 * 2 ** 20, settings: [{ epochs: 1, accuracy: 0.9651 }] },
  peer: { bf16: { seconds: 99 } },
  ratio: { speed: 8.019 },
};

describe('the report', () => {
  it('ends with one JSON line that holds both sides, the ratio and the machine', () => {
    const line = resultLine('train', thisMachine(), outcome);
    expect(line).not.toContain('\n');
    expect(JSON.parse(line)).toMatchObject({
      benchmark: 'train',
      machine: { cpu: expect.any(String), cores: expect.any(Number), node: process.versions.node },
      ...outcome,
    });
  });

  it('shows units that a person reads', () => {
    const text = formatOutcome(outcome);
    expect(text).toMatch(/peak memory +512 MiB/u);
    expect(text).toContain('settings 1: epochs 1, accuracy 96.51 %');
    expect(text).toMatch(/speed +8\.019/u);
  });

  it('shows the tables of a benchmark that has its own', () => {
    const own = { ...outcome, text: '| a | b |' };
    expect(formatOutcome(own)).toBe('| a | b |');
    expect(JSON.parse(resultLine('train', thisMachine(), own))).not.toHaveProperty('text');
  });

  it('says why a side is missing', () => {
    expect(formatOutcome({ ...outcome, peer: { skipped: 'no python3 here' }, ratio: {} })).toContain(
      'Peer (Python): skipped: no python3 here',
    );
  });
});
