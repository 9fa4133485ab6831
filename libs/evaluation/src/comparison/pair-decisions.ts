import type { Answers, DecidedText, Decision } from '../answers/answers.ts';
import type { ComparisonNote, MatchedTask } from './match-answers.ts';

/** One text of which the right labels are known, and what either run says. Labels are indices. */
export interface PairedText {
  text: DecidedText;
  expected: readonly number[];
  a: readonly number[];
  b: readonly number[];
  decisions: { a: Decision; b: Decision };
}

export interface PairedTask {
  name: string;
  kind: Answers['tasks'][number]['kind'];
  /** Of either run, and those that only texts carry. */
  labels: readonly string[];
  texts: PairedText[];
}

const sameLabels = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((label) => b.includes(label));

/** Both runs' decisions in one task, on the texts of which the right labels are known and the same. */
export const pairDecisions = (
  a: Answers,
  b: Answers,
  { name, a: ofA, b: ofB }: MatchedTask,
  matched: readonly (readonly [number, number])[],
  note: (one: ComparisonNote) => void,
): PairedTask => {
  const [taskA, taskB] = [a.tasks[ofA]!, b.tasks[ofB]!];
  const labels = [...taskA.labels];
  const places = new Map(labels.map((label, i) => [label, i]));
  const placeOf = (label: string): number => {
    const known = places.get(label);
    if (known !== undefined) return known;
    places.set(label, labels.length);
    return labels.push(label) - 1;
  };
  taskB.labels.forEach(placeOf);
  let disputed = 0;
  const texts = matched.flatMap(([atA, atB]): PairedText[] => {
    const text = a.texts[atA]!;
    const decisions = { a: text.decisions[ofA]!, b: b.texts[atB]!.decisions[ofB]! };
    const [one, other] = [decisions.a.expected, decisions.b.expected];
    const right = one ?? other;
    if (right === undefined) return [];
    if (one !== undefined && other !== undefined && !sameLabels(one, other)) {
      disputed += 1;
      return [];
    }
    return [
      {
        text,
        expected: right.map(placeOf),
        a: decisions.a.given.map(placeOf),
        b: decisions.b.given.map(placeOf),
        decisions,
      },
    ];
  });
  const many = disputed === 1 ? '1 text is' : `${disputed.toLocaleString('en-US')} texts are`;
  if (disputed > 0)
    note({ level: 'warning', message: `${many} left out of '${name}': their right labels differ between A and B` });
  return { name, kind: taskA.kind, labels, texts };
};
