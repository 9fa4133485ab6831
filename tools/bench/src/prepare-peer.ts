// Builds the peers' Python environment and prints its Python; exit code 3 and the reason where there is none.
// For tests that compare with Python: `node tools/bench/dist/prepare-peer.js`.
import { preparePeerEnvironment } from './peer-environment.ts';
import { findWorkspaceRoot } from './workspace.ts';

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());

const peer = await preparePeerEnvironment({ workspaceRoot: findWorkspaceRoot(), say, signal: stop.signal });
if ('skipped' in peer) {
  say(`skipped: ${peer.skipped}`);
  process.exitCode = 3;
} else console.log(peer.python);
