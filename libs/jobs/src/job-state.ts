/** `interrupted`: the service ended while the job ran or waited. */
export const jobStates = ['queued', 'running', 'succeeded', 'failed', 'cancelled', 'interrupted'] as const;
export type JobState = (typeof jobStates)[number];

export const isOver = (state: JobState): boolean => state !== 'queued' && state !== 'running';
