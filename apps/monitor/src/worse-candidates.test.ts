import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom } from '@taxon/data';
import { writeEncoderFolder } from '@taxon/models/testing';
import { decideGate, type GateVerdict } from '@taxon/monitoring';
import { openPlace, openRegistry, type ModelVersion, type Registry } from '@taxon/registry';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { compareVersions } from './compare-versions.ts';
import { config } from './config.ts';
import { topics, trainModel, type LabelledLine } from './test-loop.ts';

// Models that are really trained, on labels and amounts of texts that make them worse, against one that serves.

const kinds = ['lost', 'rate'] as const;

/** Nine words, two of three of the text's own topic on average: nobody answers all of them rightly. */
const draw = (count: number, seed: number): LabelledLine[] => {
  const random = createRandom(seed);
  return Array.from({ length: count }, (_, i) => {
    const own = i % 2;
    const words = Array.from({ length: 9 }, () => {
      const from = topics[kinds[random() < 0.67 ? own : 1 - own]!];
      return from[Math.floor(random() * from.length)]!;
    });
    return { text: words.join(' '), label: kinds[own]! };
  });
};

interface Fault {
  rows: number;
  /** Chances that a label of the first topic, and of the second, is turned round. */
  flips: readonly [number, number];
}
const faults: readonly Fault[] = [
  { rows: 200, flips: [0.6, 0] },
  { rows: 200, flips: [0.45, 0.45] },
  { rows: 200, flips: [0.4, 0.1] },
  { rows: 40, flips: [0.25, 0.25] },
  { rows: 8, flips: [0, 0] },
];
const seeds = [1, 2, 3, 4];

const spoil = (lines: readonly LabelledLine[], { flips }: Fault, seed: number): LabelledLine[] => {
  const random = createRandom(1000 + seed);
  return lines.map(({ text, label }) => {
    const own = label === kinds[0] ? 0 : 1;
    // Both labels stay there, whatever the chance.
    return { text, label: random() < flips[own] ? kinds[1 - own]! : label };
  });
};

let root: string;
let registry: Registry;
let serving: ModelVersion;
const model = 'spoilt';
const signal = new AbortController().signal;
const validation = draw(300, 1);
const truth = draw(600, 2);

const register = async (name: string, lines: readonly LabelledLine[]): Promise<ModelVersion> =>
  registry.register({ model, folder: await trainModel(root, name, lines, validation, 3), lineage: { how: 'trained' } });

/** What the gate says, and how much of its accuracy the candidate has lost on texts that the gate does not see. */
const judge = async (candidate: ModelVersion): Promise<{ verdict: GateVerdict; lost: number }> => {
  const rows = truth.map(({ text, label }) => ({ text, pair: undefined, labels: { label: [label] } }));
  const { validation, feedback } = await compareVersions(serving, candidate, rows, { registry, threads: 1, signal });
  const right = (who: 'serving' | 'candidate'): number =>
    feedback.filter(({ tasks }) => tasks[0]![who][0] === tasks[0]!.expected[0]).length / feedback.length;
  return { verdict: decideGate({ validation }, config.parse({})).verdict, lost: right('serving') - right('candidate') };
};

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'taxon-worse-'));
  await writeEncoderFolder(join(root, 'encoder'));
  registry = openRegistry(openPlace(join(root, 'registry')));
  serving = await register('serving', draw(200, 3));
}, 60_000);
afterAll(() => rm(root, { recursive: true }));

it('never promotes a model that was deliberately made worse, in 20 seeds', { timeout: 300_000 }, async () => {
  const found: { fault: string; seed: number; lost: number; verdict: GateVerdict }[] = [];
  for (const [i, fault] of faults.entries())
    for (const seed of seeds) {
      const candidate = await register(`${i}-${seed}`, spoil(draw(fault.rows, 100 * seed + i), fault, seed));
      found.push({ fault: JSON.stringify(fault), seed, ...(await judge(candidate)) });
    }
  expect(found).toHaveLength(20);
  // By the margin or more: nearly all are, or they were not spoilt enough to tell anything.
  expect(found.filter(({ lost }) => lost > 0.01).length).toBeGreaterThanOrEqual(17);
  expect(found.filter(({ verdict }) => verdict === 'promote')).toEqual([]);
});

it('promotes the same model again: it does not refuse whatever it is asked about', { timeout: 60_000 }, async () => {
  expect(await judge(serving)).toEqual({ verdict: 'promote', lost: 0 });
});
