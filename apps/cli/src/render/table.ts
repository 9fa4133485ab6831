export interface Column {
  title: string;
  align?: 'left' | 'right';
}

/** Columns padded to their widest cell, two spaces between. Cells are plain text: colours come after, by line. */
export const formatTable = (columns: readonly Column[], rows: readonly (readonly string[])[]): string[] => {
  const lines = [columns.map(({ title }) => title), ...rows];
  const widths = columns.map((_, at) => Math.max(...lines.map((cells) => (cells[at] ?? '').length)));
  return lines.map((cells) =>
    columns
      .map(({ align }, at) => (cells[at] ?? '')[align === 'right' ? 'padStart' : 'padEnd'](widths[at]!))
      .join('  ')
      .trimEnd(),
  );
};
