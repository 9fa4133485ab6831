import { invalidInput } from '@taxon/errors';

/** A number within a range. @throws TaxonError `invalid_input` naming the option, the value and the range */
export const numberOption = (
  name: string,
  text: string | undefined,
  { least, most, whole = false }: { least: number; most: number; whole?: boolean },
): number => {
  const value = text?.trim() ? Number(text) : NaN;
  if (value >= least && value <= most && (!whole || Number.isInteger(value))) return value;
  throw invalidInput(
    `--${name} ${text ?? ''}: must be a ${whole ? 'whole ' : ''}number from ${least} to ${most}`.replace('  ', ' '),
  );
};

/** Comma-separated numbers, at least one. */
export const numbersOption = (name: string, text: string | undefined, range: { least: number; most: number }) =>
  (text ?? '').split(',').map((part) => numberOption(name, part, range));

/** Comma-separated names out of a few. */
export const namesOption = <Name extends string>(
  name: string,
  text: string | undefined,
  known: readonly Name[],
): Name[] =>
  (text ?? '').split(',').map((part) => {
    const found = known.find((one) => one === part.trim());
    if (found === undefined) throw invalidInput(`--${name} ${part}: must be one of ${known.join(', ')}`);
    return found;
  });
