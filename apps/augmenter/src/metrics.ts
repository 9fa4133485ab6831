import type { MethodSummary } from '@taxon/augmentation';
import type { AugmentationSummary as SummaryMessage } from '@taxon/contracts';
import { createJobMetrics } from '@taxon/jobs';
import { Counter, type Registry } from 'prom-client';

export const createMetrics = (registry: Registry) => {
  const registers = [registry];
  const jobs = createJobMetrics(registry, { service: 'augmenter', noun: 'augmentation', plural: 'augmentations' });
  const rows = new Counter({ name: 'taxon_augmenter_texts_total', help: 'Texts that were gone through', registers });
  const newRows = new Counter({
    name: 'taxon_augmenter_new_texts_total',
    help: 'Texts made and kept, by method',
    labelNames: ['method'] as const,
    registers,
  });
  const droppedRows = new Counter({
    name: 'taxon_augmenter_dropped_texts_total',
    help: 'Candidates dropped, by method and reason: none (nothing could be made), repeat, drift, label',
    labelNames: ['method', 'reason'] as const,
    registers,
  });
  return {
    ...jobs,
    /** Of a stream, as they come. */
    onRows: (count: number): void => rows.inc(count),
    onNewRows: (methods: readonly string[]): void => {
      for (const method of methods) newRows.inc({ method });
    },
    /** Of a stream, once it has ended, or of a slice. */
    onDropped: ({ methods }: { methods: readonly Pick<MethodSummary, 'name' | 'dropped'>[] }): void => {
      for (const { name, dropped } of methods)
        for (const [reason, count] of Object.entries(dropped)) droppedRows.inc({ method: name, reason }, count);
    },
    /** Of a job that has succeeded. */
    onResult: (summary: SummaryMessage | undefined): void => {
      rows.inc(Number(summary?.rows ?? 0));
      for (const { name, kept, dropped } of summary?.methods ?? []) {
        newRows.inc({ method: name }, Number(kept));
        for (const [reason, count] of Object.entries(dropped)) droppedRows.inc({ method: name, reason }, Number(count));
      }
    },
  };
};
