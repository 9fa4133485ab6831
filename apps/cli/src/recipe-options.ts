import { invalidInput, TaxonError, type Violation } from '@taxon/errors';
import type { Recipe } from '@taxon/training';
import type { Command } from 'commander';

/** A number if it reads as one; else the text itself, for the recipe's own check to name. */
const numberOrText = (text: string): number | string => {
  const value = Number(text);
  return text.trim() === '' || Number.isNaN(value) ? text : value;
};

const namesIn = (text: string): string[] => text.split(',').map((name) => name.trim());

export interface RecipeFlag {
  flags: string;
  /** Path of the recipe's option that the flag sets. */
  path: string;
  describe: string;
  number?: true;
  /** Several values with commas between them. */
  list?: true;
}

/** The recipe's options that are wanted often enough for a name of their own. `--set` reaches all others. */
export const recipeFlags: readonly RecipeFlag[] = [
  { flags: '-o, --out <folder>', path: 'output', describe: 'folder to write the model to (default: model)' },
  {
    flags: '-e, --encoder <name>',
    path: 'encoder',
    describe: 'a folder, a hub id, or small-en, which needs no network (default: all-MiniLM-L6-v2)',
  },
  { flags: '--validation <file>', path: 'data.validation', describe: 'labelled file that chooses the best checkpoint' },
  { flags: '--test <file>', path: 'data.test', describe: 'labelled file for the final figures' },
  {
    flags: '--format <name>',
    path: 'data.format',
    describe: "csv, tsv, jsonl or json (default: by the file's ending)",
  },
  { flags: '--text-column <name>', path: 'data.textColumn', describe: 'column or key of the texts (default: text)' },
  {
    flags: '--label-column <name>',
    path: 'data.labelColumn',
    describe: 'column or key of the labels (default: label)',
  },
  {
    flags: '--labels <names>',
    path: 'data.labelNames',
    describe: 'labels with commas, which their names are learnt by; without a file: zero-shot',
    list: true,
  },
  { flags: '--epochs <n>', path: 'optimizer.epochs', describe: 'times through the training texts', number: true },
  {
    flags: '--learning-rate <rate>',
    path: 'optimizer.learningRate',
    describe: 'highest rate, e.g. 1e-4',
    number: true,
  },
  { flags: '--max-length <tokens>', path: 'maxLength', describe: 'longer texts are cut', number: true },
  { flags: '--seed <n>', path: 'seed', describe: 'same seed, data and threads: same model', number: true },
  {
    flags: '--precision <name>',
    path: 'precision',
    describe: 'auto, fp32, int8 or fp16: of the products while training',
  },
  {
    flags: '--device <name>',
    path: 'device',
    describe: 'auto, cpu, cuda, webgpu, tensorflow, tensorflow-gpu or wasm: what training runs on',
  },
  { flags: '--threads <n>', path: 'threads', describe: '0 takes all cores', number: true },
];

const longName = (flags: string): string => /--[a-z-]+/u.exec(flags)![0];
const attributeName = (flags: string): string =>
  longName(flags)
    .slice(2)
    .replace(/-([a-z])/gu, (_, letter: string) => letter.toUpperCase());

/** Adds `[data]`, the flags, `--recipe` and `--set` to a command. */
export const addRecipeOptions = (command: Command, flagsOf: readonly RecipeFlag[] = recipeFlags): Command => {
  command
    .argument('[data]', 'labelled file: CSV, TSV, JSONL or a JSON array')
    .option('-r, --recipe <file>', 'YAML or JSON file of options; flags win over it');
  for (const { flags, describe, number, list } of flagsOf)
    if (number) command.option(flags, describe, numberOrText);
    else if (list) command.option(flags, describe, namesIn);
    else command.option(flags, describe);
  return command.option(
    '--set <option=value>',
    'any other option of the recipe, e.g. optimizer.dropout=0.1 (repeatable)',
    (text: string, before: string[] | undefined) => [...(before ?? []), text],
  );
};

