import type { TaskDefinition } from '@taxon/data';
import { invalidInput } from '@taxon/errors';
import { loadClassifier, loadTextEncoder, type TextEncoder } from '@taxon/models';
import type { AugmentOptions } from './options.ts';
import type { Check } from './quality-gate.ts';
import { dot } from './vectors.ts';

/** Drops what is too far from its parent. Embeddings have length 1. Parents are embedded once a batch. */
const driftCheck =
  (encoder: TextEncoder, least: number): Check =>
  async (candidates, signal) => {
    const parents = [...new Set(candidates.map(({ wish }) => wish.row.text))];
    const placeOf = new Map(parents.map((text, i) => [text, i]));
    const vectors = await encoder.embed([...parents, ...candidates.map(({ text }) => text)], { signal });
    return candidates.map(({ wish }, i) => {
      const similarity = dot(vectors[placeOf.get(wish.row.text)!]!, vectors[parents.length + i]!);
      return similarity < least ? { reason: 'drift', similarity } : { similarity };
    });
  };

/** Drops what a model gives other labels with confidence: another label than the row's (single-label), a missing or a new one (multi-label). */
const labelCheck = async (
  folder: string,
  { quality: { confidence }, threads }: AugmentOptions,
  tasks: readonly TaskDefinition[],
  signal?: AbortSignal,
): Promise<{ check: Check; dispose: () => Promise<void> }> => {
  const classifier = await loadClassifier(folder, { threads, signal });
  const { space } = classifier;
  const placeOf = tasks.map(({ name }, t) => {
    const named = space.tasks.findIndex((task) => task.name === name);
    return named === -1 && space.tasks.length === tasks.length ? t : named;
  });
  if (placeOf.every((at) => at === -1)) {
    await classifier.dispose();
    throw invalidInput(
      `quality.model: ${folder} answers ${space.tasks.map(({ name }) => name).join(', ')}, none of the rows' tasks`,
      `The rows have: ${tasks.map(({ name }) => name).join(', ')}.`,
    );
  }
  const known = space.tasks.map(({ labels }) => new Set(labels));
  const changed = (
    task: number,
    labels: readonly string[],
    ranked: readonly { label: string; probability: number }[],
  ) => {
    const at = placeOf[task]!;
    if (tasks[task]!.kind === 'single-label') {
      const [first] = ranked;
      const isOther =
        first !== undefined && !labels.includes(first.label) && labels.every((label) => known[at]!.has(label));
      return isOther && first.probability >= confidence ? first.label : undefined;
    }
    return ranked.find(({ label, probability }) =>
      labels.includes(label) ? probability <= 1 - confidence : probability >= confidence,
    )?.label;
  };
  const check: Check = async (candidates, own) => {
    const texts = candidates.map(({ text, wish: { row } }) =>
      row.pair === undefined ? text : { text, pair: row.pair },
    );
    const predictions = await classifier.classify(texts, { signal: own });
    return candidates.map(({ wish: { row } }, i) => {
      for (let task = 0; task < tasks.length; task++) {
        const labels = row.labels[task];
        if (labels === undefined || placeOf[task] === -1) continue;
        const answer = changed(task, labels, predictions[i]!.tasks[placeOf[task]!]!.labels);
        if (answer !== undefined) return { reason: 'label', answer };
      }
      return {};
    });
  };
  return { check, dispose: () => classifier.dispose() };
};

/** The checks that options ask for, opened. */
export const openChecks = async (
  options: AugmentOptions,
  tasks: readonly TaskDefinition[],
  signal?: AbortSignal,
): Promise<{ checks: Check[]; dispose: () => Promise<void> }> => {
  const { quality, encoder, threads } = options;
  const checks: Check[] = [];
  const closing: (() => Promise<void>)[] = [];
  if (quality.similarity > 0) {
    if (encoder === undefined)
      throw invalidInput(
        'quality.similarity needs an encoder, and none is named',
        'Set encoder, such as all-MiniLM-L6-v2.',
      );
    const opened = await loadTextEncoder(encoder, { threads, signal });
    checks.push(driftCheck(opened, quality.similarity));
    closing.push(() => opened.dispose());
  }
  const dispose = async (): Promise<void> => {
    for (const close of closing) await close();
  };
  if (quality.model !== undefined) {
    try {
      const { check, dispose: close } = await labelCheck(quality.model, options, tasks, signal);
      checks.push(check);
      closing.push(close);
    } catch (error) {
      await dispose();
      throw error;
    }
  }
  return { checks, dispose };
};
