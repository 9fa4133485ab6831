import type { Engine, EngineName, InstallEngineOptions } from '@taxon/engines';
import { invalidInput, nearestName, TaxonError } from '@taxon/errors';
import type { Command } from 'commander';
import { catchInterrupt } from '../interrupt.ts';
import { formatTable } from '../render/table.ts';
import type { Terminal } from '../terminal.ts';

const examples = `
Examples:
  taxon engine list                            which engines are here
  taxon engine install tensorflow              for the processor; 1 GB on disk
  taxon engine install tensorflow --gpu        for NVIDIA cards; several GB, CUDA is part of it
  taxon engine install cuda                    ONNX Runtime on NVIDIA cards; 1.2 GB (--device cuda)`;

const installExamples = `
Examples:
  taxon engine install tensorflow
  taxon engine install tensorflow --gpu
  taxon engine install cuda
  TAXON_CACHE=/data/cache taxon engine install tensorflow

Needs python3 with pip, and for TensorFlow npm and g++. The engine goes to the shared cache (TAXON_CACHE, else XDG_CACHE_HOME/taxon, else
~/.cache/taxon), once for all projects. Then: taxon train data.csv --device tensorflow`;

interface InstallOptions {
  gpu?: boolean;
  force?: boolean;
  json?: boolean;
  quiet?: boolean;
}

const installable = ['tensorflow', 'cuda'];

const engineNamed = (name: string, gpu: boolean): EngineName | 'cuda' => {
  if (name === 'cuda') return name;
  if (name === 'tensorflow') return gpu ? 'tensorflow-gpu' : 'tensorflow';
  if (name === 'tensorflow-gpu') return name;
  const near = nearestName(name, installable);
  throw invalidInput(
    `there is no engine '${name}' to install${near === undefined ? '' : `; did you mean '${near}'?`}`,
    `Engines that can be installed: ${installable.join(', ')} (tensorflow with --gpu for NVIDIA cards).`,
  );
};

const installNamed = async (name: EngineName | 'cuda', options: InstallEngineOptions) =>
  name === 'cuda'
    ? (await import('./install-cuda.ts')).installCudaEngine(options)
    : (await import('@taxon/engines')).installEngine(name, options);

const install = async (terminal: Terminal, name: string, options: InstallOptions): Promise<void> => {
  const engineName = engineNamed(name, options.gpu === true);
  const interrupt = catchInterrupt(() => terminal.err('stopping; what was fetched is kept'));
  try {
    const { folder, version, already } = await installNamed(engineName, {
      force: options.force,
      signal: interrupt.signal,
      onStep: (step) => {
        if (options.quiet !== true && options.json !== true) terminal.err(step);
      },
    });
    if (options.json) return terminal.out(JSON.stringify({ engine: engineName, version, folder, already }));
    terminal.out(`${engineName} ${version} ${already ? 'is already there' : 'is installed'}: ${folder}`);
    terminal.out(`next  taxon train data.csv --device ${engineName}`);
  } finally {
    interrupt.dispose();
  }
};

/** An engine as the list shows it; some there are not for every machine. */
interface ListedEngine extends Partial<Omit<Engine, 'name' | 'state'>> {
  name: EngineName | 'cuda';
  state: Engine['state'] | 'not for this machine';
}

const listed = async (name: EngineName): Promise<ListedEngine> => {
  const { findEngine } = await import('@taxon/engines');
  try {
    return await findEngine(name);
  } catch (error) {
    if (error instanceof TaxonError) return { name, state: 'not for this machine' };
    throw error;
  }
};

const listedCuda = async (): Promise<ListedEngine> => {
  const { cudaFolder, cudaVersion, isCudaInstalled } = await import('@taxon/compute');
  const here = process.platform === 'linux' && process.arch === 'x64';
  const state = isCudaInstalled() ? 'installed' : here ? 'absent' : 'not for this machine';
  return { name: 'cuda', version: cudaVersion, folder: cudaFolder(), state };
};

const whereOrHow = ({ name, state, folder }: ListedEngine): string => {
  const command = `taxon engine install ${name === 'tensorflow-gpu' ? 'tensorflow --gpu' : name}`;
  if (state === 'installed') return folder!;
  if (state === 'absent') return command;
  return state === 'damaged' ? `${command} --force` : '';
};

const list = async (terminal: Terminal, { json }: { json?: boolean }): Promise<void> => {
  const { engineNames } = await import('@taxon/engines');
  const engines = await Promise.all([...engineNames.map(listed), listedCuda()]);
  if (json) return terminal.out(JSON.stringify({ engines }));
  const rows = engines.map((engine) => [
    engine.name,
    engine.state === 'absent' ? 'not installed' : engine.state,
    engine.version ?? '',
    whereOrHow(engine),
  ]);
  const builtIn = ['cpu', 'webgpu', 'wasm'].map((name) => [name, 'built in']);
  const columns = [{ title: 'engine' }, { title: 'state' }, { title: 'version' }, { title: 'where, or how' }];
  for (const line of formatTable(columns, [...builtIn, ...rows])) terminal.out(line);
};

/** `taxon engine`: what training can run on beside ONNX Runtime. */
export const addEngineCommand = (program: Command, terminal: Terminal): void => {
  const engine = program
    .command('engine')
    .description('install and list engines that training can run on')
    .helpCommand(false)
    .addHelpText('after', examples);
  engine
    .command('install')
    .description('install an engine from package registries, once for all projects')
    .argument('<name>', installable.join(', '))
    .option('--gpu', 'for NVIDIA cards')
    .option('--force', 'install anew what is there')
    .option('--json', 'one JSON line')
    .option('--quiet', 'the result alone')
    .addHelpText('after', installExamples)
    .action((name: string, options: InstallOptions) => install(terminal, name, options));
  engine
    .command('list')
    .alias('status')
    .description('which engines are here, and where')
    .option('--json', 'one JSON line')
    .addHelpText('after', '\nExamples:\n  taxon engine list\n  taxon engine list --json')
    .action((options: { json?: boolean }) => list(terminal, options));
};
