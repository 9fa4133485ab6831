/** What systems say when a file can grow no further: the device, the user's quota, or the file's own limit is full. */
const codes = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

export const isDiskFull = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && codes.has(String(error.code));
