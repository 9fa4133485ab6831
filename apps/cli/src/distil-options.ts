import type { DistillationOptions } from '@taxon/distillation';
import { invalidInput } from '@taxon/errors';
import type { Command } from 'commander';
import {
  addRecipeOptions,
  assignmentsOf,
  inTheirWords,
  isMapping,
  overlay,
  recipeFlags,
  type Assignment,
  type RecipeFlag,
} from './recipe-options.ts';

/** Of a recipe's flags, those that a distillation has no use for. */
const leftOut = ['encoder', 'data.labelNames'];

const flags: readonly RecipeFlag[] = [
  ...recipeFlags
    .filter(({ path }) => !leftOut.includes(path))
    .map((flag) =>
      flag.path === 'output' ? { ...flag, describe: 'folder to write the student to (default: student)' } : flag,
    ),
  {
    flags: '--temperature <t>',
    path: 'temperature',
    describe: 'both sides’ logits are divided by it: the higher, the more small probabilities count (default: 2)',
    number: true,
  },
  { flags: '--alpha <share>', path: 'alpha', describe: 'share of the labels’ own loss (default: 0.3)', number: true },
  {
    flags: '--generations <n>',
    path: 'generations',
    describe: 'born again: so many students, each taught by the one before',
    number: true,
  },
];

const collect = (text: string, before: string[] | undefined): string[] => [...(before ?? []), text];

/** Adds what `taxon distil` takes to a command. */
export const addDistilOptions = (command: Command): Command => {
  addRecipeOptions(command, flags)
    .option('-t, --teacher <folder>', 'model folder, of one model or an ensemble (repeatable: the mean)', collect)
    .option(
      '-s, --student <what>',
      'layers:3, layers:0,2,5, heads:8, ffn:768, vocabulary:domain, scratch:mini or an encoder, joined by + (default: same)',
    )
    .option('--signals <weights>', 'what is learnt of the teacher, e.g. logits=1,hidden=0.1,relations=0.1')
    .option('--unlabelled <file>', 'texts without labels: CSV, TSV, JSONL, JSON or TXT (repeatable)', collect)
    .option('--data <file>', 'the labelled file, in place of the argument')
    .option('--output <folder>', 'the same as --out');
  return command;
};

/** `logits=1,hidden=0.1` as a mapping. */
const parseSignals = (text: string): Record<string, unknown> =>
  Object.fromEntries(
    text.split(',').map((part) => {
      const [name = '', weight = ''] = part.split('=').map((own) => own.trim());
      if (weight === '' || Number.isNaN(Number(weight)))
        throw invalidInput(`--signals ${text}: '${part}' is not of the form name=weight, e.g. hidden=0.1`);
      return [name, Number(weight)];
    }),
  );

/** What is given by the flags of a distillation alone. */
const ownAssignments = (options: Record<string, unknown>, parseStudent: (text: string) => unknown): Assignment[] => {
  const { teacher, student, signals, unlabelled } = options as {
    teacher?: string[];
    student?: string;
    signals?: string;
    unlabelled?: string[];
  };
  const given: Assignment[] = [];
  const teachers = teacher?.map((folder) => ({ folder }));
  if (teachers) given.push({ path: 'teachers', value: teachers, origin: '--teacher' });
  if (student !== undefined) given.push({ path: 'student', value: parseStudent(student), origin: '--student' });
  if (signals !== undefined) given.push({ path: 'signals', value: parseSignals(signals), origin: '--signals' });
  if (unlabelled) given.push({ path: 'unlabelled.texts', value: unlabelled, origin: '--unlabelled' });
  return given;
};

/**
 * The options of `taxon distil`: the file of options, if any, with the flags laid over it, checked whole.
 * @throws TaxonError `invalid_input` naming flags, or the file and its option
 */
export const distillationFrom = async (
  data: string | undefined,
  given: Record<string, unknown>,
): Promise<DistillationOptions> => {
  const [{ parseDistillation, parseStudent }, { readRecipe }, { parseYaml }] = await Promise.all([
    import('@taxon/distillation'),
    import('@taxon/training'),
    import('./yaml.ts'),
  ]);
  const { output, data: dataOption, ...options } = given;
  const file = options['recipe'] as string | undefined;
  const base = file === undefined ? {} : await readRecipe(file);
  const flagged = { ...options, ...(output !== undefined && { out: output }) };
  const assignments = [
    ...assignmentsOf(data ?? (dataOption as string | undefined), flagged, parseYaml, flags),
    ...ownAssignments(options, parseStudent),
  ];
  const distillation = overlay({ output: 'student', ...base }, assignments);
  if (distillation['teachers'] === undefined)
    throw invalidInput('no teacher is given', 'name its folder, e.g. taxon distil data.csv --teacher model/');
  if (!isMapping(distillation['data']) || distillation['data']['train'] === undefined)
    throw invalidInput('no labelled file is given', 'name it, e.g. taxon distil data.csv --teacher model/');
  const source = file ?? 'distillation';
  try {
    return parseDistillation(distillation, source);
  } catch (error) {
    throw inTheirWords(error, source, assignments);
  }
};
