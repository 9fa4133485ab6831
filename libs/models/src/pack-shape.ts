import { chooseRowLength, type PackShape } from '@taxon/text';
import { tokenBudget } from './classifier-engine.ts';

const roundUp = (value: number, step: number): number => Math.ceil(value / step) * step;

/**
 * The smallest shape that holds the texts. Sizes are rounded: ONNX Runtime keeps an allocation plan for every shape that
 * it meets, and there must not be thousands.
 */
export const chooseShape = (lengths: readonly number[]): PackShape => {
  const total = lengths.reduce((a, b) => a + b, 0);
  const longest = Math.max(...lengths);
  const onlyRow = roundUp(total, 8);
  if (lengths.length === 1 || onlyRow <= 64) return { rows: 1, length: onlyRow, slots: lengths.length };
  const length = chooseRowLength(longest);
  return { rows: Math.max(1, Math.floor(tokenBudget / length)), length, slots: length };
};

const powerOfTwo = (value: number): number => 2 ** Math.ceil(Math.log2(value));

/** Rows and slots that a plan really uses. */
export const trim = (rowOf: readonly number[], shape: PackShape): PackShape => {
  const counts = new Int32Array(shape.rows);
  for (const row of rowOf) counts[row]! += 1;
  const rows = Math.max(...rowOf) + 1;
  return {
    rows: rows <= 4 ? rows : Math.min(shape.rows, roundUp(rows, 4)),
    length: shape.length,
    slots: powerOfTwo(Math.max(...counts)),
  };
};
