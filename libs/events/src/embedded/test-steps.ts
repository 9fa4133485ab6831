/** Where a consumer dies: at which event, counted from 1, and at which step of handling it. */
export const steps = [
  'delivered',
  'in effect',
  'in transaction',
  'recorded',
  'followed up',
  'not acknowledged',
] as const;
export type Step = (typeof steps)[number];

export type TestWorkerRequest = { folder: string; lease: number } & (
  | { act: 'consume'; die?: { step: Step; at: number }; handlerMs?: number }
  | { act: 'die' }
  /** Every delivery of this unit is its end; the others have an effect each. */
  | { act: 'die of'; unit: string; attempts: number }
  | { act: 'publish'; from: number; batch: number }
);
