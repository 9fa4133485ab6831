export { writeCorpus, type CorpusOptions, type CorpusSummary } from './corpus.ts';
