import { Counter, Gauge, type Registry } from 'prom-client';

export const createMetrics = (registry: Registry) => {
  const registers = [registry];
  return {
    events: new Counter({
      name: 'taxon_monitor_events_total',
      help: 'Events taken in.',
      labelNames: ['type'],
      registers,
    }),
    checks: new Counter({
      name: 'taxon_monitor_checks_total',
      help: 'Looks at a model.',
      labelNames: ['outcome'],
      registers,
    }),
    requests: new Counter({ name: 'taxon_monitor_training_requests_total', help: 'Trainings asked for.', labelNames: ['model', 'trigger'], registers }), // prettier-ignore
    decisions: new Counter({ name: 'taxon_monitor_decisions_total', help: 'Decisions about versions.', labelNames: ['model', 'verdict'], registers }), // prettier-ignore
    drift: new Gauge({ name: 'taxon_monitor_drift', help: 'Figures of drift of what serves, as measured last.', labelNames: ['model', 'figure'], registers }), // prettier-ignore
    accuracy: new Gauge({ name: 'taxon_monitor_feedback_accuracy_ratio', help: 'Accuracy of what serves on feedback.', labelNames: ['model'], registers }), // prettier-ignore
    newRows: new Gauge({ name: 'taxon_monitor_new_rows', help: 'Labelled texts that what serves has not learnt.', labelNames: ['model'], registers }), // prettier-ignore
  };
};

export type MonitorMetrics = ReturnType<typeof createMetrics>;
