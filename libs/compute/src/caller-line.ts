/** Code between the caller's line and the place of the error: tfjs-core and its helpers, this library without its tests, Node itself. */
const between = /tfjs-core|\/tslib\/|\/libs\/compute\/src\/(?!.*\.test\.ts)|node:|<anonymous>/;

/** tfjs names the functions that a caller calls `NAME__op`; in a bundle, where all files are one, it is all there is to go by. */
const operation = /__op\b/;

const place = /\(?((?:file:\/\/)?[^\s()]+:\d+:\d+)\)?$/;

/**
 * Where the caller's code stands on the stack, as ` at FILE:LINE:COLUMN` as Node prints it (with source maps where they are
 * enabled), or '' where that cannot be told.
 */
export const callerLine = (): string => {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = Infinity; // an operation within a gradient is deeper than the ten frames that Node keeps
  const frames = (new Error('here').stack ?? '').split('\n').slice(1);
  Error.stackTraceLimit = limit;
  const paths = frames.map((frame) => place.exec(frame)?.[1]);
  const oneFile = paths.every((path) => path === undefined || !between.test(path));
  const first = oneFile
    ? frames.findIndex((frame, i) => operation.test(frames[i - 1] ?? '') && !operation.test(frame))
    : frames.findIndex((frame) => place.test(frame) && !between.test(frame));
  const path = paths[first];
  return path === undefined ? '' : ` at ${path}`;
};
