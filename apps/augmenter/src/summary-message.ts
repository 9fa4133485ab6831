import { AugmentationResult, AugmentationSummary } from '@taxon/contracts';
import type { FileResult, Summary } from './engine.ts';

const counts = (numbers: Record<string, number>): Record<string, bigint> =>
  Object.fromEntries(Object.entries(numbers).map(([name, count]) => [name, BigInt(count)]));

export const toSummaryMessage = ({ rows, kept, dropped, keptByMethod, distinctN, examples }: Summary) =>
  AugmentationSummary.fromPartial({
    ...{ rows: BigInt(rows), kept: BigInt(kept), dropped: counts(dropped), keptByMethod: counts(keptByMethod) },
    ...{ distinctN, examples },
  });

export const toResultMessage = ({ output, summary, seconds }: FileResult): AugmentationResult =>
  AugmentationResult.fromPartial({ output, seconds, summary: toSummaryMessage(summary) });
