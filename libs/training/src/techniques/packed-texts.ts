import type { PackedBatch, PackShape } from '@taxon/text';

// T = S·R tokens in the packed layout (libs/text): token s·R + r is place s of row r. H: hidden.

/** The slot of each token's text, row·M + place in the row; −1 for padding, [T]. */
export const tokenSlots = ({ segments }: PackedBatch, { rows, length, slots }: PackShape): Int32Array =>
  Int32Array.from({ length: rows * length }, (_, token) => {
    const row = token % rows;
    const segment = segments[row * length + Math.floor(token / rows)]!;
    return segment < 0 ? -1 : row * slots + segment;
  });

/** L2 norm of each text's part of [T, H], [R·M]. */
export const textNorms = (values: Float32Array, slotOf: Int32Array, { rows, slots }: PackShape): Float64Array => {
  const hidden = values.length / slotOf.length;
  const squares = new Float64Array(rows * slots);
  slotOf.forEach((slot, token) => {
    if (slot < 0) return;
    for (let i = token * hidden; i < (token + 1) * hidden; i++) squares[slot]! += values[i]! ** 2;
  });
  return squares.map(Math.sqrt);
};
