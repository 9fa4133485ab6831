import { invalidInput } from '@taxon/errors';

/** Safe as the names of folders and files everywhere, never hidden, never a way out. */
const part = '[A-Za-z0-9][A-Za-z0-9._=@-]*';
const pattern = new RegExp(`^${part}(/${part})*$`, 'u');

export const isKey = (text: string): boolean => text.length <= 900 && pattern.test(text);

/** @throws TaxonError `invalid_input` */
export const expectKey = (key: string): string => {
  if (!isKey(key)) throw invalidInput(`storage: ${JSON.stringify(key.slice(0, 200))} is no key`);
  return key;
};
