import { createJobMetrics } from '@taxon/jobs';
import { Counter, type Registry } from 'prom-client';

export const createMetrics = (registry: Registry) => {
  const registers = [registry];
  const jobs = createJobMetrics(registry, { service: 'augmenter', noun: 'augmentation', plural: 'augmentations' });
  const rows = new Counter({ name: 'taxon_augmenter_texts_total', help: 'Texts streamed in', registers });
  const newRows = new Counter({
    name: 'taxon_augmenter_new_texts_total',
    help: 'Texts made and streamed out, by method',
    labelNames: ['method'] as const,
    registers,
  });
  return {
    ...jobs,
    onRows: (count: number): void => rows.inc(count),
    onNewRows: (methods: readonly string[]): void => {
      for (const method of methods) newRows.inc({ method });
    },
  };
};
