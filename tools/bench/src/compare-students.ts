import type { Figures } from './benchmark.ts';
import type { ServingSpeed } from './serving-speed.ts';
import { formatTable, percent } from './table.ts';

/** A model with what it is worth. */
export interface TrainedModel extends Figures {
  name: string;
  folder: string;
  /** 0..1 */
  validationAccuracy: number;
  /** On the test part, 0..1: told, never chosen by. */
  accuracy: number;
  /** That its training took; 0 where it was not trained here. */
  seconds: number;
}

/** … and how fast it answers. */
export interface MeasuredModel extends TrainedModel {
  speed: ServingSpeed;
}

/** Of the students that keep enough of the teacher's accuracy on validation, the one that answers a single text fastest. */
export const chooseStudent = (
  teacher: MeasuredModel,
  students: readonly MeasuredModel[],
  keep: number,
): MeasuredModel | undefined =>
  students
    .filter(({ validationAccuracy }) => validationAccuracy >= keep * teacher.validationAccuracy)
    .sort((a, b) => a.speed.latencyMs - b.speed.latencyMs)[0];

const times = (ratio: number): string => `${ratio.toFixed(2)}×`;

/** A Markdown table; the chosen one is marked. */
export const formatStudents = (
  teacher: MeasuredModel,
  students: readonly MeasuredModel[],
  chosen: MeasuredModel | undefined,
): string => {
  const row = (model: MeasuredModel): string[] => {
    const { name, validationAccuracy, accuracy, seconds, speed } = model;
    return [
      ...[name === chosen?.name ? `**${name}**` : name, percent(validationAccuracy), percent(accuracy)],
      percent(accuracy / teacher.accuracy),
      ...[`${speed.latencyMs.toFixed(2)} ms`, times(teacher.speed.latencyMs / speed.latencyMs)],
      ...[speed.textsPerSecond.toFixed(0), times(speed.textsPerSecond / teacher.speed.textsPerSecond)],
      ...[`${(speed.weightBytes / 1e6).toFixed(1)} MB`, seconds > 0 ? seconds.toFixed(0) : '–'],
    ];
  };
  return formatTable(
    ['model', 'validation', 'test', 'kept', 'one text', 'faster', 'texts/s', 'faster', 'weights', 'seconds'],
    [teacher, ...students].map(row),
  );
};
