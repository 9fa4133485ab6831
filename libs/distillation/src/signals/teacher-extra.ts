import type { FeedTensor } from '@taxon/compute';
import type { LabelSpace } from '@taxon/data';
import type { ExtraLoss } from '@taxon/training';
import type { PackedBatch, PackShape } from '@taxon/text';
import { fedName, inputsOf, relationParts, tapsOf, teacherLoss, type TeacherTerms } from '../losses/teacher-loss.ts';
import { groupShares } from './mean-answers.ts';
import type { TeacherSignals } from './read-texts.ts';
import { tokenRows } from './token-rows.ts';

/** Where the teachers' side of a batch comes from. */
export interface TeacherSide {
  terms: TeacherTerms;
  /** Share of the labels' own loss. */
  labelShare: number;
  /** Labels that are taught. */
  space: LabelSpace;
  /** Logits [C] of the teachers' mean answer to a training text. */
  answer: (text: number) => Float32Array;
  /** Of a training text, the groups in which the teachers' answer does not count. */
  unknownGroups: (text: number) => readonly number[];
  /** Of the teacher whose features and states are compared. */
  signals: TeacherSignals;
}

/** A feed of the shape that the program's signature gives it, filled slot by slot. */
const perSlot = (
  batch: PackedBatch,
  shape: readonly number[],
  rowOf: (text: number) => Float32Array | number,
): FeedTensor => {
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
  const width = data.length / shape[0]!;
  batch.texts.forEach((text, i) => {
    const row = rowOf(text);
    if (typeof row === 'number') data[batch.slots[i]!] = row;
    else data.set(row, batch.slots[i]! * width);
  });
  return { shape: [...shape], data };
};

/** The teachers as a term of the loss of training. */
export const teacherExtra = (side: TeacherSide): ExtraLoss => {
  const { terms, labelShare, space, answer, unknownGroups, signals } = side;
  const { answers, embeddings, hidden, relations } = terms;
  const feeds = (batch: PackedBatch, shape: PackShape): Record<string, FeedTensor> => {
    const sizes = inputsOf(terms, shape);
    const sizeOf = (name: string): number[] => sizes[name]!.shape as number[];
    const fed: Record<string, FeedTensor> = {};
    if (answers) {
      const rows = new Map(batch.texts.map((text) => [text, answer(text)]));
      fed[fedName.logits] = perSlot(batch, sizeOf(fedName.logits), (text) => rows.get(text)!);
      fed[fedName.known] = perSlot(batch, sizeOf(fedName.known), (text) => {
        const shares = groupShares(space, rows.get(text)!, answers.temperature);
        for (const group of unknownGroups(text)) shares[group] = 0;
        return shares;
      });
    }
    if (embeddings) {
      const row = new Float32Array(embeddings.width);
      fed[fedName.features] = perSlot(batch, sizeOf(fedName.features), (text) => {
        signals.read('features', text, 1, row);
        return row;
      });
      fed[fedName.counted] = perSlot(batch, sizeOf(fedName.counted), () => 1);
    }
    const states = (name: string, tap: string, width: number): void => {
      fed[name] = { shape: sizeOf(name), data: tokenRows(signals, tap, width, batch, shape) };
    };
    for (const { teacher } of hidden?.pairs ?? []) states(fedName.states(teacher), `layer.${teacher}`, hidden!.width);
    if (relations)
      for (const part of relationParts)
        states(fedName.relation(part), `layer.${relations.teacher}.${part}`, relations.width);
    return fed;
  };
  return {
    structure: terms,
    labelShare,
    taps: tapsOf(terms),
    inputs: (shape) => inputsOf(terms, shape),
    losses: (seen) => teacherLoss(terms, seen),
    feeds,
  };
};
