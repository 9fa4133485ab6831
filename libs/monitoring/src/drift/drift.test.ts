import { createRandom, type Random } from '@taxon/data';
import { describe, expect, it } from 'vitest';
import {
  createReference,
  measureDrift,
  meanDiscrepancy,
  openWindow,
  populationStability,
  readReference,
  type Observation,
} from '../index.ts';

/** Roughly normal. */
const normal = (random: Random): number => random() + random() + random() + random() - 2;

interface World {
  labels: number;
  /** Of one label instead of any. */
  rush?: number;
  /** Added to how unsure answers are. */
  doubt?: number;
  /** Moves the embeddings. */
  shift?: number;
}

const observe = (random: Random, { labels, rush = 0, doubt = 0, shift = 0 }: World): Observation => {
  // Some labels are ten times as frequent as others.
  const any = Math.floor(labels * random() ** 2);
  const label = random() < rush ? 0 : any;
  const confidence = Math.min(1, Math.max(0, 1 - Math.abs(normal(random)) * (0.15 + doubt)));
  return {
    answers: [{ task: 'label', labels: [`l${label}`], probabilities: [confidence] }],
    embedding: Array.from({ length: 8 }, () => normal(random) + shift),
  };
};

const referenceOf = (world: World, n: number, seed: number) => {
  const random = createRandom(seed);
  return createReference(Array.from({ length: n }, () => observe(random, world)));
};

const measure = (before: World, now: World, seed: number, { n = 500, rate = 1 } = {}) => {
  const random = createRandom(1_000_000 + seed);
  const window = openWindow({ size: n });
  for (let i = 0; i < n; i++) window.add({ ...observe(random, now), at: new Date(i), samplingRate: rate });
  return measureDrift(referenceOf(before, 1000, seed), window.view(), { sample: 100, seed });
};

describe('population stability', () => {
  it('is the sum that it is said to be', () => {
    // 60, 40 against 40, 60, half an answer added: p = 60.5/101, q = 40.5/101.
    const [p, q] = [60.5 / 101, 40.5 / 101];
    expect(populationStability([60, 40], [40, 60]).psi).toBeCloseTo((q - p) * Math.log(q / p) * 2, 12);
    expect(populationStability([60, 40, 0], [60, 40, 0]).psi).toBe(0);
    // Chance: 0.001 of χ² with 2 degrees of freedom is 13.82.
    expect(populationStability([50, 50, 50], [50, 50, 50]).chance / (2 / 150)).toBeCloseTo(13.82, 0);
  });
});

describe('mean discrepancy', () => {
  const rows = (random: Random, n: number, shift = 0) =>
    Array.from({ length: n }, () => Array.from({ length: 4 }, () => normal(random) + shift));

  it('is near 0 for one source, and p is as often small as it says', () => {
    let [small, sum] = [0, 0];
    for (let seed = 0; seed < 100; seed++) {
      const random = createRandom(seed);
      const { mmd, p } = meanDiscrepancy(rows(random, 40), rows(random, 60), { permutations: 99, seed });
      small += Number(p <= 0.1);
      sum += mmd;
    }
    // 10 of 100; three standard deviations are 9.
    expect(small).toBeLessThan(20);
    expect(small).toBeGreaterThan(1);
    expect(Math.abs(sum / 100)).toBeLessThan(0.003);
  });

  it('finds a shift of half a standard deviation, and a change of width alone', () => {
    const random = createRandom(5);
    expect(meanDiscrepancy(rows(random, 150), rows(random, 150, 0.3)).p).toBeLessThan(0.002);
    const wide = rows(random, 150).map((row) => row.map((x) => 2 * x));
    const { mmd, chance } = meanDiscrepancy(rows(random, 150), wide);
    expect(mmd).toBeGreaterThan(chance);
  });
});

describe('drift', () => {
  it.each([3, 20, 150])('raises false alarms in at most 2 of 100 stable windows of %d labels', (labels) => {
    const alarms = Array.from({ length: 100 }, (_, seed) => measure({ labels }, { labels }, seed));
    // 0.1 % of each of the three is promised: 0.3 of 100; more than 2 come by chance once in 280 times.
    expect(alarms.filter(({ beyond }) => beyond.length > 0).length).toBeLessThanOrEqual(2);
    expect(alarms.every(({ enough }) => enough)).toBe(true);
  });

  it('counts sampled traffic for what it is worth', () => {
    const labels = 20;
    const [whole, sampled] = [1, 0.1].map((rate) => measure({ labels }, { labels, rush: 0.1 }, 3, { rate }));
    expect(sampled).toEqual(whole);
  });

  it.each([
    ['labelPsi', { labels: 20, rush: 0.4 }],
    ['labelPsi', { labels: 150, rush: 0.4 }],
    ['confidencePsi', { labels: 20, doubt: 0.15 }],
    ['embeddingMmd', { labels: 20, shift: 0.3 }],
  ])('finds what has changed, by %s, in each of 10 windows', (figure, now) => {
    for (let seed = 0; seed < 10; seed++) expect(measure({ labels: now.labels }, now, seed).beyond).toContain(figure);
  });

  it('knows labels by whatever name', () => {
    const live = openWindow();
    for (let i = 0; i < 300; i++)
      live.add({ answers: [{ task: 'label', labels: ['constructor'], probabilities: [0.9] }], at: new Date(i) });
    const reference = readReference(JSON.parse(JSON.stringify(referenceOf({ labels: 3 }, 300, 1))));
    expect(measureDrift(reference, live.view()).figures['labelPsi']).toBeGreaterThan(5);
  });

  it('says nothing of few predictions, nor of labels that an answer never had', () => {
    const little = measure({ labels: 20 }, { labels: 20, rush: 1 }, 1, { n: 100 });
    expect(little).toMatchObject({ n: 100, enough: false, beyond: [] });
    expect(little.figures['labelPsi']).toBeGreaterThan(1);
  });

  it('refuses embeddings of another model', () => {
    const window = openWindow();
    for (let i = 0; i < 300; i++) window.add({ answers: [], embedding: [1, 2, 3], at: new Date(i) });
    expect(() => measureDrift(referenceOf({ labels: 3 }, 300, 1), window.view())).toThrow(
      'embeddings of 3 numbers against a reference of 8',
    );
  });
});
