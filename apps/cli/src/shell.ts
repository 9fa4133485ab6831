/** A word as a POSIX shell would read it back. */
export const quoteWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/u.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

/** A command line that a person can paste. */
export const formatCommand = (...words: readonly string[]): string => words.map(quoteWord).join(' ');
