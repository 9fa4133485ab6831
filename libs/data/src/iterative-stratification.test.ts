import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom, foldsOf, normalizeText, stratifiedSplit, type Example } from './index.ts';

const partNames = ['train', 'validation', 'test'] as const;
const shares = { train: 0.7, validation: 0.15, test: 0.15 };

/** Few texts, so that copies occur, with any labels of two tasks. */
const anyLabels = fc.option(fc.uniqueArray(fc.constantFrom('p', 'q', 'r', 's'), { maxLength: 3 }), { nil: undefined });
const anyRows = fc
  .array(
    fc.record({
      text: fc.constantFrom('a', 'A', 'b', 'c', 'd', 'e', 'f', 'g', 'h'),
      labels: fc.tuple(anyLabels, anyLabels),
    }),
    {
      minLength: 1,
      maxLength: 40,
    },
  )
  .map((rows): Example[] => rows.map((row, line) => ({ ...row, line })));

/** Multi-label texts as they are: skewed label frequencies, labels that go together. */
const skewed = (n: number, labels: number, seed: number): Example[] => {
  const random = createRandom(seed);
  return Array.from({ length: n }, (_, line) => {
    const first = Math.floor(labels * random() ** 3);
    const own = random() < 0.4 ? [first, (first * 7 + Math.floor(random() * 2)) % labels] : [first];
    return { text: `t${line}`, labels: [[...new Set(own)].map((label) => `l${label}`)], line };
  });
};
const countsOf = (examples: readonly Example[], task = 0): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const { labels } of examples)
    for (const label of labels[task] ?? []) counts.set(label, (counts.get(label) ?? 0) + 1);
  return counts;
};
/** How far the parts are from their share of every label, in examples, on average. */
const meanDeviation = (
  parts: readonly (readonly Example[])[],
  wanted: readonly number[],
  all: readonly Example[],
): number => {
  const totals = countsOf(all);
  const found = parts.map((part) => countsOf(part));
  const off = [...totals].flatMap(([label, n]) =>
    found.map((counts, p) => Math.abs((counts.get(label) ?? 0) - n * wanted[p]!)),
  );
  return off.reduce((sum, d) => sum + d, 0) / off.length;
};

describe('splitting multi-label texts and several tasks', () => {
  it('partitions any of them, keeps copies together and gives every label to train', () => {
    fc.assert(
      fc.property(anyRows, fc.integer(), (rows, seed) => {
        const split = stratifiedSplit(rows, { seed });
        expect(partNames.flatMap((part) => split[part].map(({ line }) => line)).sort((a, b) => a - b)).toEqual(
          rows.map(({ line }) => line),
        );
        const places = new Map<string, string>();
        for (const part of partNames)
          for (const { text } of split[part]) {
            const key = normalizeText(text);
            expect(places.get(key) ?? part).toBe(part);
            places.set(key, part);
          }
        for (const task of [0, 1])
          expect([...countsOf(split.train, task).keys()].sort()).toEqual([...countsOf(rows, task).keys()].sort());
        expect(stratifiedSplit(rows, { seed })).toEqual(split);
      }),
    );
  });

  it('keeps the share of every label far better than chance does', () => {
    const rows = skewed(2000, 40, 1);
    const split = stratifiedSplit(rows, { ...shares, seed: 3 });
    const wanted = partNames.map((part) => shares[part]);
    const ours = meanDeviation(
      partNames.map((part) => split[part]),
      wanted,
      rows,
    );
    const random = createRandom(3);
    const chance: Example[][] = [[], [], []];
    for (const row of rows) chance[random() < 0.7 ? 0 : random() < 0.5 ? 1 : 2]!.push(row);
    expect(ours).toBeLessThan(meanDeviation(chance, wanted, rows) / 4);
    expect(ours).toBeLessThan(0.8);
    partNames.forEach((part, p) => expect(Math.abs(split[part].length / rows.length - wanted[p]!)).toBeLessThan(0.01));
  });

  it('keeps the share of frequent combinations of two tasks, and of the single labels of rare ones', () => {
    const random = createRandom(5);
    const rows = Array.from({ length: 1200 }, (_, line): Example => {
      const topic = Math.floor(4 * random());
      const mood = random() < 0.8 ? topic % 2 : 2 + Math.floor(8 * random());
      return { text: `t${line}`, labels: [[`a${topic}`], line % 10 === 0 ? undefined : [`b${mood}`]], line };
    });
    const split = stratifiedSplit(rows, { ...shares, seed: 1 });
    const combinations = (examples: readonly Example[]) =>
      countsOf(
        examples
          .filter(({ labels }) => labels[1] !== undefined)
          .map((row) => ({ ...row, labels: [[JSON.stringify(row.labels)]] })),
      );
    for (const [count, wanted] of [
      [combinations, 1.5],
      [(examples: readonly Example[]) => countsOf(examples, 0), 3],
      [(examples: readonly Example[]) => countsOf(examples, 1), 3],
    ] as const)
      for (const part of partNames) {
        const found = count(split[part]);
        for (const [key, n] of count(rows))
          if (n >= 7)
            // a seventh is what the smallest part is: rarer combinations rely on their labels
            expect(Math.abs((found.get(key) ?? 0) - n * shares[part])).toBeLessThanOrEqual(wanted);
      }
  });

  it('splits a hierarchy by its fine labels, exactly', () => {
    const rows = Array.from({ length: 600 }, (_, line): Example => {
      const fine = line % 30;
      return { text: `t${line}`, labels: [[`c${fine % 3}`], [`f${fine}`]], line };
    });
    const split = stratifiedSplit(rows, { ...shares, hierarchical: true });
    for (const part of partNames)
      expect(new Set(countsOf(split[part], 1).values())).toEqual(new Set([20 * shares[part]]));
    const open = rows.map((row, i): Example => (i % 4 === 0 ? { ...row, labels: [row.labels[0], undefined] } : row));
    const half = stratifiedSplit(open, { ...shares, hierarchical: true });
    for (const [label, n] of countsOf(open, 1))
      expect(Math.abs((countsOf(half.train, 1).get(label) ?? 0) - 0.7 * n)).toBeLessThanOrEqual(1);
  });

  it('names task and class of what is too rare for every part', () => {
    const rows = skewed(200, 3, 1).map((row, i) => ({ ...row, labels: [row.labels[0], i === 7 ? ['rare'] : ['b']] }));
    const { notes } = stratifiedSplit(rows, { tasks: [{ name: 'tags' }, { name: 'mood' }] });
    expect(notes.map(({ message }) => message)).toEqual([
      'task "mood": 1 class has too few examples for the validation part: "rare" (1)',
      'task "mood": 1 class has too few examples for the test part: "rare" (1)',
    ]);
  });

  it('gives train a label that is met only on copies of a text which mostly carries another', () => {
    const rows = Array.from({ length: 60 }, (_, i): Example => ({ text: `t${i}`, labels: [['a']], line: i }));
    const contradicted = rows.flatMap((row) => [row, row, { ...row, labels: [[`own ${row.line % 20}`]] }]);
    expect(countsOf(stratifiedSplit(contradicted, { train: 0.1, test: 0.9 }).train).size).toBe(21);
  });
});