/** One option of the recipe and where its value comes from, e.g. `--learning-rate`. */
export interface Assignment {
  path: string;
  value: unknown;
  origin: string;
}

/** `optimizer.dropout=0.1` as an assignment; the value is read as YAML, so that numbers and booleans are what they seem. */
export const parseAssignment = (text: string, parseValue: (text: string) => unknown): Assignment => {
  const at = text.indexOf('=');
  const path = text.slice(0, Math.max(0, at)).trim();
  if (!/^[a-z]\w*(\.[a-z]\w*)*$/iu.test(path))
    throw invalidInput(`--set ${text}: not of the form option=value, e.g. --set optimizer.dropout=0.1`);
  return { path, value: parseValue(text.slice(at + 1)), origin: `--set ${path}` };
};

/** What was given by flags, in the order in which it is laid over the recipe. */
export const assignmentsOf = (
  data: string | undefined,
  options: Record<string, unknown>,
  parseValue: (text: string) => unknown,
  flagsOf: readonly RecipeFlag[] = recipeFlags,
): Assignment[] => {
  const given = flagsOf
    .map(({ flags, path }) => ({ path, value: options[attributeName(flags)], origin: longName(flags) }))
    .filter(({ value }) => value !== undefined);
  if (data !== undefined) given.unshift({ path: 'data.train', value: data, origin: 'DATA' });
  return [...given, ...((options['set'] ?? []) as string[]).map((text) => parseAssignment(text, parseValue))];
};

export const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A copy of `recipe` with the assignments laid over it, later ones over earlier ones. */
export const overlay = (recipe: Record<string, unknown>, assignments: readonly Assignment[]) => {
  const result = structuredClone(recipe);
  for (const { path, value, origin } of assignments) {
    const keys = path.split('.');
    let at = result;
    for (const key of keys.slice(0, -1)) {
      const next = at[key] ?? (at[key] = {});
      if (!isMapping(next))
        throw invalidInput(`${origin}: '${key}' has no options inside, its value is ${JSON.stringify(next)}`);
      at = next;
    }
    at[keys.at(-1)!] = value;
  }
  return result;
};

/** The recipe's complaint in the words that the person used: flags where the value came from one, else file and option. */
export const inTheirWords = (error: unknown, source: string, assignments: readonly Assignment[]): unknown => {
  if (!(error instanceof TaxonError) || error.violations.length === 0) return error;
  const violations = error.violations.map(({ field, description }): Violation => {
    const origin = assignments.findLast(({ path }) => path === field || path.startsWith(`${field}.`))?.origin;
    return { field: origin ?? `${source}: ${field}`, description };
  });
  const message = violations.map(({ field, description }) => `${field}: ${description}`).join('; ');
  return invalidInput(message, error.hint, violations);
};

/**
 * The recipe of a command: the recipe file, if any, with the flags laid over it, checked whole.
 * @throws TaxonError `invalid_input` naming flags, or the recipe file and its option
 */
export const recipeFrom = async (data: string | undefined, options: Record<string, unknown>): Promise<Recipe> => {
  const [{ parseRecipe, readRecipe }, { parseYaml }] = await Promise.all([
    import('@taxon/training'),
    import('./yaml.ts'),
  ]);
  const file = options['recipe'] as string | undefined;
  const base = file === undefined ? {} : await readRecipe(file);
  const assignments = assignmentsOf(data, options, parseYaml);
  const recipe = overlay({ output: 'model', ...base }, assignments);
  const { train, labelNames } = isMapping(recipe['data']) ? recipe['data'] : {};
  if (train === undefined && typeof labelNames !== 'object')
    throw invalidInput(
      'no labelled file is given',
      `name it, e.g. taxon train data.csv${file === undefined ? '' : `, or as data.train in ${file}`}`,
    );
  const source = file ?? 'recipe';
  try {
    return parseRecipe(recipe, source);
  } catch (error) {
    throw inTheirWords(error, source, assignments);
  }
};
