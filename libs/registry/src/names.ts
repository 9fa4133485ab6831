import { invalidInput } from '@taxon/errors';

/** Safe as a folder's name everywhere, and never a way out of one. */
const name = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
export const nameRule = 'letters, digits, dots, dashes and underscores, at most 100, the first a letter or digit';

export const isName = (text: string): boolean => name.test(text);

/** @throws TaxonError `invalid_input` naming the field */
export const expectName = (text: string, field: string): string => {
  if (isName(text)) return text;
  throw invalidInput(`${field}: ${JSON.stringify(text.slice(0, 200))} is no name; a name is ${nameRule}`);
};

/** A version's number is no alias. @throws TaxonError `invalid_input` */
export const expectAlias = (text: string): string => {
  if (/^\d+$/.test(text)) throw invalidInput(`alias: ${JSON.stringify(text)} would read as a version; use a word`);
  return expectName(text, 'alias');
};
