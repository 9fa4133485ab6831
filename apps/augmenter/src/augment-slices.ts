import { openSliceAugmenter, type Slice, type SliceAugmenter, type SliceResult } from '@taxon/augmentation';
import type { SlicesRequest } from './engine.ts';

/** Slices of one run as they come, by methods and models that are opened for the first one. */
export async function* augmentSlices(
  { options, tasks, translator }: SlicesRequest,
  slices: AsyncIterable<Slice>,
): AsyncGenerator<SliceResult> {
  // gRPC is loaded where there is somebody to ask.
  const connection =
    translator === undefined ? undefined : (await import('./connect-translator.ts')).connectTranslator(translator);
  let augmenter: SliceAugmenter | undefined;
  try {
    for await (const slice of slices) {
      augmenter ??= await openSliceAugmenter(options, tasks, slice, { translator: connection?.translator });
      yield await augmenter.augment(slice);
    }
  } finally {
    await augmenter?.dispose();
    connection?.close();
  }
}
