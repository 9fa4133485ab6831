/** Figures as the report prints them. */

export const percent = (share: number, digits = 1): string =>
  Number.isFinite(share) ? `${(100 * share).toFixed(digits)} %` : '–';

export const count = (n: number): string => n.toLocaleString('en-US');

export const duration = (seconds: number): string => {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(Math.round(seconds) / 60);
  const rest = `${Math.round(seconds) % 60}`.padStart(2, '0');
  return minutes < 60
    ? `${minutes} min ${rest} s`
    : `${Math.floor(minutes / 60)} h ${`${minutes % 60}`.padStart(2, '0')} min`;
};

export const bytes = (n: number): string =>
  n >= 2 ** 30 ? `${(n / 2 ** 30).toFixed(2)} GiB` : `${(n / 2 ** 20).toFixed(0)} MiB`;

/** Wilson's 95 % interval of a share that was seen on n texts: honest for small n and shares near 1. */
export const interval = (share: number, n: number): [low: number, high: number] => {
  if (n === 0) return [0, 1];
  const z = 1.96; // 97.5th percentile of the normal distribution
  const middle = share + (z * z) / (2 * n);
  const reach = z * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n));
  const scale = 1 + (z * z) / n;
  return [Math.max(0, (middle - reach) / scale), Math.min(1, (middle + reach) / scale)];
};

const names: Readonly<Record<string, string>> = {
  mcc: 'Matthews correlation',
  expectedLabels: 'labels a text, right ones',
  predictedLabels: 'labels a text, given ones',
  n: 'texts',
};

/** `macroF1` → macro F1. */
export const figureName = (name: string): string =>
  names[name] ??
  name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, ' ').replace(/[A-Z](?=[a-z])/g, (letter) => letter.toLowerCase());

const plain = new Set(['mcc', 'expectedLabels', 'predictedLabels', 'coverageError', 'loss', 'brier', 'aurc']);

/** Shares as percent; what is no share as a number. */
export const figure = (name: string, value: number, digits = 1): string =>
  plain.has(name) || Math.abs(value) > 1
    ? Number.isInteger(value)
      ? count(value)
      : value.toFixed(3)
    : percent(value, digits);
