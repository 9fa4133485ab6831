import { extname } from 'node:path';
import { invalidInput } from '@taxon/errors';

/** How a labelled file is written. */
export type DataFormat = 'csv' | 'tsv' | 'jsonl' | 'json';
/** Unlabelled texts may also be plain lines. */
export type TextFormat = DataFormat | 'txt';

const endings: Readonly<Record<string, TextFormat>> = {
  '.csv': 'csv',
  '.tsv': 'tsv',
  '.tab': 'tsv',
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
  '.json': 'json',
  '.txt': 'txt',
};

/**
 * The format to read a file in: the option when given, else by the path's ending.
 * @throws TaxonError `invalid_input` when the ending says nothing, or a format that `allowed` does not hold
 */
export const fileFormat = <F extends TextFormat>(path: string, option: F | undefined, allowed: readonly F[]): F => {
  if (option !== undefined) {
    if (allowed.includes(option)) return option;
    throw invalidInput(`format ${JSON.stringify(option)} cannot be read; it must be one of ${allowed.join(', ')}`);
  }
  const ending = extname(path).toLowerCase();
  const format = allowed.find((candidate) => candidate === endings[ending]);
  if (format !== undefined) return format;
  const what = ending === '' ? 'has no ending' : `ends with ${JSON.stringify(ending)}`;
  throw invalidInput(
    `${path} ${what}, which does not say how it is written`,
    `Set --format to one of ${allowed.join(', ')}.`,
  );
};
