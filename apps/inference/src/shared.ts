// What the monitor says as this service does.
export { answersOf, embeddingOfPrediction } from './answers.ts';
export { servingAlias, shadowAlias } from './registry-source.ts';
