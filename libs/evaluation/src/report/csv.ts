const field = (value: string | number, guardFormulas: boolean): string => {
  const text = String(value);
  const guarded = guardFormulas && typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
};

/**
 * Comma-separated values with a header line (RFC 4180, but lines end in `\n`).
 * @param guardFormulas puts an apostrophe before strings that a spreadsheet would run: for tables with texts of strangers
 */
export const csv = (
  header: readonly string[],
  rows: readonly (readonly (string | number)[])[],
  guardFormulas = false,
): string => [header, ...rows].map((row) => `${row.map((value) => field(value, guardFormulas)).join(',')}\n`).join('');
