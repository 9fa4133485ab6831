// What others say as this service does.
export { absoluteOptions } from './check-options.ts';
export { libraryEngine } from './library-engine.ts';
export { sliceKind, type SliceUnit } from './slice-kind.ts';
