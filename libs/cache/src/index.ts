export { defaultCacheFolder } from './cache-folder.ts';
export { asDiskError } from './disk-error.ts';
export { withLock } from './folder-lock.ts';
export { pipDownload, WrongDigest, type Wheel } from './pip-download.ts';
export { syncFolder } from './sync-folder.ts';
export { unpack } from './unpack.ts';
