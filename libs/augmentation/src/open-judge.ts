import { normalizeText, type TaskDefinition } from '@taxon/data';
import { invalidInput } from '@taxon/errors';
import { readAnswers } from '@taxon/evaluation';
import { loadClassifier } from '@taxon/models';
import type { Judge } from './judge.ts';
import type { AugmentOptions, PolicyOptions } from './options.ts';
import { policyTask } from './policy.ts';
import type { Row } from './row.ts';
import { hashTwice } from './seen-texts.ts';

/** What a model says of a row in the task that counts. */
interface Opinion {
  answer: readonly string[];
  /** Probability of the answer less that of the runner-up; of several labels the least. */
  margin: number;
}

const sameLabels = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((label) => b.includes(label));

const isChosen = (row: Row, task: number, { answer, margin }: Opinion, policy: PolicyOptions): boolean => {
  const labels = row.labels[task];
  if (labels === undefined) return false;
  return !sameLabels(labels, answer) || (policy.rows === 'hard' && margin < policy.margin);
};

/** Sigmoids have no runner-up: a label's margin is how far its probability is from one half, both ways. */
const marginOf = (ranked: readonly { label: string; probability: number }[], several: boolean): number => {
  if (several) return ranked.reduce((least, { probability }) => Math.min(least, Math.abs(2 * probability - 1)), 1);
  return (ranked[0]?.probability ?? 0) - (ranked[1]?.probability ?? 0);
};

const modelJudge = async (
  folder: string,
  { policy, threads }: AugmentOptions,
  tasks: readonly TaskDefinition[],
  signal?: AbortSignal,
): Promise<Judge> => {
  const classifier = await loadClassifier(folder, { threads, signal });
  const task = policyTask(tasks, policy);
  // By name where the model knows it, else by place: files may call their column otherwise than the training file did.
  const named = classifier.space.tasks.findIndex(({ name }) => name === tasks[task]!.name);
  const at = named === -1 ? task : named;
  const asked = classifier.space.tasks[at];
  if (asked === undefined) {
    await classifier.dispose();
    throw invalidInput(`policy.model: ${folder} has no task for ${JSON.stringify(tasks[task]!.name)}`);
  }
  return {
    async choose(rows, own) {
      const texts = rows.map(({ text, pair }) => (pair === undefined ? text : { text, pair }));
      const predictions = await classifier.classify(texts, { signal: own });
      return rows.map((row, i) => {
        const { labels, answer } = predictions[i]!.tasks[at]!;
        const margin = marginOf(labels, asked.kind === 'multi-label');
        return isChosen(row, task, { answer, margin }, policy);
      });
    },
    dispose: () => classifier.dispose(),
  };
};

const keyOf = ({ text, pair }: { text: string; pair?: string }): string => {
  const [a, b] = hashTwice(normalizeText(pair === undefined ? text : `${text}\0${pair}`));
  return `${a.toString(36)} ${b.toString(36)}`;
};

/** A row that the file does not hold is not chosen. The file keeps no runner-up: the margin is at least 2p − 1. */
const answersJudge = async (
  path: string,
  { policy }: AugmentOptions,
  tasks: readonly TaskDefinition[],
): Promise<Judge> => {
  const answers = await readAnswers(path);
  const task = policyTask(tasks, policy);
  const named = answers.tasks.findIndex(({ name }) => name === tasks[task]!.name);
  const at = named === -1 ? Math.min(task, answers.tasks.length - 1) : named;
  const opinions = new Map<string, Opinion>();
  for (const one of answers.texts) {
    const { given, scores = [], abstained } = one.decisions[at]!;
    const margin = scores.reduce((least, score) => Math.min(least, 2 * score - 1), 1);
    opinions.set(keyOf(one), { answer: abstained === true ? [] : given, margin });
  }
  return {
    choose: (rows) =>
      Promise.resolve(
        rows.map((row) => {
          const opinion = opinions.get(keyOf(row));
          return opinion !== undefined && isChosen(row, task, opinion, policy);
        }),
      ),
    dispose: () => Promise.resolve(),
  };
};

/**
 * What chooses the rows of a policy; undefined where all are.
 * @throws TaxonError `invalid_input` where rows shall be chosen and neither a model nor its answers are named
 */
export const openJudge = async (
  options: AugmentOptions,
  tasks: readonly TaskDefinition[],
  signal?: AbortSignal,
): Promise<Judge | undefined> => {
  const { rows, model, predictions } = options.policy;
  if (rows === 'all') return undefined;
  if (model !== undefined) return modelJudge(model, options, tasks, signal);
  if (predictions !== undefined) return answersJudge(predictions, options, tasks);
  throw invalidInput(
    `policy.rows is '${rows}', and nothing says which rows these are`,
    "Set policy.model to a model's folder, or policy.predictions to a run's run/answers.jsonl.",
  );
};