describe('folds', () => {
  const foldCounts = (rows: readonly Example[], folds: Int32Array, k: number) =>
    Array.from({ length: k }, (_, fold) => countsOf(rows.filter((_, i) => folds[i] === fold)));

  it('gives every fold its share of every class within one, and folds of about one size', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 2, max: 6 }),
        fc.integer(),
        (sizes, k, seed) => {
          const rows = sizes.flatMap((size, c) =>
            Array.from({ length: size }, (_, i): Example => ({ text: `c${c} t${i}`, labels: [[`l${c}`]], line: i })),
          );
          if (rows.length < k) return;
          const folds = foldsOf(rows, k, seed);
          const counts = foldCounts(rows, folds, k);
          sizes.forEach((size, c) => {
            for (const found of counts) expect(Math.abs((found.get(`l${c}`) ?? 0) - size / k)).toBeLessThan(1);
          });
          const lengths = Array.from({ length: k }, (_, fold) => folds.filter((own) => own === fold).length);
          expect(Math.max(...lengths) - Math.min(...lengths)).toBeLessThanOrEqual(1);
          expect(foldsOf(rows, k, seed)).toEqual(folds);
        },
      ),
    );
  });

  it('keeps copies in one fold and leaves no fold empty, whatever the labels', () => {
    fc.assert(
      fc.property(anyRows, fc.integer({ min: 2, max: 4 }), fc.integer(), (rows, k, seed) => {
        const texts = new Map(rows.map(({ text }) => [normalizeText(text), -1]));
        if (texts.size < k) {
          expect(() => foldsOf(rows, k, seed)).toThrow(`cannot make ${k} folds`);
          return;
        }
        const folds = foldsOf(rows, k, seed);
        expect(new Set(folds).size).toBe(k);
        rows.forEach(({ text }, i) => {
          const key = normalizeText(text);
          if (texts.get(key) !== -1) expect(folds[i]).toBe(texts.get(key));
          texts.set(key, folds[i]!);
        });
      }),
    );
  });

  it('puts every label of two texts or more into two folds, so that no fold asks what its training never saw', () => {
    for (let seed = 0; seed < 20; seed++) {
      const rows = skewed(300, 60, seed);
      const counts = foldCounts(rows, foldsOf(rows, 5, seed), 5);
      for (const [label, n] of countsOf(rows))
        if (n > 1) expect(counts.filter((found) => found.has(label)).length).toBeGreaterThan(1);
    }
    const rows = skewed(2000, 40, 1);
    const folds = foldsOf(rows, 5, 0);
    const parts = Array.from({ length: 5 }, (_, fold) => rows.filter((_, i) => folds[i] === fold));
    expect(meanDeviation(parts, [0.2, 0.2, 0.2, 0.2, 0.2], rows)).toBeLessThan(0.8);
  });

  it('refuses numbers that make no folds', () => {
    const rows = skewed(10, 2, 0);
    expect(() => foldsOf(rows, 1, 0)).toThrow('the number of folds is 1');
    expect(() => foldsOf(rows, 2.5, 0)).toThrow('2.5');
    expect(() => foldsOf(rows, 11, 0)).toThrow('10 different texts cannot make 11 folds');
  });
});
