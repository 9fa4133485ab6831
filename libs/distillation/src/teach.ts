import { createHash } from 'node:crypto';
import type { LabelSpace } from '@taxon/data';
import { invalidInput } from '@taxon/errors';
import { countOutputs, describeModelFolder, inputEncoder, outputGroups, taskOffsets } from '@taxon/models';
import {
  createObjective,
  inputOf,
  scoreLogits,
  tokenizedTexts,
  type Extension,
  type LabelledTexts,
  type PreparedRun,
  type Scores,
} from '@taxon/training';
import type { TeacherTerms } from './losses/teacher-loss.ts';
import type { DistillationOptions } from './options.ts';
import type { DistillationEvent } from './progress.ts';
import { answerReader } from './signals/answers.ts';
import { matchLabels, type SharedLabels } from './signals/match-labels.ts';
import { readTexts, type ReadOptions, type TeacherSignals } from './signals/read-texts.ts';
import { teacherExtra } from './signals/teacher-extra.ts';
import type { Teacher } from './signals/teachers.ts';
import { beginStage } from './stage-progress.ts';
import type { Student } from './student/make-student.ts';
import { comparesTokens, teacherTerms, wantedOf } from './teacher-terms.ts';
import { outsideOf, type UnlabelledText } from './unlabelled.ts';

/** What a student is taught by and with. */
export interface Lesson {
  options: DistillationOptions;
  teachers: readonly Teacher[];
  student: Student;
  unlabelled: readonly UnlabelledText[];
  onEvent: (event: DistillationEvent) => void;
  signal: AbortSignal;
  cacheFolder?: string;
}

/** A student's lesson, ready for training. */
export interface Teaching {
  extension: Extension;
  /** Of the teachers' mean answer, where they have all labels. */
  scores: { validation: Scores | undefined; test: Scores | undefined };
  close(): void;
}

/** The training part with the texts that have no labels behind it. */
const withUnlabelled = async (
  { parts, data, tokenizer, maxLength, recipe }: PreparedRun,
  student: Student,
  texts: readonly UnlabelledText[],
): Promise<LabelledTexts> => {
  if (texts.length === 0) return parts.train;
  const { encoder, folder } = await describeModelFolder(student.folder);
  const pairs = recipe.data.pairColumn !== undefined;
  const encode = inputEncoder(tokenizer, { folder, encoder, maxLength, pairs });
  const { train } = parts;
  const more = tokenizedTexts(
    texts.map((text) => encode(inputOf(text))),
    train,
  );
  const unknown = outputGroups(data.space).map((_, group) => group);
  const none = texts.map(() => ({ outputs: new Int32Array(), unknown }));
  const ids = [...train.ids, ...more.ids];
  const typesOf = ({ ids: own, types }: typeof more): (Uint8Array | undefined)[] =>
    types === undefined ? own.map(() => undefined) : [...types];
  return {
    ...train,
    ids,
    targets: [...train.targets, ...none],
    ...((train.types ?? more.types) && { types: [...typesOf(train), ...typesOf(more)] }),
  };
};

/** @throws TaxonError `invalid_input` where student and teacher read other tokens, and these are compared */
const expectSameTokens = (texts: LabelledTexts, signals: TeacherSignals, { teacherIds }: Student): void => {
  const at = texts.ids.findIndex((ids, text) => {
    const right = signals.ids[text]!;
    return ids.length !== right.length || ids.some((id, i) => (teacherIds?.[id] ?? id) !== right[i]);
  });
  if (at >= 0)
    throw invalidInput(
      `text ${at + 1} of the training part is ${texts.ids[at]!.length} tokens to the student and ${signals.ids[at]!.length} to the teacher, and not the same ones`,
      'signals.hidden and signals.relations compare tokens: set them to 0, or take a student with the same tokenizer.',
    );
};

/** By labelled text, the groups of the shared labels that its own label is outside of: there the teachers know no right answer. */
const unknownGroups = (
  { data }: PreparedRun,
  { space, outputs }: SharedLabels,
): ((text: number) => readonly number[]) => {
  if (outputs === undefined) return () => [];
  const shared = new Set(outputs);
  const offsets = taskOffsets(data.space);
  const groups = outputGroups(space);
  return (text) => {
    const own = data.trainLabels[text];
    if (own === undefined) return [];
    return groups.flatMap(({ task, kind }, group) => {
      const outside = own[task]?.some((label) => !shared.has(offsets[task]! + label)) ?? false;
      return kind === 'softmax' && outside ? [group] : [];
    });
  };
};

/** The teachers' mean answers to texts, [texts, C] in the student's order. */
const allAnswers = (texts: number, { space }: SharedLabels, answer: (text: number) => Float32Array): Float32Array => {
  const outputs = countOutputs(space);
  const logits = new Float32Array(texts * outputs);
  for (let text = 0; text < texts; text++) logits.set(answer(text), text * outputs);
  return logits;
};

