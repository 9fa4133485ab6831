import { describe, expect, it } from 'vitest';
import { formatTable, mebibytes, percent } from './table.ts';

describe('a table', () => {
  it('is Markdown whose columns stand below each other', () => {
    expect(
      formatTable(
        ['run', 'seconds'],
        [
          ['one', '7'],
          ['another', '12.5'],
        ],
      ),
    ).toBe(
      ['| run     | seconds |', '| ------- | ------: |', '| one     |       7 |', '| another |    12.5 |'].join('\n'),
    );
  });

  it('shows a dash for what is not known', () => {
    expect([percent(0.96512), percent(undefined), mebibytes(2 ** 30), mebibytes(undefined)]).toEqual([
      ...['96.51 %', '–', '1024 MiB', '–'],
    ]);
  });
});
