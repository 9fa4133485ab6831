import type { MistakeRow } from './mistake-rows.ts';

export interface CsvOptions {
  /**
   * Puts an apostrophe before cells that a spreadsheet would run as a formula (=, +, −, @, tab or return at the start): texts come
   * from strangers, and such tables are opened in spreadsheets. Turn it off for programs. @default true
   */
  guardFormulas?: boolean;
}

const columns = ['line', 'source', 'text', 'pair', 'expected', 'predicted', 'missed', 'extra', 'confidence', 'scores'];

const figure = (probability: number): string => probability.toFixed(4);

/** One field as RFC 4180 wants it: quoted where it holds a quote, a comma or a line's end. */
const field = (value: string, guardFormulas: boolean): string => {
  const guarded = guardFormulas && /^[=+\-@\t\r]/u.test(value) ? `'${value}` : value;
  return /[",\r\n]/u.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
};

/**
 * The mistakes as CSV (RFC 4180, lines end in CR LF), several labels of a cell parted by ` | `. It starts with a byte order mark,
 * without which spreadsheets read other letters than ASCII wrongly.
 */
export const mistakesCsv = (rows: readonly MistakeRow[], { guardFormulas = true }: CsvOptions = {}): string => {
  const line = (values: readonly string[]): string => values.map((value) => field(value, guardFormulas)).join(',');
  const lines = rows.map((row) =>
    line([
      String(row.line ?? ''),
      row.source ?? '',
      row.text,
      row.pair ?? '',
      ...[row.expected, row.predicted, row.missed, row.extra].map((labels) => labels.join(' | ')),
      figure(row.confidence),
      row.scores.map(({ label, probability }) => `${label} ${figure(probability)}`).join(' | '),
    ]),
  );
  return `\uFEFF${[columns.join(','), ...lines].map((text) => `${text}\r\n`).join('')}`;
};
