import { libraryEngine } from './library-engine.ts';
import { createAugmenterService } from './service.ts';

export { connectTranslator } from './connect-translator.ts';

export const augmenterService = createAugmenterService(libraryEngine);
