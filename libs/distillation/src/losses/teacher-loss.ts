import type { Signature } from '@taxon/compute';
import { groupDistillation, type LossGroup, type SeenByLoss } from '@taxon/training';
import type { PackShape } from '@taxon/text';
import * as tf from '@tensorflow/tfjs-core';
import { embeddings } from './embeddings.ts';
import { hiddenStates } from './hidden-states.ts';
import { relations } from './relations.ts';

// N: text slots, T: tokens, C: labels that both sides have, G: their groups.

/** The parts of a layer that relate tokens to each other. */
export const relationParts = ['query', 'key', 'value'] as const;

/** What the student is compared with, and how much each counts. Plain data: it decides the program. */
export interface TeacherTerms {
  answers?: {
    weight: number;
    temperature: number;
    /** Over the labels that both sides have, in the student's order. */
    groups: readonly LossGroup[];
    /** The student's outputs that these are, where they are not all of them. */
    outputs?: readonly number[];
    /** Outputs of the student. */
    classes: number;
  };
  embeddings?: { weight: number; width: number };
  /** `student` and `teacher`: layers whose states are compared. */
  hidden?: { weight: number; width: number; pairs: readonly { student: number; teacher: number }[] };
  /** Of one layer of each side. */
  relations?: { weight: number; student: number; teacher: number; width: number; heads: number };
}

/** Names of the fed tensors. */
export const fedName = {
  logits: 'teacher.logits',
  known: 'teacher.known',
  counted: 'teacher.counted',
  features: 'teacher.features',
  states: (layer: number): string => `teacher.layer.${layer}`,
  relation: (part: string): string => `teacher.${part}`,
} as const;

/** What of the student's encoder the terms look at. */
export const tapsOf = ({ hidden, relations: related }: TeacherTerms): string[] => [
  ...(hidden?.pairs.map(({ student }) => `layer.${student}`) ?? []),
  ...(related ? relationParts.map((part) => `layer.${related.student}.${part}`) : []),
];

/** What the terms are fed with. */
export const inputsOf = (terms: TeacherTerms, { rows, length, slots }: PackShape): Signature => {
  const [texts, tokens] = [rows * slots, rows * length];
  const { answers, embeddings: pooled, hidden, relations: related } = terms;
  return {
    ...(answers && {
      [fedName.logits]: { shape: [texts, answers.groups.at(-1)!.end] },
      [fedName.known]: { shape: [texts, answers.groups.length] },
    }),
    ...(pooled && {
      [fedName.features]: { shape: [texts, pooled.width] },
      [fedName.counted]: { shape: [texts] },
    }),
    ...Object.fromEntries(
      hidden?.pairs.map(({ teacher }) => [fedName.states(teacher), { shape: [tokens, hidden.width] }]) ?? [],
    ),
    ...Object.fromEntries(
      related ? relationParts.map((part) => [fedName.relation(part), { shape: [tokens, related.width] }]) : [],
    ),
  };
};

/** Some of the columns of [N, C], in order. */
const columnsOf = (x: tf.Tensor2D, columns: readonly number[] | undefined, classes: number): tf.Tensor2D => {
  if (columns === undefined) return x;
  const chosen = new Float32Array(classes * columns.length);
  columns.forEach((from, to) => (chosen[from * columns.length + to] = 1));
  return tf.matMul(x, tf.tensor2d(chosen, [classes, columns.length]));
};

const sumOf = (terms: readonly tf.Tensor1D[]): tf.Tensor1D => terms.reduce((sum, term) => tf.add(sum, term));

/** Σ weight · term over what is compared, [N]. */
export const teacherLoss = (
  terms: TeacherTerms,
  { logits, features, segments, taps, fed }: SeenByLoss,
): tf.Tensor1D => {
  const slots = logits.shape[0] / segments.shape[0];
  const { answers, embeddings: pooled, hidden, relations: related } = terms;
  const all: tf.Tensor1D[] = [];
  if (answers) {
    const own = columnsOf(logits, answers.outputs, answers.classes);
    const [right, known] = [fed[fedName.logits] as tf.Tensor2D, fed[fedName.known] as tf.Tensor2D];
    all.push(tf.mul(groupDistillation(own, right, known, answers.groups, answers.temperature), answers.weight));
  }
  if (pooled) {
    const [right, counted] = [fed[fedName.features] as tf.Tensor2D, fed[fedName.counted] as tf.Tensor1D];
    all.push(tf.mul(embeddings(features, right, counted), pooled.weight));
  }
  if (hidden) {
    const each = hidden.pairs.map(({ student, teacher }) =>
      hiddenStates(taps[`layer.${student}`]!, fed[fedName.states(teacher)]!, segments, slots),
    );
    all.push(tf.mul(sumOf(each), hidden.weight / each.length));
  }
  if (related) {
    const { student, heads } = related;
    const each = relationParts.map((part) =>
      relations(taps[`layer.${student}.${part}`]!, fed[fedName.relation(part)]!, segments, { slots, heads }),
    );
    all.push(tf.mul(sumOf(each), related.weight / each.length));
  }
  return sumOf(all);
};
