import type { PackedBatch, PackShape } from '@taxon/text';
import type { TeacherSignals } from './read-texts.ts';
import { placesOf } from './run-model.ts';

/** A token-level signal of a packed batch, [T, width] position-major; 0 at padding. */
export const tokenRows = (
  signals: TeacherSignals,
  name: string,
  width: number,
  batch: PackedBatch,
  shape: PackShape,
): Float32Array => {
  const rows = new Float32Array(shape.rows * shape.length * width);
  const scratch = new Float32Array(shape.length * width);
  for (const { text, row, begin } of placesOf(batch, shape)) {
    const count = signals.ids[text]!.length;
    signals.read(name, signals.begins[text]!, count, scratch);
    for (let s = 0; s < count; s++)
      rows.set(scratch.subarray(s * width, (s + 1) * width), ((begin + s) * shape.rows + row) * width);
  }
  return rows;
};
