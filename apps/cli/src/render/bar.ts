const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/**
 * A bar of `width` cells, filled to `share` (0..1, others are clamped) in steps of an eighth of a cell.
 * @param rest what the empty cells show
 */
export const formatBar = (share: number, width: number, rest = '░'): string => {
  const filled = Math.min(1, Math.max(0, Number.isNaN(share) ? 0 : share)) * width;
  const full = Math.floor(filled);
  const part = eighths[Math.floor((filled - full) * 8)]!;
  return '█'.repeat(full) + part + rest.repeat(width - full - part.length);
};
