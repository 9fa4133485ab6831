import { ratio } from '../shapes.ts';
import type { PairedTask } from './pair-decisions.ts';

/** What became of one label from run a to run b. */
export interface ChangedLabel {
  label: string;
  /** Texts that carry it. */
  support: number;
  f1A: number;
  f1B: number;
  /** Texts where only b is right about this label, whether it belongs to them or not. */
  gained: number;
  /** Texts where only a is. */
  lost: number;
}

/** Labels about which the runs differ in some text, those first that change weighted F1 the most. */
export const changedLabels = ({ labels, texts }: PairedTask): ChangedLabel[] => {
  const counts = labels.map(() => ({ support: 0, a: [0, 0], b: [0, 0], gained: 0, lost: 0 }));
  for (const { expected, a, b } of texts)
    for (const label of new Set([...expected, ...a, ...b])) {
      const own = counts[label]!;
      const [right, inA, inB] = [expected.includes(label), a.includes(label), b.includes(label)];
      own.support += Number(right);
      for (const [of, given] of [
        [own.a, inA],
        [own.b, inB],
      ] as const) {
        of[0]! += Number(given);
        of[1]! += Number(given && right);
      }
      own.gained += Number(inB === right && inA !== right);
      own.lost += Number(inA === right && inB !== right);
    }
  const f1 = (support: number, [given, hits]: readonly number[]): number => ratio(2 * hits!, support + given!);
  const moved = ({ f1A, f1B, support }: ChangedLabel): number => Math.abs(f1B - f1A) * support;
  return counts
    .map(({ support, a, b, gained, lost }, i): ChangedLabel => ({
      ...{ label: labels[i]!, support, f1A: f1(support, a), f1B: f1(support, b), gained, lost },
    }))
    .filter(({ gained, lost }) => gained + lost > 0)
    .sort((x, y) => moved(y) - moved(x) || y.gained + y.lost - x.gained - x.lost);
};
