import type { ExtraLoss } from '@taxon/training';
import { fedName, inputsOf, tapsOf, teacherLoss, type TeacherTerms } from '../losses/teacher-loss.ts';
import type { TeacherFeatures } from './teacher-features.ts';

/** The teacher's embeddings as the only term of the loss. */
export const embeddingLesson = (features: TeacherFeatures): ExtraLoss => {
  const { width } = features;
  const terms: TeacherTerms = { embeddings: { weight: 1, width } };
  const row = new Float32Array(width);
  return {
    structure: terms,
    labelShare: 0,
    taps: tapsOf(terms),
    inputs: (shape) => inputsOf(terms, shape),
    losses: (seen) => teacherLoss(terms, seen),
    feeds(batch, { rows, slots }) {
      const texts = rows * slots;
      const [right, counted] = [new Float32Array(texts * width), new Float32Array(texts)];
      batch.texts.forEach((text, i) => {
        const slot = batch.slots[i]!;
        counted[slot] = 1;
        features.read(text, row);
        right.set(row, slot * width);
      });
      return {
        [fedName.features]: { shape: [texts, width], data: right },
        [fedName.counted]: { shape: [texts], data: counted },
      };
    },
  };
};
