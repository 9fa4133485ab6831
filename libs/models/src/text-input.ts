/** What is classified: a text, or two of them by a model for pairs. */
export type TextInput = string | TextPair;

export interface TextPair {
  text: string;
  pair: string;
}

/** UTF-16 units. */
export const lengthOf = (input: TextInput): number =>
  typeof input === 'string' ? input.length : input.text.length + input.pair.length;
