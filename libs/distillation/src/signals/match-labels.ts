import type { LabelSpace } from '@taxon/data';
import { invalidInput } from '@taxon/errors';
import { taskOffsets } from '@taxon/models';

/** The labels that teachers and student have in common. */
export interface SharedLabels {
  /** In the student's order. */
  space: LabelSpace;
  /** The student's outputs that these are; absent where they are all of them. */
  outputs?: readonly number[];
  /** By teacher: its output for each shared label. */
  ofTeachers: readonly (readonly number[])[];
}

const shown = 8;

const listed = (labels: readonly string[]): string =>
  labels.slice(0, shown).join(', ') + (labels.length > shown ? ` and ${labels.length - shown} more` : '');

interface Named {
  folder: string;
  space: LabelSpace;
}

/** The teacher's task that asks what the student's does: of the same name, or the only one. */
const taskOf = ({ space }: Named, name: string): number =>
  space.tasks.length === 1 ? 0 : space.tasks.findIndex((task) => task.name === name);

const expectSameQuestions = (student: LabelSpace, teacher: Named): void => {
  const { folder, space } = teacher;
  const names = ({ tasks }: LabelSpace): string => tasks.map(({ name, kind }) => `${name} (${kind})`).join(', ');
  const apart =
    space.tasks.length !== student.tasks.length ||
    (space.hierarchy === undefined) !== (student.hierarchy === undefined) ||
    student.tasks.some(({ name, kind }) => space.tasks[taskOf(teacher, name)]?.kind !== kind);
  if (apart)
    throw invalidInput(
      `${folder} answers ${names(space)}; the data asks ${names(student)}`,
      'A teacher and its student answer the same questions: name other columns, or set task.',
    );
};

/** Labels of a task that the teacher lacks, and those that it alone has. */
const differences = (own: readonly string[], other: readonly string[]): { lacking: string[]; further: string[] } => ({
  lacking: own.filter((label) => !other.includes(label)),
  further: other.filter((label) => !own.includes(label)),
});

const refuse = (student: LabelSpace, teachers: readonly Named[], mode: 'same' | 'shared'): void => {
  for (const teacher of teachers)
    for (const { name, labels } of student.tasks) {
      const { lacking, further } = differences(labels, teacher.space.tasks[taskOf(teacher, name)]!.labels);
      if (lacking.length === 0 && further.length === 0) continue;
      if (mode === 'shared' && student.hierarchy === undefined) continue;
      const parts = [
        ...(lacking.length === 0 ? [] : [`it lacks ${listed(lacking)}`]),
        ...(further.length === 0 ? [] : [`the data lacks ${listed(further)}`]),
      ];
      const told = student.tasks.length === 1 ? '' : ` of '${name}'`;
      const message = `${teacher.folder} has other labels${told} than the data: ${parts.join('; ')}`;
      throw invalidInput(
        message,
        student.hierarchy === undefined
          ? "Set labels to 'shared' to be taught those that both have, or give a teacher that was trained on the same labels."
          : 'Give a teacher that was trained on the same labels; those of a hierarchy must all be the same.',
        [{ field: 'teachers', description: message }],
      );
    }
};

/**
 * Which outputs of the teachers stand for which of the student's.
 * @param mode `same`: refuses teachers with more, fewer or other labels; `shared`: takes those that all have
 * @throws TaxonError `invalid_input` that lists what differs
 */
export const matchLabels = (student: LabelSpace, teachers: readonly Named[], mode: 'same' | 'shared'): SharedLabels => {
  for (const teacher of teachers) expectSameQuestions(student, teacher);
  refuse(student, teachers, mode);
  const labelsOf = (teacher: Named, name: string): string[] => teacher.space.tasks[taskOf(teacher, name)]!.labels;
  const tasks = student.tasks.map((task) => ({
    ...task,
    labels: task.labels.filter((label) => teachers.every((teacher) => labelsOf(teacher, task.name).includes(label))),
  }));
  const poor = tasks.find(({ kind, labels }) => labels.length < (kind === 'single-label' ? 2 : 1));
  if (poor !== undefined)
    throw invalidInput(
      `teachers and data share ${poor.labels.length} labels of '${poor.name}'; nothing can be taught`,
      'Give a teacher that was trained on the same labels.',
    );
  const begin = taskOffsets(student);
  const outputs = tasks.flatMap(({ labels }, t) =>
    labels.map((label) => begin[t]! + student.tasks[t]!.labels.indexOf(label)),
  );
  const complete = tasks.every(({ labels }, t) => labels.length === student.tasks[t]!.labels.length);
  return {
    space: complete ? student : { tasks },
    ...(!complete && { outputs }),
    ofTeachers: teachers.map((teacher) => {
      const offsets = taskOffsets(teacher.space);
      return tasks.flatMap(({ name, labels }) =>
        labels.map((label) => offsets[taskOf(teacher, name)]! + labelsOf(teacher, name).indexOf(label)),
      );
    }),
  };
};
