import { libraryEngine } from './library-engine.ts';
import { createAugmenterService } from './service.ts';

export const augmenterService = createAugmenterService(libraryEngine);
