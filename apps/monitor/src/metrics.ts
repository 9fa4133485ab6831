import { Counter, Gauge, type Registry } from 'prom-client';

export const createMetrics = (registry: Registry) => {
  const registers = [registry];
  return {
    events: new Counter({
      name: 'taxon_monitor_events_total',
      help: 'Events taken in.',
      labelNames: ['type'] as const,
      registers,
    }),
    checks: new Counter({
      name: 'taxon_monitor_checks_total',
      help: 'Looks at a model.',
      labelNames: ['outcome'] as const,
      registers,
    }),
    requests: new Counter({ name: 'taxon_monitor_training_requests_total', help: 'Trainings asked for.', labelNames: ['model', 'trigger'] as const, registers }), // prettier-ignore
    decisions: new Counter({ name: 'taxon_monitor_decisions_total', help: 'Decisions about versions.', labelNames: ['model', 'verdict'] as const, registers }), // prettier-ignore
    drift: new Gauge({ name: 'taxon_monitor_drift', help: 'Figures of drift of what serves, as measured last.', labelNames: ['model', 'figure'] as const, registers }), // prettier-ignore
    accuracy: new Gauge({ name: 'taxon_monitor_feedback_accuracy_ratio', help: 'Accuracy of what serves on feedback.', labelNames: ['model'] as const, registers }), // prettier-ignore
    newRows: new Gauge({ name: 'taxon_monitor_new_rows', help: 'Labelled texts that what serves has not learnt.', labelNames: ['model'] as const, registers }), // prettier-ignore
  };
};

/** What is known of a model that serves; absent is what nothing is known of. */
export interface ModelFigures {
  newRows: number;
  judged: { n: number; right: number };
  drift: Readonly<Record<string, number>> | undefined;
}

export interface Gauges {
  set(model: string, figures: ModelFigures): void;
  /** Of all other models nothing is told any more. */
  keep(models: readonly string[]): void;
}

/** Gauges by model. They hold what is true now: figures of a version that no longer serves, and models that are gone, leave them. */
export const createGauges = ({ newRows, accuracy, drift }: MonitorMetrics): Gauges => {
  /** Figures of drift that are told, by model. */
  const told = new Map<string, string[]>();
  const forget = (model: string): void => {
    accuracy.remove({ model });
    for (const figure of told.get(model) ?? []) drift.remove({ model, figure });
    told.delete(model);
  };
  return {
    set: (model, figures) => {
      forget(model);
      newRows.set({ model }, figures.newRows);
      const { n, right } = figures.judged;
      if (n > 0) accuracy.set({ model }, right / n);
      for (const [figure, value] of Object.entries(figures.drift ?? {})) drift.set({ model, figure }, value);
      told.set(model, Object.keys(figures.drift ?? {}));
    },
    keep: (models) => {
      for (const model of told.keys())
        if (!models.includes(model)) {
          forget(model);
          newRows.remove({ model });
        }
    },
  };
};

export type MonitorMetrics = ReturnType<typeof createMetrics>;
