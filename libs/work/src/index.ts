export { runUnits, type RunUnitsOptions, type Unit } from './run-units.ts';
export type { DoWork, Worker, WorkKind } from './work-kind.ts';
export { workerOf, workGroup, workHandler, type WorkHandlerOptions } from './worker.ts';
