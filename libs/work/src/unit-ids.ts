/** The same unit of the same run is the same event, whoever asks for it again. */
export const requestEventId = (runId: string, unit: string, ask: number): string => `${runId}/${unit}/${ask}`;
export const resultEventId = (runId: string, unit: string, what: string): string => `${runId}/${unit}/${what}`;

const again = /~again-(\d+)$/u;
/** A unit that is passed on goes by another key, which another process is likely to hold. @returns its next name, and how often it was passed on */
export const passedOn = (unit: string): { name: string; before: number } => {
  const before = Number(again.exec(unit)?.[1] ?? 0);
  return { name: `${askedFor(unit)}~again-${before + 1}`, before };
};
/** The unit's name as it was asked for. */
export const askedFor = (unit: string): string => unit.replace(again, '');
