import { answersOf, embeddingOfPrediction } from '@taxon/app-inference/shared';
import type { Prediction } from '@taxon/models';
import { createReference, type PairedText, type Reference } from '@taxon/monitoring';
import type { ModelVersion, Registry } from '@taxon/registry';
import { inputOf, openVersion, pairAnswers, validationOf, type AskedVersion } from './ask-version.ts';
import type { LabelledRow } from './observations.ts';

export interface CompareOptions {
  registry: Registry;
  threads: number;
  signal: AbortSignal;
}

export interface ComparedVersions {
  validation: PairedText[];
  feedback: PairedText[];
  /** What the candidate's live answers will be held against. */
  reference: Reference;
}

const referenceOf = (predictions: readonly Prediction[], { space }: AskedVersion): Reference =>
  createReference(
    predictions.map((prediction) => ({
      answers: answersOf(prediction, space),
      embedding: embeddingOfPrediction(prediction, space),
    })),
  );

/** What a version's live answers are held against: its answers to its validation texts. */
export const makeReference = async (
  version: ModelVersion,
  { registry, threads, signal }: CompareOptions,
): Promise<Reference> => {
  // Before it is loaded: there may be none.
  const rows = await validationOf(await registry.checkOut(version, { signal }), signal);
  await using asked = await openVersion(registry, version, { threads, signal });
  return referenceOf(await asked.answer(rows.map(inputOf)), asked);
};

/**
 * Lets two versions answer the validation texts, which are the same for all versions of a model, and texts of feedback that none of
 * them has learnt from. One is in memory at a time.
 */
export const compareVersions = async (
  serving: ModelVersion,
  candidate: ModelVersion,
  heldOut: readonly LabelledRow[],
  { registry, threads, signal }: CompareOptions,
): Promise<ComparedVersions> => {
  const ask = async (version: ModelVersion, known?: readonly LabelledRow[]) => {
    await using asked = await openVersion(registry, version, { threads, signal });
    const rows = known ?? (await validationOf(asked.folder, signal));
    const validation = await asked.answer(rows.map(inputOf));
    const feedback = await asked.answer(heldOut.map(inputOf));
    return { rows, validation, feedback, reference: referenceOf(validation, asked) };
  };
  // The serving version's texts: a candidate does not choose what it is compared on.
  const before = await ask(serving);
  const after = await ask(candidate, before.rows);
  return {
    validation: pairAnswers(before.rows, before.validation, after.validation),
    feedback: pairAnswers(heldOut, before.feedback, after.feedback),
    reference: after.reference,
  };
};
