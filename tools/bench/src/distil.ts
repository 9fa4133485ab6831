import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { DistillationResult } from '@taxon/distillation';
import { invalidInput } from '@taxon/errors';
import type { TrainingResult } from '@taxon/training';
import type { BenchContext, Benchmark } from './benchmark.ts';
import { chooseStudent, formatStudents, type MeasuredModel, type TrainedModel } from './compare-students.ts';
import { numberOption } from './option-values.ts';
import { parseJsonLine, runChild } from './run-child.ts';
import { measureServing, readPartTexts } from './serving-speed.ts';
import { settingsOption } from './variants.ts';
import { findDataset } from './workspace.ts';

/** One command of Taxon's, as a person would give it; its result. */
const runCommand = async <Result>(
  { workspaceRoot, signal }: BenchContext,
  args: readonly string[],
): Promise<Result> => {
  const command = [join(workspaceRoot, 'apps/cli/dist/main.js'), ...args, '--json'];
  const { lastLine } = await runChild(process.execPath, command, { signal });
  return parseJsonLine(lastLine, `taxon ${args[0]!}`) as unknown as Result;
};

const part = (folder: string, name: string): string => join(folder, `${name}.jsonl`);

/** What train and distil are told alike. */
const commonArgs = ({ options }: BenchContext, folder: string, settings: readonly string[]): string[] => [
  ...[part(folder, 'train'), '--validation', part(folder, 'validation'), '--test', part(folder, 'test')],
  ...['--text-column', options['text-column']!, '--label-column', options['label-column']!],
  ...settings.flatMap((setting) => ['--set', setting]),
];

const modelOf = (
  name: string,
  folder: string,
  { validation, test, seconds }: Pick<TrainingResult, 'validation' | 'test' | 'seconds'>,
): TrainedModel => ({
  ...{ name, folder, seconds },
  validationAccuracy: validation?.figures['accuracy'] ?? NaN,
  accuracy: test?.figures['accuracy'] ?? NaN,
});

export const distil: Benchmark = {
  summary: 'A fine-tuned teacher and students of it: accuracy, latency of one text, texts/s, size',
  options: {
    dataset: { describe: 'folder of the benchmark data', default: 'clinc150' },
    'text-column': { describe: "the data's key of texts", default: 'text' },
    'label-column': { describe: "the data's key of labels", default: 'label' },
    teacher: { describe: 'folder of a teacher; trained by the default recipe when absent' },
    students: {
      describe: 'students in the short form of `taxon distil --student`, with semicolons',
      default: 'layers:3;layers:3+ffn:768;layers:3+heads:8+ffn:768',
    },
    epochs: { describe: "times through the training texts, of every student's training", default: '3' },
    set: { describe: 'option=value of all distillations, with commas' },
    keep: {
      describe: "share of the teacher's accuracy that a student must keep on validation to be chosen",
      default: '0.985',
    },
    seed: { describe: 'of teacher and students', default: '0' },
    single: { describe: 'texts asked one by one', default: '500' },
    rounds: { describe: 'times that all test texts are asked at once', default: '5' },
  },
  async run(context) {
    const { options, workspaceRoot, say, signal } = context;
    const number = (name: string, least: number, most: number): number =>
      numberOption(name, options[name], { least, most, whole: name !== 'keep' && name !== 'epochs' });
    const [keep, single, rounds] = [number('keep', 0, 1), number('single', 1, 100_000), number('rounds', 1, 1000)];
    const seed = String(number('seed', 0, 2 ** 31 - 1));
    const epochs = String(number('epochs', 0, 1000));
    const settings = settingsOption('set', options.set);
    const found = findDataset(workspaceRoot, options.dataset!);
    if (typeof found !== 'string') throw invalidInput(`--dataset ${options.dataset!}: ${found.skipped}`);
    const scratch = await mkdtemp(join(tmpdir(), 'taxon-bench-'));
    try {
      const models: TrainedModel[] = [];
      let folder = options.teacher && resolve(options.teacher);
      if (folder === undefined) {
        folder = join(scratch, 'teacher');
        say('teacher …');
        const args = ['train', ...commonArgs(context, found, []), '--out', folder, '--seed', seed];
        models.push(modelOf('teacher', folder, await runCommand<TrainingResult>(context, args)));
      }
      for (const [i, student] of options.students!.split(';').entries()) {
        say(`${student} …`);
        const output = join(scratch, `student-${i}`);
        const result = await runCommand<DistillationResult>(context, [
          ...['distil', ...commonArgs(context, found, settings), '--teacher', folder, '--student', student],
          ...['--out', output, '--seed', seed, '--epochs', epochs],
        ]);
        if (models.length === 0) models.push(modelOf('teacher', folder, { ...result.teacher, seconds: 0 }));
        models.push(modelOf(student, output, result));
        say(`  validation ${String(models.at(-1)!.validationAccuracy)}, test ${String(models.at(-1)!.accuracy)}`);
      }
      say('answering …');
      const texts = await readPartTexts(part(found, 'test'), options['text-column']!);
      const serving = { single, rounds, threads: availableParallelism(), signal };
      const speeds = await measureServing(models.map((model) => model.folder), texts, serving); // prettier-ignore
      const measured = models.map((model, i): MeasuredModel => ({ ...model, speed: speeds[i]! }));
      const [teacher, ...students] = measured as [MeasuredModel, ...MeasuredModel[]];
      const chosen = chooseStudent(teacher, students, keep);
      return {
        taxon: { keep, epochs: Number(epochs), chosen: chosen?.name, models: measured },
        peer: { skipped: 'Taxon is compared with itself' },
        ratio: chosen
          ? {
              latency: teacher.speed.latencyMs / chosen.speed.latencyMs,
              textsPerSecond: chosen.speed.textsPerSecond / teacher.speed.textsPerSecond,
              accuracyKept: chosen.accuracy / teacher.accuracy,
            }
          : {},
        text: formatStudents(teacher, students, chosen),
      };
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  },
};