const sameSpace = (a: LabelSpace, b: LabelSpace): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Scores the teachers on the parts that the student is scored on. */
const scoreTeachers = async (
  { data }: PreparedRun,
  teachers: readonly Teacher[],
  shared: SharedLabels,
  options: ReadOptions,
): Promise<Teaching['scores']> => {
  const score = async (part: 'validation' | 'test'): Promise<Scores | undefined> => {
    if (data[part].length === 0 || shared.outputs !== undefined) return undefined;
    const signals: TeacherSignals[] = [];
    try {
      const none = { features: false, taps: [] };
      for (const teacher of teachers) signals.push(await readTexts(teacher, data[part].map(inputOf), none, options));
      const answer = reader(signals, teachers, shared, 1);
      const first = teachers[0]!.description;
      const rule = teachers.length === 1 && sameSpace(first.space, data.space) ? first.rule : {};
      return scoreLogits(allAnswers(data[part].length, shared, answer), data[part], data.space, rule).scores;
    } finally {
      for (const own of signals) own.close();
    }
  };
  return { validation: await score('validation'), test: await score('test') };
};

const reader = (
  signals: readonly TeacherSignals[],
  teachers: readonly Teacher[],
  shared: SharedLabels,
  temperature: number,
): ((text: number) => Float32Array) => {
  const classes = teachers.map(({ description }) => description.head.classes);
  const shares = teachers.map(({ share }) => share);
  return answerReader(signals, classes, shares, shared, temperature);
};

/** Told by a run's checkpoints: another lesson is another run. */
const digestOf = (data: string, lesson: Lesson, terms: TeacherTerms, texts: readonly UnlabelledText[]): string => {
  const teachers = lesson.teachers.map(({ digest, share }) => [digest, share]);
  return createHash('sha256')
    .update(JSON.stringify([data, teachers, terms, lesson.options.alpha, texts]))
    .digest('hex');
};

/** As long as the student reads, where tokens are compared; else as long as it can. */
const asLongAs = (teacher: Teacher, maxLength: number): Teacher => ({
  ...teacher,
  description: { ...teacher.description, maxLength: Math.min(maxLength, teacher.description.maxLength) },
});

/**
 * Lets the teachers read what the student is going to learn from.
 * @throws TaxonError `invalid_input` where teachers and student do not fit
 */
export const teach = async (prepared: PreparedRun, lesson: Lesson): Promise<Teaching> => {
  const { options, student, onEvent, signal, cacheFolder } = lesson;
  const { recipe, data, session } = prepared;
  const shared = matchLabels(
    data.space,
    lesson.teachers.map(({ description }) => description),
    options.labels,
  );
  const { encoder } = await describeModelFolder(student.folder);
  const first = lesson.teachers[0]!;
  const terms = teacherTerms(options, shared, {
    ...{ student: encoder, teacher: first.description.encoder, classes: countOutputs(data.space) },
    weights: createObjective(recipe, data.space, data.trainLabels).groups.map(({ weight }) => weight),
  });
  const tokenwise = comparesTokens(terms);
  const teachers = tokenwise ? lesson.teachers.map((own) => asLongAs(own, prepared.maxLength)) : lesson.teachers;
  const texts = outsideOf(lesson.unlabelled, [data.train, data.validation, data.test]);
  const train = await withUnlabelled(prepared, student, texts);
  const inputs = [...data.train, ...texts].map(inputOf);

  const progress = beginStage('teacher', onEvent);
  const onDamage = (what: string): void =>
    onEvent({ kind: 'notice', level: 'warning', message: `${what}: the teacher reads the texts again` });
  let before = 0; // texts read by the teachers before
  const reading: ReadOptions = {
    ...{ session, signal, onDamage, cacheFolder },
    onProgress: (done) => progress(before + done, teachers.length * inputs.length),
  };
  const signals: TeacherSignals[] = [];
  const close = (): void => {
    for (const own of signals) own.close();
  };
  try {
    for (const [t, teacher] of teachers.entries()) {
      signals.push(await readTexts(teacher, inputs, t === 0 ? wantedOf(terms) : wantedOf({}), reading));
      before += inputs.length;
    }
    if (tokenwise) expectSameTokens(train, signals[0]!, student);
    const scores = await scoreTeachers(prepared, teachers, shared, { ...reading, onProgress: () => undefined });
    const extra = teacherExtra({
      ...{ terms, labelShare: options.alpha, space: shared.space, signals: signals[0]! },
      answer: reader(signals, teachers, shared, options.temperature),
      unknownGroups: unknownGroups(prepared, shared),
    });
    const digest = digestOf(data.digest, lesson, terms, texts);
    const extended = { ...prepared, data: { ...data, digest }, parts: { ...prepared.parts, train } };
    return { extension: { prepared: extended, extra, ...provenance(lesson, texts.length) }, scores, close };
  } catch (error) {
    close();
    throw error;
  }
};

/** What the model folder tells of the lesson. */
const provenance = ({ options, teachers }: Lesson, unlabelled: number): Pick<Extension, 'madeFrom' | 'lineage'> => {
  const { teachers: named, student, temperature, alpha, signals } = options;
  const from = student.from === 'teacher' ? named[0]!.folder : student.from;
  return {
    madeFrom: from,
    lineage: {
      teachers: named.map(({ folder }) => folder).join(', '),
      teacherDigests: teachers.map(({ digest }) => digest).join(', '),
      student: JSON.stringify(student),
      signals: JSON.stringify(signals),
      ...{ temperature, alpha, unlabelledTexts: unlabelled },
    },
  };
};
