export { createAugmenterService } from './service.ts';
