import type { Decision } from '../answers/answers.ts';
import type { PairedTask, PairedText } from './pair-decisions.ts';

/** A text that one run answers fully right and the other does not. */
export interface FlippedText {
  text: string;
  pair?: string;
  source?: string;
  line?: number;
  /** `gained`: only b is right; `lost`: only a is. */
  change: 'gained' | 'lost';
  expected: readonly string[];
  a: Omit<Decision, 'expected'>;
  b: Omit<Decision, 'expected'>;
}

export const isRight = (expected: readonly number[], given: readonly number[]): boolean =>
  expected.length === given.length && given.every((label) => expected.includes(label));

/** How sure the run that is wrong was of its answer. */
const suretyOfWrong = ({ change, a, b }: FlippedText): number =>
  Math.max(0, ...((change === 'lost' ? b : a).scores ?? []));

const flippedText = ({ text: about, decisions }: PairedText, change: FlippedText['change']): FlippedText => {
  const { text, pair, source, line } = about;
  const [{ expected: right, ...a }, { expected: other, ...b }] = [decisions.a, decisions.b];
  return { text, pair, source, line, change, expected: (right ?? other)!, a, b };
};

/** First what was lost, then what was gained; each with the surest wrong answers first. */
export const flippedTexts = ({ texts }: PairedTask): FlippedText[] => {
  const flips = texts.flatMap((one): FlippedText[] => {
    const [a, b] = [isRight(one.expected, one.a), isRight(one.expected, one.b)];
    return a === b ? [] : [flippedText(one, b ? 'gained' : 'lost')];
  });
  const surest = flips.toSorted((x, y) => suretyOfWrong(y) - suretyOfWrong(x));
  return (['lost', 'gained'] as const).flatMap((kind) => surest.filter(({ change }) => change === kind));
};
