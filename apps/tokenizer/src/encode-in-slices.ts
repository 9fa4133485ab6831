import { setImmediate } from 'node:timers/promises';
import type { Tokenizer } from '@taxon/text';

/** Longest time that tokenizing keeps the event loop from other calls, milliseconds; one text is never interrupted. */
const slice = 5;

/** Ids of each text, special tokens included. Lets others have a turn between texts, and stops when the signal aborts. */
export const encodeInSlices = async (
  tokenizer: Tokenizer,
  texts: readonly string[],
  { maxLength, signal }: { maxLength: number | undefined; signal: AbortSignal },
): Promise<Int32Array[]> => {
  const encoded: Int32Array[] = [];
  let until = performance.now() + slice;
  for (const text of texts) {
    if (performance.now() >= until) {
      await setImmediate();
      signal.throwIfAborted();
      until = performance.now() + slice;
    }
    encoded.push(tokenizer.encode(text, { maxLength }));
  }
  return encoded;
};
