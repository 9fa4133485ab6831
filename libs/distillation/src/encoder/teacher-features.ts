import type { SessionOptions } from '@taxon/compute';
import type { HeadConfig, ModelFolder } from '@taxon/models';
import { createForwardPass, createModelState } from '@taxon/training';
import { chooseRowLength } from '@taxon/text';

/** A unit vector's numbers as whole ones: 2⁻¹⁵ is far below what a student learns to tell apart. */
const largest = 32_767;

/** What a teacher makes of texts. */
export interface TeacherFeatures {
  width: number;
  /** Puts a text's features into `into`. */
  read(text: number, into: Float32Array): void;
}

/** A head of no use: steps and passes are made for classifiers. */
export const someHead = ({ encoder, pooling }: Pick<ModelFolder, 'encoder' | 'pooling'>) => ({
  head: { kind: 'dense', pooling, normalize: true, classes: 2 } satisfies HeadConfig,
  parameters: {
    'classifier.weight': new Float32Array(2 * encoder.hidden),
    'classifier.bias': new Float32Array(2),
  },
});

/** Texts a pass: what is told between two of them is the progress. */
const chunk = 8192;

/** The teacher's embeddings of length 1, two bytes a number: a million texts of 384 numbers are 730 MiB. */
export const readFeatures = async (
  teacher: ModelFolder,
  { ids, padId }: { ids: readonly Int32Array[]; padId: number },
  {
    precision,
    session,
    signal,
    onProgress,
  }: {
    precision: 'fp32' | 'int8';
    session: SessionOptions;
    signal: AbortSignal;
    onProgress: (done: number) => void;
  },
): Promise<TeacherFeatures> => {
  const { encoder } = teacher;
  const { head, parameters } = someHead(teacher);
  const weights = { ...teacher.weights, parameters: { ...teacher.weights.parameters, ...parameters } };
  const state = createModelState(weights, encoder, head, { precision });
  const length = chooseRowLength(ids.reduce((most, own) => Math.max(most, own.length), 1));
  const shape = { length, rows: Math.max(1, Math.floor(2048 / length)), slots: Math.max(1, Math.floor(length / 4)) };
  const pass = await createForwardPass(state, shape, session, { precision });
  const width = encoder.hidden;
  const kept = new Int16Array(ids.length * width);
  try {
    for (let begin = 0; begin < ids.length; begin += chunk) {
      const part = ids.slice(begin, begin + chunk);
      const { features } = await pass.run(state, { ids: part, padId }, { signal });
      features.forEach((x, i) => (kept[begin * width + i] = Math.round(x * largest)));
      onProgress(begin + part.length);
    }
  } finally {
    await pass.dispose();
  }
  return {
    width,
    read(text, into) {
      for (let i = 0; i < width; i++) into[i] = kept[text * width + i]! / largest;
    },
  };
};
