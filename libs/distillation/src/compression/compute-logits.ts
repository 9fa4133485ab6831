import { countOutputs, tokenBudget, type ClassifierEngine, type TextInput } from '@taxon/models';

export interface ComputeOptions {
  signal?: AbortSignal;
  onProgress?: (done: number, total: number) => void;
}

/** Texts that are looked at together, to find those of like length. */
const window = 256;

/** Logits of texts, row-major [texts, outputs]. */
export const computeLogits = async (
  engine: ClassifierEngine,
  texts: readonly TextInput[],
  { signal, onProgress }: ComputeOptions = {},
): Promise<Float32Array> => {
  const outputs = countOutputs(engine.model.space);
  const logits = new Float32Array(texts.length * outputs);
  const waiting = texts.map((text, at) => ({ at, input: engine.encode(text) }));
  waiting.sort((a, b) => b.input.ids.length - a.input.ids.length);
  let tokens = 0;
  for (let next = waiting.splice(0, window); next.length > 0;) {
    signal?.throwIfAborted();
    tokens = 0;
    const fitting = next.filter(({ input }, i) => (tokens += input.ids.length) <= tokenBudget || i === 0);
    const answers = await engine.run(fitting.map(({ input }) => input));
    answers.forEach((answer, i) => answer && logits.set(answer, fitting[i]!.at * outputs));
    const done = new Set(fitting.filter((_, i) => answers[i] !== undefined));
    next = next.filter((one) => !done.has(one));
    next.push(...waiting.splice(0, window - next.length));
    onProgress?.(texts.length - waiting.length - next.length, texts.length);
  }
  return logits;
};
