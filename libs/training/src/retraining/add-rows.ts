import { readFile } from 'node:fs/promises';
import { nearDuplicatesAcross, readDataset, textKey, type Example } from '@taxon/data';
import { invalidInput } from '@taxon/errors';
import { writeWhole } from '@taxon/evaluation';
import { labelColumns } from '../prepare-data.ts';
import type { Recipe } from '../recipe.ts';
import type { NewRows } from './new-rows.ts';
import { partRow } from './part-rows.ts';
import { createRowCheck } from './row-check.ts';

/** What became of new rows. */
export interface AddedRows {
  /** Learnt from now, those that replaced an older row included. */
  added: number;
  /** Their text was in the training part with other labels: the newer ones hold. */
  replaced: number;
  /** Already there, with the same labels. */
  known: number;
  /** The same or nearly the same as a held-out text: not learnt from. */
  heldOut: number;
  /** Rows that the recipe cannot learn from, e.g. without the pair that it reads: left out. */
  unusable: number;
  /** The first of them: `FILE:LINE: why`. */
  firstUnusable?: string;
}

/** Similarity of character trigrams from which on two texts count as nearly the same; as with made texts. */
const threshold = 0.8;
/** Letters that take some four seconds to compare; beyond, only copies are looked for. */
const mostLetters = 6_000_000;

/** Texts of a part's file, by the recipe's columns. */
export const readPart = async ({ data, ...recipe }: Recipe, path: string | undefined): Promise<Example[]> => {
  if (path === undefined) return [];
  const { textColumn, pairColumn, sourceColumn } = data;
  const tasks = labelColumns({ data, ...recipe });
  return (await readDataset(path, { textColumn, pairColumn, sourceColumn, tasks })).examples;
};

/** Which of the rows are, or nearly are, texts that models are scored on. */
const tellingOfHeldOut = (rows: readonly Example[], heldOut: readonly Example[]): Set<number> => {
  const keys = new Set(heldOut.map(textKey));
  const found = new Set(rows.flatMap((row, i) => (keys.has(textKey(row)) ? [i] : [])));
  const parts = [
    { name: 'held-out', texts: heldOut.map(({ text }) => text) },
    { name: 'rows', texts: rows.map(({ text }) => text) },
  ];
  const letters = parts.flatMap(({ texts }) => texts).reduce((sum, text) => sum + text.length, 0);
  if (rows.length > 0 && heldOut.length > 0 && letters <= mostLetters)
    for (const { part, index } of nearDuplicatesAcross(parts, { threshold })) if (part === 'rows') found.add(index);
  return found;
};

/** One row a text, with all that is known of it, by column. */
const usableRows = async (
  recipe: Recipe,
  {
    rows,
    examples,
    old,
  }: { rows: readonly Example[]; examples: readonly Example[]; old: ReadonlyMap<string, Example> },
  leaveOut: (line: number, problem: string) => void,
): Promise<Example[]> => {
  const check = await createRowCheck(recipe, examples);
  const fresh = new Map<string, Example>();
  for (const { pair, ...one } of rows) {
    // A pair that the recipe does not read would make another text of it.
    const row: Example = { ...one, ...(recipe.data.pairColumn !== undefined && pair !== undefined && { pair }) };
    const key = textKey(row);
    const checked = check(row, (fresh.get(key) ?? old.get(key))?.labels);
    if ('problem' in checked) leaveOut(row.line, checked.problem);
    else fresh.set(key, { ...row, labels: checked.labels });
  }
  return [...fresh.values()];
};

/**
 * Writes the training part with new rows. A text that is there with other labels takes the new ones, of two new rows of a text the
 * later holds, and a text that models are scored on is left out, as is a row that the recipe
 * cannot learn from. What a new row does not tell stays as it was.
 * @param recipe that reads the parts (`withDataParts`)
 * @param path of the new rows, for what is said of them
 * @param target the file that is written
 * @throws TaxonError `invalid_input` naming what is wrong
 */
export const addRows = async (
  recipe: Recipe,
  { rows, unusable }: NewRows,
  { path, target, signal }: { path: string; target: string; signal?: AbortSignal },
): Promise<AddedRows> => {
  const { train, validation, test } = recipe.data;
  if (train === undefined) throw invalidInput('data.train: there is no training part to add rows to');
  const examples = await readPart(recipe, train);
  const left = [...unusable];
  const old = new Map(examples.map((example) => [textKey(example), example]));
  const fresh = await usableRows(recipe, { rows, examples, old }, (line, problem) =>
    left.push(`${path}:${line}: ${problem}`),
  );
  const heldOut = [...(await readPart(recipe, validation)), ...(await readPart(recipe, test))];
  const telling = tellingOfHeldOut(fresh, heldOut);
  // By 1-based line, as examples know theirs.
  const lines: (string | undefined)[] = (await readFile(train, 'utf8')).split('\n');
  const counts = { added: 0, replaced: 0, known: 0, heldOut: telling.size, unusable: left.length };
  fresh.forEach((row, i) => {
    if (telling.has(i)) return;
    const before = old.get(textKey(row));
    if (before !== undefined && JSON.stringify(before.labels) === JSON.stringify(row.labels)) counts.known++;
    else {
      if (before !== undefined) {
        lines[before.line - 1] = undefined;
        counts.replaced++;
      }
      counts.added++;
      lines.push(JSON.stringify(partRow(recipe, row)));
    }
  });
  const kept = lines.filter((line) => line !== undefined && line !== '');
  await writeWhole(
    target,
    kept.map((line) => `${line}\n`),
    signal,
  );
  return { ...counts, ...(left.length > 0 && { firstUnusable: left[0]! }) };
};
