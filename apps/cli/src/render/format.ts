/** Numbers as a person reads them. English conventions, whatever the machine's locale: transcripts must not differ. */

const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** 0.9654 → `96.5 %`. */
export const formatPercent = (share: number, digits = 1): string => `${(100 * share).toFixed(digits)} %`;

/** 10500 → `10,500`. */
export const formatCount = (count: number): string => grouped.format(count);

/** 90868376 → `90.9 MB`, decimal as disks and downloads are sold. */
export const formatBytes = (bytes: number): string => {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(0)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
};

/** 0.42 → `0.4 s`, 83 → `1 min 23 s`, 4000 → `1 h 7 min`. */
export const formatDuration = (seconds: number): string => {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
};

/** 0.00008 → `8.0e-5`. */
export const formatLearningRate = (rate: number): string => rate.toExponential(1);

/** One of something, or more: `1 text`, `10,500 texts`. */
export const countOf = (count: number, singular: string, plural = `${singular}s`): string =>
  `${formatCount(count)} ${count === 1 ? singular : plural}`;
