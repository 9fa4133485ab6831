import fc from 'fast-check';
import { expect, it } from 'vitest';
import { inPieces } from './adapt-encoder.ts';

const ids = fc.array(fc.integer({ min: 10, max: 99 }), { maxLength: 60 }).map((list) => Int32Array.from(list));
const frame = { before: Int32Array.of(1), after: Int32Array.of(2) };

it('long texts become several that fit, and nothing of them is lost', () => {
  fc.assert(
    fc.property(ids, fc.integer({ min: 3, max: 20 }), (text, maxLength) => {
      const pieces = inPieces(text, frame, maxLength);
      expect(pieces.flatMap((piece) => [...piece.subarray(1, -1)])).toEqual([...text]);
      for (const piece of pieces) {
        expect([piece[0], piece.at(-1)]).toEqual([1, 2]);
        expect(piece.length).toBeLessThanOrEqual(maxLength);
        expect(piece.length).toBeGreaterThan(2);
      }
    }),
  );
});
