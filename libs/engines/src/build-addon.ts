import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { addonPath } from './find-engine.ts';
import type { EnginePins } from './pins.ts';
import { runTool, tools } from './run-tool.ts';

/**
 * Builds tfjs-node's addon, 80 KB over TensorFlow's C interface. By Node-API 8 one binary serves every Node from 18 on.
 * @param folder with node_modules and TensorFlow in the package's `deps/`
 */
export const buildAddon = async (
  folder: string,
  { package: name }: Pick<EnginePins, 'package'>,
  signal?: AbortSignal,
): Promise<void> => {
  const root = join('node_modules', name);
  const addon = addonPath(name);
  await mkdir(dirname(join(folder, addon)), { recursive: true });
  const defines = ['NAPI_VERSION=8', 'BUILDING_NODE_EXTENSION', 'NODE_GYP_MODULE_NAME=tfjs_binding'];
  const includes = [join('node_modules', 'node-api-headers', 'include'), join(root, 'deps', 'include'), dirname(root)];
  const libraries = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'];
  await runTool(
    tools().compiler,
    [
      ...['-O2', '-fPIC', '-shared', '-std=c++17', '-s'],
      ...defines.map((define) => `-D${define}`),
      ...includes.flatMap((include) => ['-I', include]),
      ...['tfjs_backend.cc', 'tfjs_binding.cc'].map((source) => join(root, 'binding', source)),
      ...['-o', addon, '-L', join(root, 'deps', 'lib')],
      ...libraries.map((library) => `-l:${library}`),
      // Relative to the addon, so that the folder can be moved.
      '-Wl,-rpath,$ORIGIN/../../deps/lib',
    ],
    { cwd: folder, signal },
  );
};
