import { readFile } from 'node:fs/promises';
import { nearDuplicatesAcross, readDataset, textKey, type Example } from '@taxon/data';
import { invalidInput } from '@taxon/errors';
import { writeWhole } from '@taxon/evaluation';
import { labelColumns } from '../prepare-data.ts';
import type { Recipe } from '../recipe.ts';
import { partRow } from './part-rows.ts';

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

/** Labels of the tasks that columns hold; a hierarchy's map adds the coarse one in front. */
const ownLabels = ({ labels }: Example, columns: number): string =>
  JSON.stringify(labels.slice(labels.length - columns));

/**
 * Writes the training part with new rows. A text that is there with other labels takes the new ones, of two new rows of a text the
 * later holds, and a text that models are scored on is left out.
 * @param recipe that reads the parts (`withDataParts`)
 * @param target the file that is written
 * @throws TaxonError `invalid_input` naming what is wrong
 */
export const addRows = async (
  recipe: Recipe,
  rows: readonly Example[],
  { target, signal }: { target: string; signal?: AbortSignal },
): Promise<AddedRows> => {
  const { train, validation, test } = recipe.data;
  if (train === undefined) throw invalidInput('data.train: there is no training part to add rows to');
  const columns = labelColumns(recipe).length;
  const fresh = [...new Map(rows.map((row) => [textKey(row), row])).values()];
  const heldOut = [...(await readPart(recipe, validation)), ...(await readPart(recipe, test))];
  const telling = tellingOfHeldOut(fresh, heldOut);
  const examples = await readPart(recipe, train);
  const old = new Map(examples.map((example) => [textKey(example), example]));
  // By 1-based line, as examples know theirs.
  const lines: (string | undefined)[] = (await readFile(train, 'utf8')).split('\n');
  const counts = { added: 0, replaced: 0, known: 0, heldOut: telling.size };
  fresh.forEach((row, i) => {
    if (telling.has(i)) return;
    const before = old.get(textKey(row));
    if (before !== undefined && ownLabels(before, columns) === ownLabels(row, columns)) counts.known++;
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
  return counts;
};
