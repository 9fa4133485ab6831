import type { SessionOptions } from '@taxon/compute';
import { clusterLabels, createLabelSpace, encodeLabels, nameGroups } from '@taxon/data';
import { countOutputs, type ModelFolder } from '@taxon/models';
import type { PackShape } from '@taxon/text';
import { createForwardFor, type Device } from './device.ts';
import type { TokenizedTexts } from './forward-pass.ts';
import { createInitialState } from './load-state.ts';
import { coarseName, withCoarseTask, type PreparedData } from './prepare-data.ts';
import type { Recipe } from './recipe.ts';
import type { Reporter } from './reporter.ts';

/** Mean of the features of each label's texts, [labels, size]. */
const centroidsOf = (features: Float32Array, labels: readonly number[], count: number): Float32Array => {
  const size = features.length / labels.length;
  const sums = new Float32Array(count * size);
  const texts = new Float64Array(count);
  labels.forEach((label, text) => {
    texts[label]! += 1;
    for (let i = 0; i < size; i++) sums[label * size + i]! += features[text * size + i]!;
  });
  return sums.map((sum, i) => sum / Math.max(1, texts[Math.floor(i / size)]!));
};

export interface GroupLabelsOptions {
  recipe: Recipe;
  data: PreparedData;
  source: ModelFolder;
  train: TokenizedTexts;
  shape: PackShape;
  device: Device;
  session: SessionOptions;
  signal: AbortSignal;
  reporter: Reporter;
}

/**
 * Finds the coarse labels of a hierarchy by clustering the centroids of the fine ones, in the features of the frozen encoder, and
 * puts them into the data.
 */
export const groupLabels = async (options: GroupLabelsOptions): Promise<PreparedData> => {
  const { recipe, data, source, train, shape, device, session, signal, reporter } = options;
  const { labels } = data.space.tasks[0]!;
  reporter.stage('embed');
  const state = await createInitialState(recipe, source, countOutputs(data.space), device);
  const forward = await createForwardFor(device, state, shape, session);
  let centroids: Float32Array;
  try {
    const { features } = await forward.run(state, train, {
      signal,
      onProgress: (done) => reporter.progress('texts', done, train.ids.length),
    });
    centroids = centroidsOf(
      features,
      data.trainLabels.map(([own]) => own![0]!),
      labels.length,
    );
  } finally {
    await forward.dispose();
  }
  const size = state.encoder.hidden;
  const groupOf = clusterLabels(centroids, size, recipe.hierarchy!.groups!, recipe.seed);
  const names = nameGroups(groupOf, labels, centroids, size);
  const parentOf = new Map(labels.map((label, i) => [label, names[groupOf[i]!]!]));
  const parts = withCoarseTask(data, parentOf, 'the groups');
  const fine = data.space.tasks[0]!;
  const tasks = [
    { name: coarseName, kind: 'single-label' as const },
    { name: fine.name, kind: fine.kind },
  ];
  const space = createLabelSpace(parts.train, tasks, { hierarchical: true });
  return { ...parts, space, trainLabels: encodeLabels(space, parts.train) };
};
