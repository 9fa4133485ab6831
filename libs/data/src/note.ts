/** Something worth telling a person about their data: plain text, ready to print. */
export interface Note {
  level: 'info' | 'warning';
  message: string;
}

/** `1 example`, `2,000 examples`: counts as people read them. */
export const countOf = (n: number, singular: string, plural = `${singular}s`): string =>
  `${n.toLocaleString('en-US')} ${n === 1 ? singular : plural}`;

/** `a, b, c and 4 more`: the first few of a long list. */
export const firstFew = (items: readonly (string | number)[], limit = 5): string => {
  const shown = items.slice(0, limit).join(', ');
  return items.length > limit ? `${shown} and ${(items.length - limit).toLocaleString('en-US')} more` : shown;
};

/** A text on one line, cut for a message. */
export const excerpt = (text: string, limit = 60): string => {
  const line = text.replace(/\s+/g, ' ').trim();
  return JSON.stringify(line.length > limit ? `${line.slice(0, limit - 1)}…` : line);
};
