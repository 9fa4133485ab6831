import { nearDuplicatesAcross, type Example, type Note } from '@taxon/data';
import type { NearDuplicates } from '@taxon/evaluation';
import type { PartName } from './prepare-data.ts';

/** A text belongs to the first part that holds it. */
const order = ['train', 'validation', 'test'] as const;

/** Similarity of two texts' character trigrams from which on a model may well know the one by the other. */
const threshold = 0.8;
/**
 * Letters of all parts above which no training should wait: measured, two to four seconds as sentences (the shorter, the longer),
 * and eight as pages of 2,000 letters on one subject, which share so many trigrams that most pairs are compared.
 */
const mostLetters = 6_000_000;
/** Letters of a text that a note shows. */
const shownLetters = 60;

const textOf = ({ text, pair }: Example): string => (pair === undefined ? text : `${text} ${pair}`);

const shorten = (text: string): string => {
  const letters = Array.from(text.replaceAll(/\s+/gu, ' '));
  return letters.length > shownLetters ? `${letters.slice(0, shownLetters).join('')}…` : letters.join('');
};

/** How many texts of each later part, and the most similar pair. */
const tell = ({ pairs }: NearDuplicates): Note => {
  const counts = new Map<string, number>();
  for (const { b } of pairs) counts.set(b.part, (counts.get(b.part) ?? 0) + 1);
  const told = [...counts].map(([part, count]) => `${count} of ${part}`).join(' and ');
  const { a, b, similarity } = pairs.reduce((best, pair) => (pair.similarity > best.similarity ? pair : best));
  const example = `'${shorten(b.text)}' (${b.part}, line ${b.line}) and '${shorten(a.text)}' (${a.part}, line ${a.line})`;
  const message =
    `${told} are nearly the same as a text of an earlier part, which flatters the scores: ` +
    `such as ${example}, ${Math.round(100 * similarity)} % alike. The report lists them.`;
  return { level: 'warning', message };
};

/** Texts of the validation and the test part that an earlier part nearly holds, and what there is to say of them. */
export const findNearDuplicates = (
  parts: Readonly<Record<PartName, readonly Example[]>>,
): { nearDuplicates?: NearDuplicates; notes: Note[] } => {
  const named = order.map((name) => ({ name, texts: parts[name].map(textOf) }));
  const letters = named.reduce((sum, { texts }) => texts.reduce((own, text) => own + text.length, sum), 0);
  if (letters > mostLetters) {
    const message = `near-duplicates across parts were not looked for: ${letters.toLocaleString('en')} letters, more than ${mostLetters.toLocaleString('en')}`;
    return { notes: [{ level: 'info', message }] };
  }
  const toText = (part: string, index: number): NearDuplicates['pairs'][number]['a'] => {
    const example = parts[part as PartName][index]!;
    const labels = example.labels.flatMap((own) => own ?? []);
    return { text: textOf(example), part, labels, line: example.line };
  };
  const pairs = nearDuplicatesAcross(named, { threshold }).map(
    ({ part, index, otherPart, otherIndex, similarity }) => ({
      similarity,
      a: toText(otherPart, otherIndex),
      b: toText(part, index),
    }),
  );
  const nearDuplicates = { threshold, found: pairs.length, pairs };
  return { nearDuplicates, notes: pairs.length === 0 ? [] : [tell(nearDuplicates)] };
};
