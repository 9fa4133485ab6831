import { relative, resolve } from 'node:path';
import { invalidInput } from '@taxon/errors';
import type { DistillationOptions } from './options.ts';
import type { Teacher } from './signals/teachers.ts';

/** Signals that are compared with one teacher. */
export const insideSignals = ['embeddings', 'hidden', 'relations'] as const;

const asked = ({ signals }: DistillationOptions): (typeof insideSignals)[number][] =>
  insideSignals.filter((name) => signals[name] > 0);

/** Whether one path is the other, or lies within it. */
const within = (path: string, folder: string): boolean => {
  const way = relative(resolve(folder), resolve(path));
  return way === '' || !(way.startsWith('..') || resolve(way) === way);
};

/** @throws TaxonError `invalid_input` for options that contradict each other; before anything is read */
export const expectOptions = (options: DistillationOptions): void => {
  const { signals, alpha, optimizer, output, teachers, balance, unlabelled } = options;
  if (Object.values(signals).every((weight) => weight === 0))
    throw invalidInput('all signals have a weight of 0: nothing of the teacher would be learnt', 'Leave one in.');
  if (alpha === 1) throw invalidInput('alpha is 1: nothing of the teacher would be learnt', 'Set it below 1.');
  const overwritten = teachers.find(({ folder }) => within(folder, output) || within(output, folder));
  if (overwritten !== undefined)
    throw invalidInput(
      `output is ${output}, which is or holds the teacher ${overwritten.folder}, or lies in it`,
      'Choose another folder for the student.',
    );
  const inside = asked(options).find((name) => name !== 'embeddings');
  if (inside !== undefined && (optimizer.freeze > 0 || optimizer.recompute))
    throw invalidInput(
      `signals.${inside} is ${signals[inside]}; with optimizer.${optimizer.recompute ? 'recompute' : 'freeze'} the states within layers are not at hand`,
      'Use one of the two.',
    );
  if (balance.strategy !== 'none' && unlabelled.texts.length > 0)
    throw invalidInput(
      `balance.strategy is '${balance.strategy}', which chooses texts by their labels; unlabelled.texts have none`,
      'Use one of the two.',
    );
};

/** @throws TaxonError `invalid_input` for signals that several models cannot give */
export const expectOneTeacher = (options: DistillationOptions, teachers: readonly Teacher[]): void => {
  const [name] = asked(options);
  if (name === undefined || teachers.length === 1) return;
  throw invalidInput(
    `signals.${name} is ${options.signals[name]}; there are ${teachers.length} teachers, and states of several models have no mean`,
    'Set it to 0, or name one teacher that is no ensemble.',
  );
};
