import type { DistillationResult, ModelSize } from '@taxon/distillation';
import type { Scores } from '@taxon/training';
import type { Colors } from '../terminal.ts';
import { formatCount, formatPercent } from './format.ts';
import { formatTable } from './table.ts';
import { formatTrainingResult } from './training-result.ts';

const millions = (parameters: number): string => `${(parameters / 1e6).toFixed(1)} M`;

const accuracy = (scores: Scores | undefined): string => {
  const value = scores?.figures['accuracy'];
  return value === undefined ? '–' : formatPercent(value);
};

const shapeOf = (size: ModelSize | undefined): string[] =>
  size === undefined
    ? ['–', '–', '–', '–', '–']
    : [...[size.layers, size.heads, size.intermediate, size.vocabulary].map(formatCount), millions(size.parameters)];

/** What the student keeps of the teacher's accuracy on the last part that both were scored on. */
const formatKept = ({ teacher, validation, test }: DistillationResult): string | undefined => {
  const [part, own, right] = test && teacher.test ? ['test', test, teacher.test] : ['validation', validation, teacher.validation]; // prettier-ignore
  const [kept, of] = [own?.figures['accuracy'], right?.figures['accuracy']];
  if (kept === undefined || of === undefined || of === 0) return undefined;
  return `${formatPercent(kept / of)} of the teacher's accuracy (${part})`;
};

/** What a person reads when a distillation has ended: teacher and student side by side, then what every training tells. */
export const formatDistillationResult = (result: DistillationResult, colors: Colors): string => {
  const { teacher, student, validation, test } = result;
  const [titles, ...rows] = formatTable(
    ['', 'layers', 'heads', 'ffn', 'vocabulary', 'parameters', 'validation', 'test'].map((title, i) => ({
      title,
      align: i === 0 ? ('left' as const) : ('right' as const),
    })),
    [
      ['teacher', ...shapeOf(teacher.size), accuracy(teacher.validation), accuracy(teacher.test)],
      ['student', ...shapeOf(student), accuracy(validation), accuracy(test)],
    ],
  );
  const kept = formatKept(result);
  return [
    '',
    colors.dim(titles),
    ...rows,
    ...(kept === undefined ? [] : ['', `${colors.dim('kept'.padEnd(9))}${kept}`]),
    formatTrainingResult(result, colors),
  ].join('\n');
};
