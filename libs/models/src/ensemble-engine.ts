import { join } from 'node:path';
import { invalidInput } from '@taxon/errors';
import { averageLogits } from './average-logits.ts';
import { loadModelEngine, type ClassifierEngine } from './classifier-engine.ts';
import { readEnsembleJson, type EnsembleJson } from './ensemble-json.ts';

const expectAlike = (
  folder: string,
  { space, maxLength, members }: EnsembleJson,
  engines: ClassifierEngine[],
): void => {
  const labels = JSON.stringify(space);
  engines.forEach(({ model }, i) => {
    if (JSON.stringify(model.space) !== labels || model.maxLength !== maxLength)
      throw invalidInput(
        `${join(folder, members[i]!)}: its labels or maxLength differ from those in ${join(folder, 'taxon.json')}`,
        'The members of an ensemble answer the same question: save the ensemble anew.',
      );
  });
};

const disposeAll = async (engines: readonly ClassifierEngine[]): Promise<void> => {
  await Promise.all(engines.map((engine) => engine.dispose()));
};

/** All members over the same batches, one after the other: each uses every core that it may. */
const together = (folder: string, ensemble: EnsembleJson, engines: ClassifierEngine[]): ClassifierEngine => {
  const { space, rule } = ensemble;
  const first = engines[0]!;
  return {
    model: { ...first.model, folder, space, rule },
    encode: (input) => first.encode(input),
    async run(texts) {
      const answers: (Float32Array | undefined)[][] = [];
      for (const engine of engines) answers.push((await engine.run(texts)).map((logits) => logits?.slice()));
      // Batches are planned by lengths alone: what one member has no room for, none has.
      return texts.map((_, i) => {
        const own = answers.flatMap((logits) => logits[i] ?? []);
        return own.length === engines.length ? averageLogits(space, own) : undefined;
      });
    },
    dispose: () => disposeAll(engines),
  };
};

/**
 * Loads a model folder, of one model or of several that answer together.
 * @throws TaxonError `not_found` or `invalid_input` naming the file and what is wrong with it
 */
export const loadClassifierEngine = async (folder: string, threads: number): Promise<ClassifierEngine> => {
  const ensemble = await readEnsembleJson(folder);
  if (ensemble === undefined) return loadModelEngine(folder, threads);
  const engines: ClassifierEngine[] = [];
  try {
    for (const member of ensemble.members) engines.push(await loadModelEngine(join(folder, member), threads));
    expectAlike(folder, ensemble, engines);
  } catch (error) {
    await disposeAll(engines);
    throw error;
  }
  return together(folder, ensemble, engines);
};
