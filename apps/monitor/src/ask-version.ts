import type { Example, LabelSpace } from '@taxon/data';
import { loadClassifier, type Prediction, type TextInput } from '@taxon/models';
import type { PairedText } from '@taxon/monitoring';
import type { ModelVersion, Registry } from '@taxon/registry';
import { readDataPart } from '@taxon/training';
import type { LabelledRow } from './observations.ts';

/** A version with its files here, which answers texts while it is used. */
export interface AskedVersion extends AsyncDisposable {
  readonly folder: string;
  readonly space: LabelSpace;
  answer(texts: readonly TextInput[]): Promise<Prediction[]>;
}

/**
 * Loads a version, held by a lease against collection.
 * @param threads of its session; what is served must not wait for a comparison
 */
export const openVersion = async (
  registry: Registry,
  version: ModelVersion,
  { threads, signal }: { threads: number; signal: AbortSignal },
): Promise<AskedVersion> => {
  const lease = await registry.lease(version, 'monitor');
  try {
    const folder = await registry.checkOut(version, { signal });
    const classifier = await loadClassifier(folder, { threads, signal });
    return {
      folder,
      space: classifier.space,
      answer: (texts) => classifier.classify(texts, { signal }),
      [Symbol.asyncDispose]: async () => {
        await classifier.dispose();
        await lease.release();
      },
    };
  } catch (error) {
    await lease.release();
    throw error;
  }
};

/** The validation texts that a version was chosen on, from its own folder. */
export const validationOf = (folder: string, signal: AbortSignal): Promise<LabelledRow[]> =>
  readDataPart(folder, 'validation', signal).then(({ tasks, examples }) =>
    examples.map(({ text, pair, labels }: Example) => ({
      ...{ text, pair },
      labels: Object.fromEntries(tasks.flatMap((task, i) => (labels[i] === undefined ? [] : [[task, labels[i]]]))),
    })),
  );

export const inputOf = ({ text, pair }: LabelledRow): TextInput => (pair === undefined ? text : { text, pair });

/** What two versions answered to the same texts. */
export const pairAnswers = (
  rows: readonly LabelledRow[],
  serving: readonly Prediction[],
  candidate: readonly Prediction[],
): PairedText[] =>
  rows.map(({ labels }, i) => {
    const answerOf = ({ tasks }: Prediction, name: string): string[] =>
      tasks.find(({ task }) => task === name)?.answer ?? [];
    return {
      tasks: Object.entries(labels).map(([task, expected]) => ({
        ...{ task, expected },
        serving: answerOf(serving[i]!, task),
        candidate: answerOf(candidate[i]!, task),
      })),
    };
  });
