import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LabelSpace } from '@taxon/data';
import { invalidInput } from '@taxon/errors';
import type { DecisionRule } from './decision.ts';
import type { EnsembleJson } from './ensemble-json.ts';
import { modelCard } from './model-card.ts';
import { replaceFolder } from './replace-folder.ts';
import { defaultKeep, digestsOf, marker, type SaveModelOptions } from './save-model-folder.ts';
import { formatVersion } from './taxon-json.ts';
import { writeJson } from './write-json.ts';

/** Models that answer together: the mean of their probabilities. */
export interface EnsembleModel {
  space: LabelSpace;
  /** How the mean becomes an answer. */
  rule: DecisionRule;
  maxLength: number;
  /** Model folders of ours, two or more, with the same labels and tokenizer; copied. */
  members: readonly string[];
}

/**
 * Writes a folder of several models that `loadClassifier` loads as one: `members/1` and so on, `taxon.json` of the kind `ensemble` with
 * the digests of all their files, and a model card. Whole or not at all.
 * @throws TaxonError as `saveModelFolder` does
 */
export const saveEnsembleFolder = async (
  folder: string,
  { space, rule, maxLength, members }: EnsembleModel,
  { card, lineage = {}, keep = defaultKeep, signal }: Omit<SaveModelOptions, 'tokenizerFrom'>,
): Promise<void> => {
  if (members.length < 2) throw invalidInput(`an ensemble of ${members.length} model; it takes 2 or more`);
  await replaceFolder(folder, { marker, keep }, async (fresh) => {
    const names = members.map((_, i) => `members/${i + 1}`);
    for (const [i, member] of members.entries()) {
      signal?.throwIfAborted();
      await cp(member, join(fresh, names[i]!), { recursive: true });
    }
    const head = `the mean of ${members.length} models' probabilities`;
    const facts = { space, maxLength, head, sentenceTransformers: false, ensemble: true };
    await writeFile(join(fresh, 'README.md'), modelCard(card, facts));
    const taxon: EnsembleJson = {
      ...{ formatVersion, kind: 'ensemble', space, rule, maxLength, members: names, lineage },
      digests: await digestsOf(fresh, signal),
    };
    await writeJson(join(fresh, marker), taxon);
  });
};
