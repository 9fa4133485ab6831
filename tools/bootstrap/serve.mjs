import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { StepFailed, workspaceRoot } from './run.mjs';

const startLimit = 60_000;
const stopLimit = 20_000;

/** A port that is free just now. */
const freePort = async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
};

/** Asks /readyz until it says yes. */
const waitUntilReady = async (url, hasEnded) => {
  const deadline = Date.now() + startLimit;
  while (Date.now() < deadline && !hasEnded()) {
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok) return true;
    await delay(100);
  }
  return false;
};

/**
 * Starts `taxon serve` on free ports and waits until it is ready.
 * @param {string} cli the command line's bundle
 * @param {string} model folder
 * @returns {Promise<{ address: string, stop(): Promise<void> }>} `stop` asks it to drain and waits for its end
 * @throws {StepFailed} with the last lines of its log
 */
export const startServer = async (cli, model) => {
  const [port, metricsPort] = [await freePort(), await freePort()];
  const args = [cli, 'serve', model, '--port', String(port), '--metrics-port', String(metricsPort)];
  const child = spawn(process.execPath, args, { cwd: workspaceRoot, stdio: ['ignore', 'pipe', 'pipe'] });
  const log = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => log.push(chunk));
  const ended = once(child, 'close');
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  const fail = (message) => {
    child.kill('SIGKILL');
    const lines = Buffer.concat(log).toString().trimEnd().split('\n').slice(-20).join('\n');
    return new StepFailed(`taxon serve ${message}; its last lines:\n${lines}`, 1);
  };

  if (!(await waitUntilReady(`http://127.0.0.1:${metricsPort}/readyz`, hasEnded)))
    throw fail(hasEnded() ? `ended with exit code ${child.exitCode}` : `was not ready in ${startLimit / 1000} s`);

  const stop = async () => {
    child.kill('SIGTERM');
    const stopped = await Promise.race([ended.then(() => true), delay(stopLimit, false, { ref: false })]);
    if (!stopped) throw fail(`did not stop within ${stopLimit / 1000} s of SIGTERM`);
    if (child.exitCode !== 0) throw fail(`ended with ${child.exitCode ?? child.signalCode} instead of exit code 0`);
  };
  return { address: `127.0.0.1:${port}`, stop };
};
