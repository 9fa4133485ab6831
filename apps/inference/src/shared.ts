// What others say as this service does.
export { answersOf, embeddingOfPrediction } from './answers.ts';
export { predictKind, type PredictUnit } from './predict-kind.ts';
export { servingAlias, shadowAlias } from './registry-source.ts';
