import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createRandom, fewShot, imbalancedCut, type Example } from '@taxon/data';

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

/** What is asked of a cut. */
interface CutRequest {
  part: (typeof parts)[number];
  /** Key of the labels. */
  label: string;
  seed: number;
}

type Cut = (rows: readonly Row[], request: CutRequest) => Row[];

/** A cut of the training part; validation and test stay as they are. */
const ofTraining =
  (choose: (examples: Example[], seed: number) => Example[]): Cut =>
  (rows, { part, label, seed }) => {
    if (part !== 'train') return [...rows];
    const examples = rows.map((row, line): Example => ({
      text: String(row['text']),
      labels: [[String(row[label])]],
      line,
    }));
    return choose(examples, seed).map(({ line }) => rows[line]!);
  };

/** Class sizes fall from 100 texts to 5, the same ones whatever the seed. */
const imbalanced = ofTraining((examples) => imbalancedCut(examples, { from: 100, to: 5, seed: 0 }));

/** Every text in one of four styles, which is a part of its label: four times as many classes. */
const styled: Cut = (rows, { part, label }) => {
  const random = createRandom(parts.indexOf(part) + 1);
  const names = Object.keys(styles);
  return rows.map((row) => {
    const style = names[Math.floor(random() * names.length)]!;
    return { ...row, text: styles[style]!(String(row['text'])), [label]: `${String(row[label])}/${style}` };
  });
};

export const cuts = {
  imbalanced,
  styles: styled,
  /** So many texts a class, drawn by the seed. */
  '5-shot': ofTraining((examples, seed) => fewShot(examples, 5, seed)),
  '10-shot': ofTraining((examples, seed) => fewShot(examples, 10, seed)),
} as const satisfies Record<string, Cut>;
export type CutName = keyof typeof cuts;

/** The labels of a data set's training part, sorted: what is left of it where nothing is labelled. */
export const labelsOf = async (dataset: string, label: string): Promise<string[]> =>
  [...new Set((await readRows(join(dataset, 'train.jsonl'))).map((row) => String(row[label])))].sort();

/**
 * A data set made harder, written to `scratch`; seeded, so that every run makes the same.
 * @param dataset folder with train.jsonl, validation.jsonl and test.jsonl, one label a text
 */
export const cutData = async (
  dataset: string,
  cut: CutName,
  { label, seed }: Omit<CutRequest, 'part'>,
  scratch: string,
): Promise<string> => {
  await mkdir(scratch, { recursive: true });
  for (const part of parts) {
    const rows = cuts[cut](await readRows(join(dataset, `${part}.jsonl`)), { part, label, seed });
    await writeFile(join(scratch, `${part}.jsonl`), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  }
  return scratch;
};
