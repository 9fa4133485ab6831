import type { Dataset, LabelSpace } from '@taxon/data';
import { loadClassifier, type DecisionRule } from '@taxon/models';
import { readLabelledFile, type LabelledFileOptions } from './evaluation.ts';
import type { ProgressView } from './progress/progress-view.ts';

/** A labelled file and what a model makes of it. */
export interface AnsweredFile {
  space: LabelSpace;
  rule: DecisionRule;
  dataset: Dataset;
  /** [examples, outputs] */
  logits: Float32Array;
}

export interface AnswerFileOptions extends LabelledFileOptions {
  threads?: number;
}

/**
 * Asks a model about the texts of a labelled file.
 * @throws TaxonError as `loadClassifier` and `readLabelledFile`
 */
export const answerFile = async (
  model: string,
  file: string,
  { threads, ...options }: AnswerFileOptions,
  view: ProgressView,
): Promise<AnsweredFile> => {
  const { signal } = options;
  const classifier = await loadClassifier(model, { threads, signal });
  try {
    const { space, rule } = classifier;
    const dataset = await readLabelledFile(file, space, options);
    for (const { message, level } of dataset.notes) view.note(message, level);
    view.begin('classify');
    const logits = await classifier.logits(
      dataset.examples.map(({ text, pair }) => (pair === undefined ? text : { text, pair })),
      { signal, onProgress: (done, total) => view.update({ done, total, unit: 'texts' }) },
    );
    view.end();
    return { space, rule, dataset, logits };
  } finally {
    await classifier.dispose();
  }
};
