export { distillerService } from './service.ts';
