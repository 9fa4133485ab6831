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
  | { act: 'publish'; from: number; batch: number }
);
