export { tokenizerService } from './service.ts';
