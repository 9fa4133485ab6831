import { encodeLabels, type Example, type LabelIndices, type LabelSpace } from '@taxon/data';
import { answerLine, likelyLabelErrors, likelyMultiLabelErrors, type TaskReport } from '@taxon/evaluation';
import { sigmoids, softmaxes } from '@taxon/probability';
import { averageLogits, countOutputs, createDecider, type DecisionRule, type TaskAnswer } from '@taxon/models';
import type { PreparedData } from '../prepare-data.ts';
import { answeredText } from '../save-answers.ts';
import { scoreDecided, scoreLogits } from '../score.ts';
import { taskLogits } from '../task-logits.ts';
import { textsOf } from '../task-report.ts';
import type { AskedMember } from './fold-members.ts';
import type { Insights } from './insights.ts';
import type { MemberAnswers } from './member.ts';

/** What members say of a training text that none of them learned from. */
interface Answered {
  text: number;
  /** Members, from 0. */
  by: number[];
  /** [C] of the mean of their probabilities */
  logits: Float32Array;
}

const answeredTexts = (
  space: LabelSpace,
  members: readonly AskedMember[],
  answers: readonly MemberAnswers[],
): Answered[] => {
  const outputs = countOutputs(space);
  const found = new Map<number, { by: number[]; rows: Float32Array[] }>();
  members.forEach(({ asked }, member) =>
    asked.forEach((text, at) => {
      const own = found.get(text) ?? { by: [], rows: [] };
      found.set(text, own);
      own.by.push(member);
      own.rows.push(answers[member]!.heldOut.subarray(at * outputs, (at + 1) * outputs));
    }),
  );
  return [...found]
    .sort(([a], [b]) => a - b)
    .map(([text, { by, rows }]) => ({
      text,
      by,
      logits: rows.length === 1 ? rows[0]! : averageLogits(space, rows),
    }));
};

/** The rule of one member, or of several the mean of their thresholds. */
const commonRule = (rules: readonly DecisionRule[]): DecisionRule => {
  const [first] = rules as [DecisionRule];
  if (rules.length === 1) return first;
  return {
    ...first,
    tasks: first.tasks?.map((own, task) => ({
      ...own,
      ...(own.thresholds && {
        thresholds: own.thresholds.map(
          (_, label) => rules.reduce((sum, rule) => sum + rule.tasks![task]!.thresholds![label]!, 0) / rules.length,
        ),
      }),
    })),
  };
};

/** Answers by the rules of those that were asked. */
const decideAll = (
  space: LabelSpace,
  answered: readonly Answered[],
  answers: readonly MemberAnswers[],
): TaskAnswer[][] => {
  const deciders = new Map<string, (logits: Float32Array) => TaskAnswer[]>();
  return answered.map(({ by, logits }) => {
    const key = by.join();
    const decide = deciders.get(key) ?? createDecider(space, commonRule(by.map((member) => answers[member]!.rule)));
    deciders.set(key, decide);
    return decide(logits);
  });
};

const labelErrorsOf = (
  logits: Float32Array,
  labels: readonly LabelIndices[],
  space: LabelSpace,
  task: number,
  examples: readonly Example[],
): TaskReport['labelErrors'] => {
  const own = taskLogits(logits, labels, space, task);
  const names = space.tasks[task]!.labels;
  const shown = textsOf(examples, own.texts);
  const withTexts = <Suspect extends { index: number }>(suspects: readonly Suspect[]) =>
    suspects.map((suspect) => ({ ...suspect, ...shown[suspect.index]! }));
  if (own.texts.length === 0) return undefined;
  if (own.kind === 'single-label') {
    const found = likelyLabelErrors(softmaxes(own.logits, names.length), own.expected, names);
    return { ...found, suspects: withTexts(found.suspects) };
  }
  const found = likelyMultiLabelErrors(sigmoids(own.logits), own.expected, names);
  return { ...found, suspects: withTexts(found.suspects) };
};

/** One JSON object a text; probabilities are in the order of the labels in taxon.json. */
function* jsonLines(
  space: LabelSpace,
  examples: readonly Example[],
  answered: readonly Answered[],
  decided: readonly TaskAnswer[][],
): Generator<string> {
  for (const [i, example] of examples.entries()) {
    const by = answered[i]!.by.map((member) => member + 1);
    yield answerLine(answeredText(space, example, decided[i]!), space.tasks, { by });
  }
}

/** What members say of the texts that they did not learn from. */
export const outOfFold = (
  { train, space }: Pick<PreparedData, 'train' | 'space'>,
  members: readonly AskedMember[],
  answers: readonly MemberAnswers[],
): Insights => {
  const outputs = countOutputs(space);
  const answered = answeredTexts(space, members, answers);
  const examples = answered.map(({ text }) => train[text]!);
  const logits = new Float32Array(answered.length * outputs);
  answered.forEach((own, i) => logits.set(own.logits, i * outputs));
  const labels = encodeLabels(space, examples);
  const decided = decideAll(space, answered, answers);
  const scored = scoreDecided(decided, logits, examples, space);
  const byMember = members.map(
    ({ heldOut }, member) =>
      scoreLogits(answers[member]!.heldOut, heldOut.examples, space, answers[member]!.rule).scores,
  );
  return {
    outOfFold: { split: 'out-of-fold', scored, examples, labels },
    tasks: space.tasks.map((_, task) => ({
      folds: byMember.map(({ tasks }) => ({ n: tasks[task]!.n, figures: tasks[task]!.figures })),
      labelErrors: labelErrorsOf(logits, labels, space, task, examples),
    })),
    files: [
      {
        path: 'out-of-fold.jsonl',
        what: 'what models say of the training texts that they did not learn from',
        content: jsonLines(space, examples, answered, decided),
      },
    ],
  };
};
