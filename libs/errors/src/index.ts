export {
  TaxonError,
  deserializeError,
  errorCodes,
  invalidInput,
  serializeError,
  type ErrorCode,
  type SerializedError,
  type TaxonErrorOptions,
  type Violation,
} from './taxon-error.ts';
export { nearestName } from './nearest-name.ts';
export { isDiskFull } from './disk-full.ts';
