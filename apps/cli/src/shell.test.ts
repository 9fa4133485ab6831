import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatCommand } from './shell.ts';

it('a shell reads back every word', () => {
  const word = fc.string({ unit: fc.constantFrom(...'aZ0 \t\n\'"\\$`!*?~#&|;<>(){}[]=é…'.split(/(?:)/u)) });
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 5 }), (words) => {
      const command = formatCommand('printf', '%s\\0', ...words);
      expect(execFileSync('sh', ['-c', command], { encoding: 'utf8' })).toBe(words.map((w) => `${w}\0`).join(''));
    }),
    { numRuns: 50 },
  );
});
