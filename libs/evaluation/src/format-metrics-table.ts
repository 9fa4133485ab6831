import stringWidth from 'string-width';
import type { ClassMetrics, Figures } from './metrics.ts';

/** What the table is made of. */
export interface TabledMetrics {
  /** Texts scored. */
  n: number;
  /** Shares, 0..1, by the name that is shown; in the order of the totals. */
  figures: Figures;
  perLabel: readonly ClassMetrics[];
}

export interface MetricsTableOptions {
  /** Classes shown, worst first; the rest is counted in a last line. @default 20 */
  maxRows?: number;
  /** Columns of the terminal that a label may take. @default 40 */
  labelWidth?: number;
}

/** Worst first: F1, then the class with more texts, so that what matters most stands on top. */
export const worstFirst = (perClass: readonly ClassMetrics[]): ClassMetrics[] =>
  perClass.filter(({ support, f1 }) => support > 0 || f1 > 0).sort((a, b) => a.f1 - b.f1 || b.support - a.support);

const segments = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Cuts or fills to exactly this many columns; CJK and emoji take two. */
const fit = (text: string, width: number): string => {
  const line = text.replace(/[\p{Cc}\s]+/gu, ' ');
  if (stringWidth(line) <= width) return line + ' '.repeat(width - stringWidth(line));
  let cut = '';
  for (const { segment } of segments.segment(line)) {
    if (stringWidth(cut + segment) > width - 1) break;
    cut += segment;
  }
  return `${cut}…`.padEnd(cut.length + 1 + width - 1 - stringWidth(cut));
};

const figure = (share: number): string => share.toFixed(3).padStart(9);

/** Plain text for a terminal: the totals, then precision, recall, F1 and support of the worst classes. No colours. */
export const formatMetricsTable = (
  { n, figures, perLabel }: TabledMetrics,
  options: MetricsTableOptions = {},
): string => {
  const { maxRows = 20, labelWidth = 40 } = options;
  const rows = worstFirst(perLabel);
  const shown = rows.slice(0, maxRows);
  const width = Math.min(labelWidth, Math.max(12, ...shown.map(({ label }) => stringWidth(label))));
  const line = ({ label, precision, recall, f1, support }: ClassMetrics): string =>
    `${fit(label, width)}${figure(precision)}${figure(recall)}${figure(f1)}${String(support).padStart(9)}`;
  const heading = `${'worst first'.padEnd(width)}${['precision', 'recall', 'f1', 'texts'].map((name) => name.padStart(9)).join('')}`;
  const lines = [
    [...Object.entries(figures).map(([name, share]) => `${name} ${share.toFixed(4)}`), `texts ${n}`].join('   '),
    '',
    heading,
    ...shown.map(line),
  ];
  const rest = rows.slice(maxRows);
  if (rest.length > 0) lines.push(`… and ${rest.length} more, F1 from ${rest[0]!.f1.toFixed(3)} up`);
  return lines.join('\n');
};
