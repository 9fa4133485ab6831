import { join } from 'node:path';
import { invalidInput } from '@taxon/errors';
import { z } from 'zod';
import { readOptionalJson } from './read-json.ts';
import { relativePath, taxonJsonSchema } from './taxon-json.ts';

/** `taxon.json` of a folder whose members answer together. The digests are of the members' files, too. */
export const ensembleJsonSchema = taxonJsonSchema.omit({ head: true, prompt: true, pairs: true }).extend({
  kind: z.literal('ensemble'),
  /** Model folders within this one. */
  members: z.array(relativePath).min(2),
});

export type EnsembleJson = z.output<typeof ensembleJsonSchema>;

/** @returns undefined for folders of one model */
export const readEnsembleJson = async (folder: string): Promise<EnsembleJson | undefined> => {
  const path = join(folder, 'taxon.json');
  const found = await readOptionalJson(path, z.looseObject({ kind: z.string().optional() }));
  return found?.kind === 'ensemble' ? readOptionalJson(path, ensembleJsonSchema) : undefined;
};

/** @throws TaxonError `invalid_input` for an ensemble where one model is wanted */
export const expectOneModel = async (folder: string): Promise<void> => {
  const ensemble = await readEnsembleJson(folder);
  if (ensemble !== undefined)
    throw invalidInput(
      `${folder} is an ensemble of ${ensemble.members.length} models; one is wanted here`,
      `Name one of its members, such as ${join(folder, ensemble.members[0]!)}`,
    );
};
