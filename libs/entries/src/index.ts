export { entryUrl } from './entry-url.ts';
