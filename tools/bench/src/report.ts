import { isSkipped, type Figures, type Outcome, type Skipped } from './benchmark.ts';
import type { Machine } from './machine.ts';

/** The line that a run ends with, for machines. */
export const resultLine = (benchmark: string, machine: Machine, outcome: Outcome): string =>
  JSON.stringify({ benchmark, machine, ...outcome, text: undefined });

/** Four digits that matter, thousands apart. */
const shortest = (value: number): string =>
  value.toLocaleString('en', Number.isInteger(value) ? {} : { maximumSignificantDigits: 4 });

const formatNumber = (name: string, value: number): string => {
  if (name.endsWith('Bytes')) return `${(value / 2 ** 20).toFixed(0)} MiB`;
  if (/^(accurac|macroF1|weightedF1|share)/u.test(name)) return `${(value * 100).toFixed(2)} %`;
  return shortest(value);
};

const formatValue = (name: string, value: Exclude<Figures[string], Figures>): string => {
  if (value === null || value === undefined) return '–';
  if (typeof value === 'number') return formatNumber(name, value);
  if (typeof value !== 'object') return String(value);
  return value.map((one: unknown) => (typeof one === 'number' ? formatNumber(name, one) : '')).join(', ');
};

/** `peakMemoryBytes` → `peak memory`, `tokensPerSecond` → `tokens per second`. */
const words = (name: string): string =>
  name.replace(/Bytes$/u, '').replace(/[A-Z]+/gu, (letters) => ` ${letters.toLowerCase()}`);

const isGroup = (value: unknown): value is Figures =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** So few figures stand on one line. */
const smallGroup = 4;

const groupLines = (title: string, group: Figures, indent: string): string[] => {
  const entries = Object.entries(group);
  if (entries.length > smallGroup || entries.some(([, value]) => typeof value === 'object'))
    return [indent + title, ...lines(group, `${indent}  `)];
  const shown = entries.map(([name, value]) => `${words(name)} ${formatValue(name, value as number)}`);
  return [`${indent}${title}: ${shown.join(', ')}`];
};

const lines = (figures: Figures, indent: string): string[] =>
  Object.entries(figures).flatMap(([name, value]) => {
    if (isGroup(value)) return groupLines(words(name), value, indent);
    if (Array.isArray(value) && value.some(isGroup))
      return (value as Figures[]).flatMap((one, index) => groupLines(`${words(name)} ${index + 1}`, one, indent));
    return [`${(indent + words(name)).padEnd(32)}${formatValue(name, value as number)}`];
  });

const side = (title: string, figures: Figures | Skipped): string[] =>
  isSkipped(figures) ? [`${title}: skipped: ${figures.skipped}`] : [title, ...lines(figures, '  ')];

/** Both sides and the ratio, for a person. */
export const formatOutcome = ({ taxon, peer, ratio, text }: Outcome): string =>
  text ??
  [
    ...side('Taxon', taxon),
    ...side('Peer (Python)', peer),
    ...(Object.keys(ratio).length === 0 ? [] : side('Taxon against the peer (above 1: Taxon is better)', ratio)),
  ].join('\n');
