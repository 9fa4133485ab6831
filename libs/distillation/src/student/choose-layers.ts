import { invalidInput } from '@taxon/errors';

/**
 * The layers that a student takes over, 0-based: those of a list, or so many of them spread evenly, the last one included. All where
 * nothing is said.
 * @throws TaxonError `invalid_input` for layers that are not there
 */
export const chooseLayers = (asked: number | readonly number[] | undefined, layers: number): number[] => {
  if (asked === undefined) return Array.from({ length: layers }, (_, i) => i);
  const wrong = typeof asked === 'number' ? asked > layers : asked.at(-1)! >= layers;
  if (wrong)
    throw invalidInput(
      `student.layers is ${JSON.stringify(asked)}; there are ${layers}, counted from 0`,
      `Ask for 1 to ${layers}, or list some of 0 to ${layers - 1}.`,
    );
  return typeof asked === 'number'
    ? Array.from({ length: asked }, (_, i) => Math.round(((i + 1) * layers) / asked) - 1)
    : [...asked];
};
