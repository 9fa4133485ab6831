import { fileURLToPath } from 'node:url';

export const workspaceRoot = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Left to Node's own resolution: packages that load a native addon, or files beside their own code (pino
 * its worker files). `canvas` is an option of vega-canvas that we never install.
 */
const leftOutside = ['onnxruntime-node', 'sharp', 'libsql', 'better-sqlite3', 'lmdb', 'canvas'];

/** CommonJS packages inside an ES module still call `require` and read `__dirname`. */
const commonJsBanner = [
  `import { createRequire as __taxonCreateRequire } from 'node:module';`,
  `const require = __taxonCreateRequire(import.meta.url);`,
  `const __taxonFilename = import.meta.filename, __taxonDirname = import.meta.dirname;`,
].join('\n');

/** What every bundle of this workspace has in common. @type {import('esbuild').BuildOptions} */
export const commonOptions = {
  absWorkingDir: workspaceRoot,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  // ES modules first: they can be shaken, and tfjs-core's gradients register in the copy that everyone imports.
  mainFields: ['module', 'main'],
  splitting: true,
  sourcemap: true,
  metafile: true,
  write: false,
  logLevel: 'silent',
  external: leftOutside,
  banner: { js: commonJsBanner },
  define: { __filename: '__taxonFilename', __dirname: '__taxonDirname' },
  entryNames: '[name]',
  // Beside the entries, so that `new URL('./NAME.js', import.meta.url)` finds a worker from any chunk.
  chunkNames: 'chunk-[name]-[hash]',
};
