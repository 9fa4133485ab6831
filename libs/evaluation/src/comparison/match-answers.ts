import { invalidInput } from '@taxon/errors';
import type { Answers } from '../answers/answers.ts';

export interface MatchedTask {
  name: string;
  /** Its place in either file. */
  a: number;
  b: number;
}

/** Something that a person should know of a comparison. */
export interface ComparisonNote {
  level: 'info' | 'warning';
  message: string;
}

const quoted = (names: readonly string[]): string => names.map((name) => `'${name}'`).join(', ');
const countOf = (n: number): string => `${n.toLocaleString('en-US')} ${n === 1 ? 'text' : 'texts'}`;

/**
 * The tasks of both; where either has one alone, they are the same question whatever they are called.
 * @throws TaxonError `invalid_input` where there is none
 */
export const matchTasks = (a: Answers, b: Answers, note: (one: ComparisonNote) => void): MatchedTask[] => {
  const [ofA, ofB] = [a.tasks, b.tasks];
  const names = `A has ${quoted(ofA.map(({ name }) => name))}, B has ${quoted(ofB.map(({ name }) => name))}`;
  const alone = ofA.length === 1 && ofB.length === 1;
  const [named, other] = [ofA[0]!.name, ofB[0]!.name];
  const shared: MatchedTask[] = alone
    ? [{ name: named, a: 0, b: 0 }]
    : ofA.flatMap(({ name }, at) => {
        const there = ofB.findIndex((task) => task.name === name);
        return there < 0 ? [] : [{ name, a: at, b: there }];
      });
  if (shared.length === 0)
    throw invalidInput(`there is no task that both answer: ${names}`, 'Compare models that were asked the same.');
  if (alone && named !== other)
    note({ level: 'info', message: `the task is called '${named}' in A and '${other}' in B` });
  if (!alone && (shared.length < ofA.length || shared.length < ofB.length))
    note({ level: 'warning', message: `only ${quoted(shared.map(({ name }) => name))} can be compared: ${names}` });
  const alike = shared.filter((task) => ofA[task.a]!.kind === ofB[task.b]!.kind);
  for (const task of shared)
    if (!alike.includes(task))
      note({
        level: 'warning',
        message: `'${task.name}' is left out: ${ofA[task.a]!.kind} in A, ${ofB[task.b]!.kind} in B`,
      });
  if (alike.length === 0)
    throw invalidInput(`no task is of the same kind in both: ${quoted(shared.map(({ name }) => name))}`);
  return alike;
};

/**
 * Places of the texts that both answer, in the order of A: [texts][a, b]. Of a text that occurs several times the first belongs to
 * the first, and so on.
 * @throws TaxonError `invalid_input` where there is none
 */
export const matchTexts = (a: Answers, b: Answers, note: (one: ComparisonNote) => void): [number, number][] => {
  const keyOf = ({ text, pair }: Answers['texts'][number]): string => JSON.stringify([text, pair]);
  const places = new Map<string, number[]>();
  // The last of a text comes first into its list, so that the first is popped first.
  for (let at = b.texts.length - 1; at >= 0; at--) {
    const key = keyOf(b.texts[at]!);
    const own = places.get(key);
    if (own === undefined) places.set(key, [at]);
    else own.push(at);
  }
  const matched = a.texts.flatMap((text, at): [number, number][] => {
    const there = places.get(keyOf(text))?.pop();
    return there === undefined ? [] : [[at, there]];
  });
  const sizes = `A answers ${countOf(a.texts.length)}, B ${countOf(b.texts.length)}`;
  if (matched.length === 0)
    throw invalidInput(
      `A and B have no text in common: ${sizes}`,
      'Evaluate both models on one labelled file: taxon compare A B --data FILE.',
    );
  if (matched.length < a.texts.length || matched.length < b.texts.length)
    note({
      level: 'warning',
      message: `only the ${countOf(matched.length)} that both answer are compared (${sizes}); --data FILE compares all of a file`,
    });
  return matched;
};
