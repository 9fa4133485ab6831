/** An engine that translates. Languages are ISO 639-1 codes, such as `en`. */
export interface Translator {
  /** What runs, for messages: `apertium`, `Xenova/opus-mt-en-de`, … */
  readonly name: string;
  /**
   * @returns the translations in the order of the texts
   * @throws TaxonError `invalid_input` for a pair of languages that it does not know, `unavailable` when the engine fails
   */
  translate(
    texts: readonly string[],
    languages: { from: string; to: string },
    options?: { signal?: AbortSignal },
  ): Promise<string[]>;
  dispose?(): Promise<void>;
}
