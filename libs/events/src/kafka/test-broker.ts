import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** tools/kafka runs the broker; it is in no package, so that it runs before anything is installed. */
const script = fileURLToPath(new URL('../../../../tools/kafka/main.mjs', import.meta.url));
const run = promisify(execFile);

export interface TestBrokerOptions {
  /** Beside PLAINTEXT, by name: their security protocol. */
  listeners?: Readonly<Record<string, string>>;
  properties?: Readonly<Record<string, string>>;
  /** `user:password`, of both SCRAM mechanisms. */
  scram?: readonly string[];
}

/** A broker of a test's own, with its data in a folder that goes with it. */
export interface TestBroker extends AsyncDisposable {
  /** For `KafkaOptions.brokers`. */
  readonly brokers: readonly string[];
  /** host:port by name. */
  readonly listeners: Readonly<Record<string, string>>;
  /** As `kill -9` does. */
  readonly kill: () => Promise<void>;
  readonly stop: () => Promise<void>;
  /** Again, with the same data and ports. */
  readonly start: () => Promise<void>;
}

/** Why a test cannot have a broker of its own here, for instance `no java here`; fetches Kafka when it is called first. */
export const whyNoBroker = async (): Promise<string | undefined> => {
  try {
    await run(process.execPath, [script, 'fetch']);
    return undefined;
  } catch (error) {
    const { code, stderr = '' } = error as { code?: number; stderr?: string };
    if (code === 3) return stderr.trim();
    throw error;
  }
};

interface Ready {
  listeners: Record<string, string>;
  pid: number;
}

const launch = async (folder: string, options: TestBrokerOptions): Promise<{ child: ChildProcess; ready: Ready }> => {
  const pairs = (flag: string, values: Readonly<Record<string, string>> = {}) =>
    Object.entries(values).flatMap(([name, value]) => [flag, `${name}=${value}`]);
  const args = [
    ...['run', '--with-parent', '--folder', folder],
    ...pairs('--listener', options.listeners),
    ...pairs('--property', options.properties),
    ...(options.scram ?? []).flatMap((user) => ['--scram', user]),
  ];
  const child = spawn(process.execPath, [script, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  let complaint = '';
  child.stderr.on('data', (chunk) => (complaint += String(chunk)));
  for await (const line of createInterface(child.stdout)) return { child, ready: JSON.parse(line) as Ready };
  throw new Error(`the test's broker did not start: ${complaint}`);
};

export const startTestBroker = async (options: TestBrokerOptions = {}): Promise<TestBroker> => {
  const folder = await mkdtemp(join(tmpdir(), 'taxon-test-kafka-'));
  let { child, ready } = await launch(folder, options);

  /** The script ends with its broker. */
  const ended = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  };
  const stop = async (): Promise<void> => {
    if (child.exitCode === null) child.kill('SIGTERM');
    await ended();
  };
  return {
    brokers: [ready.listeners['PLAINTEXT']!],
    listeners: ready.listeners,
    kill: async () => {
      process.kill(ready.pid, 'SIGKILL');
      await ended();
    },
    stop,
    start: async () => {
      ({ child, ready } = await launch(folder, options));
    },
    [Symbol.asyncDispose]: async () => {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
};
