import type { FixedRange } from '@taxon/compute';
import { evenly } from './calibrate.ts';
import { compressedForm, floatForm, logitsOf, type Compression } from './candidate.ts';
import type { ComputeOptions } from './compute-logits.ts';
import type { CompressedForm } from './options.ts';
import type { PartCost } from './report.ts';

/** Logits tell the cost of a part much finer than accuracy does: few texts are enough. */
const texts = 300;

const highest = (logits: Float32Array): number => logits.reduce((best, x, i) => (x > logits[best]! ? i : best), 0);

/** Share of the rows of two matrices of logits whose largest entries stand elsewhere. */
export const changedShare = (a: Float32Array, b: Float32Array, outputs: number): number => {
  const rows = a.length / outputs;
  const row = (x: Float32Array, i: number): Float32Array => x.subarray(i * outputs, (i + 1) * outputs);
  let changed = 0;
  for (let i = 0; i < rows; i++) changed += Number(highest(row(a, i)) !== highest(row(b, i)));
  return rows === 0 ? 0 : changed / rows;
};

/** What each part costs when it alone is compressed, by falling cost. */
export const sensitivityOf = async (
  form: CompressedForm,
  parts: readonly string[],
  compression: Compression,
  ranges: Readonly<Record<string, FixedRange>> | undefined,
  onProgress?: ComputeOptions['onProgress'],
): Promise<PartCost[]> => {
  const examples = evenly(compression.examples, texts);
  const exact = await logitsOf(floatForm(compression), compression, examples);
  const outputs = exact.length / examples.length;
  const costs: PartCost[] = [];
  for (const [i, name] of parts.entries()) {
    const others = new Set(parts.filter((part) => part !== name));
    const logits = await logitsOf(compressedForm(form, compression, others, ranges), compression, examples);
    const logitError = logits.reduce((sum, x, at) => sum + (x - exact[at]!) ** 2, 0) / logits.length;
    costs.push({ name, logitError, changed: changedShare(exact, logits, outputs) });
    onProgress?.(i + 1, parts.length);
  }
  return costs.sort((a, b) => b.logitError - a.logitError);
};
