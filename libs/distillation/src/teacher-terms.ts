import { invalidInput } from '@taxon/errors';
import { attentionWidth, countOutputs, outputGroups, type EncoderConfig } from '@taxon/models';
import type { LossGroup } from '@taxon/training';
import { relationHeads } from './losses/relations.ts';
import { relationParts, type TeacherTerms } from './losses/teacher-loss.ts';
import type { DistillationOptions } from './options.ts';
import type { SharedLabels } from './signals/match-labels.ts';
import type { Wanted } from './signals/run-model.ts';

/** By layer of the student, the teacher's layer whose states it is to have: evenly spread, last beside last. */
const layerPairs = (student: number, teacher: number): { student: number; teacher: number }[] =>
  Array.from({ length: student }, (_, i) => ({
    student: i,
    teacher: Math.max(0, Math.round(((i + 1) * teacher) / student) - 1),
  }));

const expectSameWidth = (student: EncoderConfig, teacher: EncoderConfig): void => {
  if (student.hidden !== teacher.hidden)
    throw invalidInput(
      `signals.hidden compares states of the same width; the student's are ${student.hidden} wide, the teacher's ${teacher.hidden}`,
      'Set signals.hidden to 0; signals.relations and signals.embeddings take any width.',
    );
};

/** What of the teacher the terms need. */
export const wantedOf = ({ embeddings, hidden, relations }: TeacherTerms): Wanted => ({
  features: embeddings !== undefined,
  taps: [
    ...new Set([
      ...(hidden?.pairs.map(({ teacher }) => `layer.${teacher}`) ?? []),
      ...(relations ? relationParts.map((part) => `layer.${relations.teacher}.${part}`) : []),
    ]),
  ],
});

/** Whether the terms compare tokens, and both sides must have the same ones. */
export const comparesTokens = ({ hidden, relations }: TeacherTerms): boolean =>
  hidden !== undefined || relations !== undefined;

/**
 * What the student is compared with: the signals that have a weight, cut to both sides' shapes. The labels' share is taken off.
 * @param weights of the groups of the shared labels
 * @throws TaxonError `invalid_input` for a signal that these two cannot have
 */
export const teacherTerms = (
  { signals, temperature, alpha }: DistillationOptions,
  { space, outputs }: SharedLabels,
  {
    student,
    teacher,
    classes,
    weights,
  }: {
    student: EncoderConfig;
    teacher: EncoderConfig;
    /** Outputs of the student. */
    classes: number;
    weights: readonly number[];
  },
): TeacherTerms => {
  const weightOf = (name: keyof typeof signals): number => (1 - alpha) * signals[name];
  const groups = outputGroups(space).map(({ kind, begin, end }, g): LossGroup => ({
    ...{ kind, begin, end },
    weight: weights[g] ?? 1,
  }));
  if (signals.hidden > 0) expectSameWidth(student, teacher);
  const [last, lastOfTeacher] = [student.layers - 1, teacher.layers - 1];
  const widths = [attentionWidth(student, last), attentionWidth(teacher, lastOfTeacher)] as const;
  return {
    ...(signals.logits > 0 && {
      answers: {
        ...{ weight: weightOf('logits'), temperature, groups, classes },
        ...(outputs && countOutputs(space) < classes && { outputs }),
      },
    }),
    ...(signals.embeddings > 0 && { embeddings: { weight: weightOf('embeddings'), width: teacher.hidden } }),
    ...(signals.hidden > 0 && {
      hidden: {
        ...{ weight: weightOf('hidden'), width: teacher.hidden },
        pairs: layerPairs(student.layers, teacher.layers),
      },
    }),
    ...(signals.relations > 0 && {
      relations: {
        ...{ weight: weightOf('relations'), student: last, teacher: lastOfTeacher, width: widths[1] },
        heads: relationHeads(teacher.heads, widths),
      },
    }),
  };
};
