import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { defaultCacheFolder, withLock } from '@taxon/cache';
import {
  attentionWidth,
  inputEncoder,
  loadModelFolder,
  tapOutput,
  type EncodedInput,
  type TextInput,
} from '@taxon/models';
import { loadTokenizer } from '@taxon/text';
import { placesOf, runModel, type RunModelOptions, type Wanted } from './run-model.ts';
import { openSignals, writeSignals, type Signals, type SignalShape, type WriteRows } from './signal-store.ts';
import type { Teacher } from './teachers.ts';

/** A teacher's signals of texts: `logits` and `features` a text a row, the others a token a row. */
export interface TeacherSignals extends Signals {
  /** Tokens of each text, as the teacher reads it. */
  ids: readonly Int32Array[];
  /** The row of each text's first token. */
  begins: Float64Array;
}

export interface ReadOptions extends RunModelOptions {
  /** Told where kept signals turn out to be damaged. */
  onDamage: (what: string) => void;
  /** Where signals are kept. @default the cache's folder */
  cacheFolder?: string;
}

const widthOf = ({ description: { encoder } }: Teacher, tap: string): number => {
  const [, layer, part] = tap.split('.');
  if (part === undefined) return encoder.hidden;
  return part === 'activation' ? encoder.intermediate : attentionWidth(encoder, Number(layer));
};

/** All that the signals are made of, in 64 hexadecimal digits. */
const keyOf = ({ digest }: Teacher, encoded: readonly EncodedInput[], { features, taps }: Wanted): string => {
  const hash = createHash('sha256').update(JSON.stringify([1, digest, features, taps, encoded.length]));
  for (const { ids, types } of encoded) {
    hash.update(Int32Array.of(ids.length, types?.length ?? 0)).update(ids);
    if (types !== undefined) hash.update(types);
  }
  return hash.digest('hex');
};

/** Runs the teacher over all texts, and writes what is wanted. */
const compute = async (
  { description }: Teacher,
  encoded: readonly EncodedInput[],
  begins: Float64Array,
  wanted: Wanted,
  options: ReadOptions,
  write: WriteRows,
): Promise<void> => {
  const model = { ...(await loadModelFolder(description.folder, options)), head: description.head };
  const perText = ['logits', ...(wanted.features ? ['features'] : [])];
  await runModel(model, encoded, wanted, options, ({ batch, shape, outputs }) => {
    for (const name of perText) {
      const data = outputs(name);
      const width = data.length / (shape.rows * shape.slots);
      batch.texts.forEach((text, i) => {
        const at = batch.slots[i]! * width;
        write(name, text, data.subarray(at, at + width));
      });
    }
    for (const tap of wanted.taps) {
      const data = outputs(tapOutput(tap));
      const width = data.length / (shape.rows * shape.length);
      for (const { text, row, begin } of placesOf(batch, shape)) {
        const count = encoded[text]!.ids.length;
        const own = new Float32Array(count * width); // [tokens, width]
        for (let s = 0; s < count; s++) {
          const at = ((begin + s) * shape.rows + row) * width;
          own.set(data.subarray(at, at + width), s * width);
        }
        write(tap, begins[text]!, own);
      }
    }
  });
};

/**
 * What a teacher makes of texts: read from where it is kept, if it was asked the same before, else computed and kept. Before kept signals
 * are used, all of their bytes are compared with their digests.
 */
export const readTexts = async (
  teacher: Teacher,
  inputs: readonly TextInput[],
  wanted: Wanted,
  options: ReadOptions,
): Promise<TeacherSignals> => {
  const { signal, onDamage, cacheFolder = defaultCacheFolder() } = options;
  const { description } = teacher;
  const encode = inputEncoder(await loadTokenizer(description.encoderFolder), description);
  const encoded = inputs.map((input) => encode(input));
  const ids = encoded.map((text) => text.ids);
  const begins = new Float64Array(ids.length + 1); // in tokens
  ids.forEach((text, i) => (begins[i + 1] = begins[i]! + text.length));
  const perText = (width: number): SignalShape => ({ rows: ids.length, width });
  const shapes: Record<string, SignalShape> = {
    logits: perText(description.head.classes),
    ...(wanted.features && { features: perText(description.encoder.hidden) }),
    ...Object.fromEntries(wanted.taps.map((tap) => [tap, { rows: begins.at(-1)!, width: widthOf(teacher, tap) }])),
  };
  const root = join(cacheFolder, 'teachers');
  const folder = join(root, keyOf(teacher, encoded, wanted));
  await mkdir(root, { recursive: true });
  return withLock(`${folder}.lock`, signal, async () => {
    let found = await openSignals(folder, shapes, signal);
    if (!('signals' in found)) {
      if (found.damage !== undefined) onDamage(found.damage);
      await writeSignals(folder, shapes, (write) => compute(teacher, encoded, begins, wanted, options, write), signal);
      found = await openSignals(folder, shapes, signal);
    } else options.onProgress(ids.length, ids.length);
    if (!('signals' in found)) throw new Error(`${folder}: ${found.damage ?? 'vanished'}`);
    return { ...found.signals, ids, begins };
  });
};
