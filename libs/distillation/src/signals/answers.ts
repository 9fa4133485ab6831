import type { SharedLabels } from './match-labels.ts';
import { meanAnswers } from './mean-answers.ts';
import type { TeacherSignals } from './read-texts.ts';

/** Reads what the teachers together answer to a text: logits [C] over the shared labels. */
export const answerReader = (
  signals: readonly TeacherSignals[],
  classes: readonly number[],
  shares: readonly number[],
  labels: SharedLabels,
  temperature: number,
): ((text: number) => Float32Array) => {
  const rows = classes.map((width) => new Float32Array(width));
  return (text) => {
    const own = signals.map((teacher, t) => {
      teacher.read('logits', text, 1, rows[t]!);
      return Float32Array.from(labels.ofTeachers[t]!, (output) => rows[t]![output]!);
    });
    return meanAnswers(labels.space, own, shares, temperature);
  };
};
