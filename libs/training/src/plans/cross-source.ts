import type { Example } from '@taxon/data';
import { invalidInput } from '@taxon/errors';
import { crossSourceTable, type CrossSourceRow } from '@taxon/evaluation';
import { countOutputs, type DecisionRule } from '@taxon/models';
import type { PreparedData } from '../prepare-data.ts';
import type { PreparedRun } from '../prepare-run.ts';
import { scoreLogits } from '../score.ts';
import type { Insights } from './insights.ts';
import { trainMember, type Member, type Plan } from './member.ts';

const sourcesOf = (examples: readonly Example[]): string[] => [
  ...new Set(examples.flatMap(({ source }) => (source === undefined ? [] : [source]))),
];

const indicesOf = (examples: readonly Example[], source: string): number[] =>
  [...examples.keys()].filter((i) => examples[i]!.source === source);

/** Texts that were made of no source's, such as the labels' names: every member learns from them. */
const madeOf = (examples: readonly Example[]): number[] =>
  [...examples.keys()].filter((i) => examples[i]!.origin !== undefined && examples[i]!.source === undefined);

/**
 * One member for each source, which is asked about every validation text.
 * @throws TaxonError `invalid_input` without validation texts, or with fewer than two sources
 */
export const sourceMembers = ({ data, parts }: Pick<PreparedRun, 'data' | 'parts'>): Member[] => {
  const sources = sourcesOf(data.train);
  if (sources.length < 2)
    throw invalidInput(
      `data.crossSource: the training texts come from ${sources.length} source${sources.length === 1 ? '' : 's'}; it compares 2 or more`,
      'Name the column of the sources by data.sourceColumn.',
    );
  if (data.validation.length === 0) throw invalidInput('data.crossSource: there are no validation texts to compare on');
  return sources.map((source, i) => ({
    purpose: 'source',
    name: `source-${i + 1}`,
    train: [...indicesOf(data.train, source), ...madeOf(data.train)],
    validation: indicesOf(data.validation, source),
    heldOut: { examples: data.validation, texts: parts.validation },
  }));
};

/** What a model is told by, as far as its task has it. */
const told = ['accuracy', 'exactMatch', 'macroF1', 'microF1', 'weightedF1'];

/** The scores of one model on the validation texts of each source, by task. */
const rowsOf = (
  { validation, space }: PreparedData,
  trainSource: string,
  logits: Float32Array,
  rule: DecisionRule,
): CrossSourceRow[][] => {
  const outputs = countOutputs(space);
  const bySource = sourcesOf(validation).map((validationSource) => {
    const texts = indicesOf(validation, validationSource);
    const own = new Float32Array(texts.length * outputs);
    texts.forEach((text, i) => own.set(logits.subarray(text * outputs, (text + 1) * outputs), i * outputs));
    const examples = texts.map((i) => validation[i]!);
    return { validationSource, scores: scoreLogits(own, examples, space, rule).scores };
  });
  return space.tasks.map((_, task) =>
    bySource.flatMap(({ validationSource, scores }): CrossSourceRow[] => {
      const { n, figures } = scores.tasks[task]!;
      const metrics = Object.fromEntries(Object.entries(figures).filter(([name]) => told.includes(name)));
      return n === 0 ? [] : [{ trainSource, validationSource, n, metrics }];
    }),
  );
};

/** Trains on each source alone; the rows of the table, by task. */
export const crossSourceRows = async (plan: Plan, members: readonly Member[]): Promise<CrossSourceRow[][]> => {
  const { data } = plan.prepared;
  const sources = sourcesOf(data.train);
  const rows: CrossSourceRow[][] = data.space.tasks.map(() => []);
  for (const [i, member] of members.entries()) {
    const { heldOut, rule } = await trainMember(plan, member, 'nothing');
    rowsOf(data, sources[i]!, heldOut, rule).forEach((own, task) => rows[task]!.push(...own));
  }
  return rows;
};

/** Adds the model that learned from all, and makes tables of it. */
export const crossSourceInsights = (
  data: PreparedData,
  rows: readonly CrossSourceRow[][],
  kept: { logits: Float32Array; rule: DecisionRule },
): Insights => {
  const ofAll = rowsOf(data, 'all', kept.logits, kept.rule);
  return { tasks: rows.map((own, task) => ({ crossSource: crossSourceTable([...own, ...ofAll[task]!]) })) };
};
