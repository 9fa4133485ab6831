export {
  judge,
  feedbackAccuracy,
  type AccuracyOptions,
  type FeedbackAccuracy,
  type RightTask,
  type Verdict,
} from './feedback-accuracy.ts';
export { wilsonInterval, type Bounds } from './intervals.ts';
export {
  confidenceOf,
  embeddingOf,
  type LiveObservation,
  type ObservedAnswer,
  type Observation,
} from './observation.ts';
export type { Profile, TaskProfile } from './profile.ts';
export { createReference, readReference, type Reference, type ReferenceOptions } from './reference.ts';
export {
  openWindow,
  readWindowState,
  type Window,
  type WindowEntry,
  type WindowOptions,
  type WindowState,
  type WindowView,
} from './window.ts';
export { measureDrift, type Drift, type DriftOptions } from './drift/measure-drift.ts';
export { meanDiscrepancy, type Discrepancy, type DiscrepancyOptions } from './drift/mean-discrepancy.ts';
export { populationStability, type Stability } from './drift/population-stability.ts';
export {
  checkTriggers,
  decideTrigger,
  nextScheduled,
  type TriggerName,
  type TriggerOptions,
  type TriggerReason,
  type TriggerState,
} from './triggers.ts';
export {
  decideGate,
  type GateComparison,
  type GateDecision,
  type GateEvidence,
  type GateOptions,
  type GateVerdict,
} from './gate/decide-gate.ts';
export type { LabelOptions } from './gate/fallen-labels.ts';
export { mcnemarWorse, notWorseBy } from './gate/paired-tests.ts';
export { countPairs, type PairCounts, type PairedTask, type PairedText } from './gate/paired-text.ts';
export { decideRollback, type RollbackDecision, type RollbackEvidence, type RollbackOptions } from './rollback.ts';
