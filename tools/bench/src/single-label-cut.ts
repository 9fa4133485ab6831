import { createWriteStream } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';

const parts = ['train', 'validation', 'test'] as const;

export interface LabelledFolder {
  folder: string;
  /** Rows that were left out because they have no label or several. */
  leftOut: number;
}

/**
 * Data of one label a text, which is all that `taxon train` learns today. Where rows carry lists of labels (GoEmotions),
 * those with exactly one are written to `scratch`, so that Taxon and its peers read the same files; other data stays where it is.
 * @param dataset folder with train.jsonl, validation.jsonl and test.jsonl
 */
export const singleLabelCut = async (
  dataset: string,
  labelColumn: string,
  scratch: string,
): Promise<LabelledFolder> => {
  const first = (await readFile(join(dataset, 'train.jsonl'), 'utf8')).split('\n', 1)[0]!;
  if (!Array.isArray((JSON.parse(first) as Record<string, unknown>)[labelColumn]))
    return { folder: dataset, leftOut: 0 };
  await mkdir(scratch, { recursive: true });
  let leftOut = 0;
  for (const part of parts) {
    const output = createWriteStream(join(scratch, `${part}.jsonl`));
    for (const line of (await readFile(join(dataset, `${part}.jsonl`), 'utf8')).split('\n')) {
      if (line.trim() === '') continue;
      const row = JSON.parse(line) as Record<string, unknown>;
      const labels = row[labelColumn] as unknown[];
      if (labels.length === 1) output.write(`${JSON.stringify({ ...row, [labelColumn]: labels[0] })}\n`);
      else leftOut += 1;
    }
    output.end();
    await finished(output);
  }
  return { folder: scratch, leftOut };
};
