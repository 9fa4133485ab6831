/** The same unit of the same run is the same event, whoever asks for it again. */
export const requestEventId = (runId: string, unit: string, ask: number): string => `${runId}/${unit}/${ask}`;
export const resultEventId = (runId: string, unit: string, what: string): string => `${runId}/${unit}/${what}`;
