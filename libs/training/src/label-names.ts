import { fillCoarseLabels, labelNameMethod, type Example, type TaskDefinition } from '@taxon/data';
import { invalidInput } from '@taxon/errors';
import type { Recipe } from './recipe.ts';

// What a label is called tells what it means: its name is one more labelled text (docs/benchmarks.md has what that is worth).

/** A label as words: `card_declined`, `card-declined`, `CardDeclined` and `card/declined` are "card declined", `HTTPError` "http error". */
export const readableName = (label: string): string =>
  label
    .replace(/(\p{Ll}|\p{N})(\p{Lu})/gu, '$1 $2')
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1 $2')
    .replace(/[\s_\-./\\:]+/gu, ' ')
    .trim()
    .toLowerCase();

/** Whether a text is what a label is called. */
export const isLabelName = ({ origin }: Example): boolean => origin?.method === labelNameMethod;

type LabelNames = Recipe['data']['labelNames'];

/** By label, what the person who wrote the recipe calls it; nothing for its own name. */
const givenTexts = (names: LabelNames): ReadonlyMap<string, readonly string[]> =>
  new Map(typeof names === 'boolean' ? [] : Object.entries(names));

/** The labels of a task that examples have, in the order in which they are met. */
const labelsOf = (examples: readonly Example[], task: number): string[] => [
  ...new Set(examples.flatMap(({ labels }) => labels[task] ?? [])),
];

const textsFor = (label: string, given: readonly string[] | undefined): readonly string[] => {
  if (given !== undefined && given.length > 0) return given;
  const name = readableName(label);
  return name === '' ? [label] : [name];
};

/** @throws TaxonError `invalid_input` for two labels of a task that are called the same */
const expectApart = (named: readonly { label: string; text: string }[]): void => {
  const labelOf = new Map<string, string>();
  for (const { label, text } of named) {
    const other = labelOf.get(text);
    if (other !== undefined && other !== label)
      throw invalidInput(
        `data.labelNames: the labels ${JSON.stringify(other)} and ${JSON.stringify(label)} are both called ${JSON.stringify(text)}`,
        `Say it in other words, such as data.labelNames: {${JSON.stringify(label)}: [what it means]}.`,
      );
    labelOf.set(text, label);
  }
};

/**
 * Texts that name the labels: one example each, of which only that label's task is known. A label that no example has, but the recipe
 * names, is a label of the one task.
 * @param tasks of a hierarchy [coarse, fine]: fine labels are named
 * @throws TaxonError `invalid_input` for a label that is named and belongs to none of several tasks, for two labels that are
 * called the same, and for names with sentence pairs
 */
export const labelNameExamples = (
  examples: readonly Example[],
  tasks: readonly TaskDefinition[],
  { data }: Pick<Recipe, 'data'>,
  { hierarchical }: { hierarchical: boolean },
): Example[] => {
  const { labelNames } = data;
  if (labelNames === false) return [];
  if (data.pairColumn !== undefined)
    throw invalidInput('data.labelNames is given with data.pairColumn: the name of a label is one text, not a pair');
  const given = givenTexts(labelNames);
  const named = hierarchical ? [1] : [...tasks.keys()];
  const met = new Map(named.map((task) => [task, labelsOf(examples, task)]));
  const strangers = [...given.keys()].filter((label) => ![...met.values()].some((labels) => labels.includes(label)));
  if (strangers.length > 0 && (tasks.length > 1 || hierarchical))
    throw invalidInput(
      `data.labelNames names ${JSON.stringify(strangers[0])}, which no training text has`,
      `With ${hierarchical ? 'a hierarchy' : 'several tasks'} only labels of the training texts can be named.`,
    );
  met.get(named[0]!)!.push(...strangers);
  return named.flatMap((task) => {
    const texts = met
      .get(task)!
      .flatMap((label) => textsFor(label, given.get(label)).map((text) => ({ label, text: text.trim() })));
    expectApart(texts);
    return texts.map(({ label, text }) => ({
      text,
      labels: tasks.map((_, other) => (other === task ? [label] : undefined)),
      line: 0,
      origin: { method: labelNameMethod, parent: label },
    }));
  });
};

/** The training part with the names of its labels behind it. */
export const withLabelNames = (
  train: readonly Example[],
  tasks: readonly TaskDefinition[],
  recipe: Recipe,
  options: { hierarchical: boolean },
): Example[] => {
  const all = [...train, ...labelNameExamples(train, tasks, recipe, options)];
  return options.hierarchical ? fillCoarseLabels(all) : all;
};
