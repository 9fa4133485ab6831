import type { TaskDefinition } from '@taxon/data';
import { augmentRows, openTools, type AugmentContext } from '../augment-rows.ts';
import type { AugmentOptions } from '../options.ts';
import type { DatasetProfile } from '../profile.ts';
import type { Row } from '../row.ts';
import { SeenTexts } from '../seen-texts.ts';
import type { AugmentationSummary } from '../summary.ts';
import type { Slice, SliceResult } from './slice.ts';

/** Makes what is wanted of slices, one after the other; methods and models stay open in between. */
export interface SliceAugmenter {
  augment(slice: Slice): Promise<SliceResult>;
  dispose(): Promise<void>;
}

/** The line says which row of the slice it is. */
const rowsOf = ({ rows }: Slice): Row[] =>
  rows.map(({ id, text, pair, labels }, line) => ({
    ...{ id, text, pair, line },
    labels: labels.map((own) => own ?? undefined),
  }));

const droppedOf = ({ methods }: AugmentationSummary, rows: readonly Row[]): SliceResult['dropped'] => {
  const placeOf = new Map(rows.map(({ id, line }) => [id, line]));
  return methods.map(({ name, dropped, examples }) => ({
    method: name,
    counts: dropped,
    examples: examples.dropped.map(({ parent, to, reason, similarity, answer }) => ({
      ...{ row: placeOf.get(parent)!, to, reason: reason!, similarity, answer },
    })),
  }));
};

/**
 * @param first a slice of the run: methods that need texts of all classes find them in every slice
 * @throws TaxonError as `augmentRows`
 */
export const openSliceAugmenter = async (
  options: AugmentOptions,
  tasks: readonly TaskDefinition[],
  first: Slice,
  { translator, signal }: Pick<AugmentContext, 'translator' | 'signal'>,
): Promise<SliceAugmenter> => {
  // Methods keep this one, and look into the pool of whichever slice they work at. Nothing is seen in it: what `open` reads must be the
  // same whichever slice came first.
  const profile: DatasetProfile = { rows: 0, counts: [], pool: new Map(first.pool), seen: new SeenTexts() };
  const context = { tasks, profile, translator, signal };
  const tools = await openTools(options, context);
  return {
    augment: async (slice) => {
      const rows = rowsOf(slice);
      profile.pool = new Map(slice.pool);
      const seen = new SeenTexts();
      for (const text of [...rows.map((row) => row.text), ...slice.others]) seen.add(seen.formOf(text));
      const similarities: (number | undefined)[] = [];
      const augmentation = augmentRows(each(rows), options, {
        ...context,
        ...{ tools, ownsProfile: true, profile: { ...profile, seen } },
        quota: ({ line }) => slice.rows[line]!.wanted,
        onCandidate: ({ reason, similarity }) => {
          if (reason === undefined) similarities.push(similarity);
        },
      });
      const made: SliceResult['made'] = [];
      for await (const { line, text, origin } of augmentation)
        made.push({ row: line, method: origin.method, text, similarity: similarities[made.length] });
      return { made, dropped: droppedOf(augmentation.summary(), rows) };
    },
    dispose: () => tools.dispose(),
  };
};

// eslint-disable-next-line @typescript-eslint/require-await -- of the same type as rows that are read
async function* each(rows: readonly Row[]): AsyncGenerator<Row> {
  yield* rows;
}
