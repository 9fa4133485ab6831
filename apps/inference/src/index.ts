export { inferenceService } from './service.ts';
