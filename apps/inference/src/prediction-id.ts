/** What a prediction's id tells: the id itself is opaque to callers, and readable to every instance of the service. */
export interface PredictionName {
  model: string;
  version: number;
}

/**
 * `MODEL@VERSION/CALL-TEXT`.
 * @param call unique to the call
 * @param text place of the text in the call
 */
export const predictionId = ({ model, version }: PredictionName, call: string, text: number): string =>
  `${model}@${version}/${call}-${text}`;

const form = /^([^@/]+(?:@[^@/]+)?)@(\d{1,9})\/[\w.:-]{1,160}$/;

/** Undefined for what is no id of ours. */
export const parsePredictionId = (id: string): PredictionName | undefined => {
  const [, model, version] = form.exec(id) ?? [];
  return model === undefined ? undefined : { model, version: Number(version) };
};
