import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Skipped } from './benchmark.ts';

export interface KafkaBroker extends AsyncDisposable {
  brokers: string[];
}

/** The cluster of KAFKA_BROKERS, else a broker of tools/kafka. */
export const openKafka = async (workspaceRoot: string): Promise<KafkaBroker | Skipped> => {
  const given = process.env.KAFKA_BROKERS;
  if (given !== undefined) return { brokers: given.split(','), [Symbol.asyncDispose]: () => Promise.resolve() };
  const script = join(workspaceRoot, 'tools/kafka/main.mjs');
  const child = spawn(process.execPath, [script, 'run', '--with-parent'], { stdio: ['pipe', 'pipe', 'pipe'] });
  let complaint = '';
  child.stderr.on('data', (chunk) => (complaint += String(chunk)));
  const dispose = async (): Promise<void> => {
    child.kill('SIGTERM');
    if (child.exitCode === null) await once(child, 'exit');
  };
  for await (const line of createInterface(child.stdout)) {
    const { listeners } = JSON.parse(line) as { listeners: { PLAINTEXT: string } };
    return { brokers: [listeners.PLAINTEXT], [Symbol.asyncDispose]: dispose };
  }
  return { skipped: complaint.trim() };
};
