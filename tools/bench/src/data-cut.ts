import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createRandom, imbalancedCut, type Example } from '@taxon/data';

const parts = ['train', 'validation', 'test'] as const;
type Row = Record<string, unknown>;

/** Ways to say the same thing; every text is given one. */
const styles: Readonly<Record<string, (text: string) => string>> = {
  plain: (text) => text,
  polite: (text) => `hello there, ${text}, thank you very much`,
  terse: (text) => `${text.split(' ').slice(0, 12).join(' ')} asap`,
  rambling: (text) => `so i was just sitting here thinking, well, ${text}, you know what i mean`,
};

const readRows = async (path: string): Promise<Row[]> =>
  (await readFile(path, 'utf8'))
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as Row);

/** Class sizes of the training part fall from 100 texts to 5; validation and test stay as they are. */
const imbalanced = (rows: readonly Row[], part: string, label: string): Row[] => {
  if (part !== 'train') return [...rows];
  const examples = rows.map((row, line): Example => ({
    text: String(row['text']),
    labels: [[String(row[label])]],
    line,
  }));
  return imbalancedCut(examples, { from: 100, to: 5, seed: 0 }).map(({ line }) => rows[line]!);
};

/** Every text in one of four styles, which is a part of its label: four times as many classes. */
const styled = (rows: readonly Row[], part: string, label: string): Row[] => {
  const random = createRandom(parts.indexOf(part as (typeof parts)[number]) + 1);
  const names = Object.keys(styles);
  return rows.map((row) => {
    const style = names[Math.floor(random() * names.length)]!;
    return { ...row, text: styles[style]!(String(row['text'])), [label]: `${String(row[label])}/${style}` };
  });
};

export const cuts = { imbalanced, styles: styled } as const;
export type CutName = keyof typeof cuts;

/**
 * A data set made harder, written to `scratch`; seeded, so that every run makes the same.
 * @param dataset folder with train.jsonl, validation.jsonl and test.jsonl, one label a text
 */
export const cutData = async (dataset: string, cut: CutName, labelColumn: string, scratch: string): Promise<string> => {
  await mkdir(scratch, { recursive: true });
  for (const part of parts) {
    const rows = cuts[cut](await readRows(join(dataset, `${part}.jsonl`)), part, labelColumn);
    await writeFile(join(scratch, `${part}.jsonl`), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  }
  return scratch;
};
