import type { IdBuffer } from './id-buffer.ts';

/** What turns text between added tokens into ids; one a tokenizer kind. */
export interface SectionEncoder {
  /**
   * Appends the ids of `text` to `out`. May stop once `out.length` has reached `limit`, and may have gone past it.
   * @param atStart whether the section begins the text
   */
  encode(text: string, atStart: boolean, out: IdBuffer, limit: number): void;
}
