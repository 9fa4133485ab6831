import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileError } from './file-error.ts';
import { rowsOf, sameLength } from './shapes.ts';

/** Logits and right labels of one scoring: the content of a file of `writeEpochLogits`. */
export interface EpochLogits {
  epoch: number;
  /** Such as validation. */
  split: string;
  kind: 'single-label' | 'multi-label';
  labels: string[];
  /** By text: index of the right label, null for one unseen in training; or, multi-label, the indices of the right labels. */
  expected: (number | null)[] | number[][];
  /** [texts][labels], 5 significant digits; null where a value is not finite. */
  logits: (number | null)[][];
}

export interface EpochLogitsPart {
  split: string;
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
function* pieces(epoch: number, { split, labels, logits, expected }: EpochLogitsPart): Generator<string> {
  const classes = labels.length;
  const n = expected instanceof Int32Array ? expected.length : rowsOf('expected', expected, classes);
  sameLength('logits', logits, 'texts × labels', { length: n * classes });
  const kind = expected instanceof Int32Array ? 'single-label' : 'multi-label';
  yield `{"epoch":${epoch},"split":${JSON.stringify(split)},"kind":"${kind}",\n"labels":${JSON.stringify(labels)},\n"expected":[`;
  for (let text = 0; text < n; text++) yield `${text > 0 ? ',' : ''}${expectedOf(expected, text, classes)}`;
  yield '],\n"logits":[';
  for (let text = 0; text < n; text++) {
    const row = logits.subarray(text * classes, (text + 1) * classes);
    yield `${text > 0 ? ',' : ''}\n[${Array.from(row, figure).join(',')}]`;
  }
  yield ']}\n';
}

/**
 * Writes one scoring as `epoch-003-validation.json`, a JSON object (`EpochLogits`) that Python's `json.load` reads; the texts are
 * in the order of their file. It appears whole or not at all.
 * @param epoch whole, from 0 up
 * @returns the file's path
 * @throws TaxonError `resource_exhausted` when the disk is full; `cancelled` after an abort
 */
export const writeEpochLogits = async (
  folder: string,
  epoch: number,
  part: EpochLogitsPart,
  signal?: AbortSignal,
): Promise<string> => {
  const path = join(folder, `epoch-${String(epoch).padStart(3, '0')}-${part.split}.json`);
  const temporary = `${path}.part`;
  try {
    await mkdir(folder, { recursive: true });
    await pipeline(Readable.from(pieces(epoch, part)), createWriteStream(temporary), { signal });
    await rename(temporary, path);
    return path;
  } catch (error) {
    await rm(temporary, { force: true });
    throw fileError(path, error);
  }
};
