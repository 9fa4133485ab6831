import { join } from 'node:path';
import { rowsOf, sameLength } from './shapes.ts';
import { writeWhole } from './write-whole.ts';

/** Logits and right labels of one scoring: the content of a file of `writeEpochLogits`. */
export interface EpochLogits {
  /** Epochs done, with fraction. */
  epoch: number;
  /** Steps done. */
  step?: number;
  /** Name of the task, where there are several. */
  task?: string;
  /** Such as validation. */
  split: string;
  kind: 'single-label' | 'multi-label';
  labels: string[];
  /** Places of the texts in their part; absent where all are there. Texts whose label is not known are not. */
  texts?: number[];
  /** By text: index of the right label, null for one unseen in training; or, multi-label, the indices of the right labels. */
  expected: (number | null)[] | number[][];
  /** [texts][labels], 5 significant digits; null where a value is not finite. */
  logits: (number | null)[][];
}

export interface EpochLogitsPart {
  split: string;
  step?: number;
  /** Where there are several; the number, from 1 up, tells their files apart. */
  task?: { name: string; number: number };
  /** Places of the texts in their part: [texts] */
  texts?: readonly number[];
  labels: readonly string[];
  /** [texts, labels] */
  logits: Float32Array;
  /** Int32Array [texts], −1 unseen (single-label), or Uint8Array [texts, labels] (multi-label). */
  expected: Int32Array | Uint8Array;
}

/** Enough to rank and to plot; half the bytes of all digits. */
const digits = 5;

const figure = (value: number): string => (Number.isFinite(value) ? String(Number(value.toPrecision(digits))) : 'null');

const expectedOf = (expected: Int32Array | Uint8Array, text: number, classes: number): string => {
  if (expected instanceof Int32Array) return expected[text]! < 0 ? 'null' : String(expected[text]!);
  const carried: number[] = [];
  for (let label = 0; label < classes; label++) if (expected[text * classes + label] === 1) carried.push(label);
  return `[${carried.join(',')}]`;
};

/** The file in pieces of some texts each: the whole of 10,000 texts × 600 labels would be a string of 50 MB. */
function* pieces(epoch: number, part: EpochLogitsPart): Generator<string> {
  const { split, step, task, labels, texts = [], logits, expected } = part;
  const classes = labels.length;
  const n = expected instanceof Int32Array ? expected.length : rowsOf('expected', expected, classes);
  sameLength('logits', logits, 'texts × labels', { length: n * classes });
  const kind = expected instanceof Int32Array ? 'single-label' : 'multi-label';
  const about = JSON.stringify({ epoch, step, split, task: task?.name, kind }).slice(0, -1);
  yield `${about},\n"labels":${JSON.stringify(labels)},\n`;
  if (texts.some((place, i) => place !== i)) yield `"texts":${JSON.stringify(texts)},\n`;
  yield '"expected":[';
  for (let text = 0; text < n; text++) yield `${text > 0 ? ',' : ''}${expectedOf(expected, text, classes)}`;
  yield '],\n"logits":[';
  for (let text = 0; text < n; text++) {
    const row = logits.subarray(text * classes, (text + 1) * classes);
    yield `${text > 0 ? ',' : ''}\n[${Array.from(row, figure).join(',')}]`;
  }
  yield ']}\n';
}

/** Sorts by name as by time, whole epochs without a fraction. */
const nameOf = (epoch: number, { split, task }: EpochLogitsPart): string => {
  const [whole, fraction] = epoch.toFixed(3).split('.') as [string, string];
  const of = task === undefined || task.number === 1 ? '' : `-${task.number}`;
  return `epoch-${whole.padStart(3, '0')}${fraction === '000' ? '' : `.${fraction}`}-${split}${of}.json`;
};

/**
 * Writes one scoring as `epoch-003-validation.json` (`epoch-002.500-validation.json` within the third epoch,
 * `epoch-003-validation-2.json` of the second task), a JSON object (`EpochLogits`) that Python's `json.load` reads; the texts are
 * in the order of their file. It appears whole or not at all.
 * @param epoch from 0 up
 * @returns the file's path
 * @throws TaxonError `resource_exhausted` when the disk is full; `cancelled` after an abort
 */
export const writeEpochLogits = async (
  folder: string,
  epoch: number,
  part: EpochLogitsPart,
  signal?: AbortSignal,
): Promise<string> => {
  const path = join(folder, nameOf(epoch, part));
  await writeWhole(path, pieces(epoch, part), signal);
  return path;
};
