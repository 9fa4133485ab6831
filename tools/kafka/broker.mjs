import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brokerSettings } from './broker-settings.mjs';
import { fetchJars } from './fetch-jars.mjs';

const run = promisify(execFile);

// 256 MB of heap make 300–400 MB in all. The quick compiler alone: a broker of a test does not live long enough for the other.
const javaOptions = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Dlog4j2.level=INFO'];
const readyMilliseconds = 60_000;

/** @param {readonly string[]} scram `user:password`, of both SCRAM mechanisms */
const format = async (java, settings, scram) => {
  const users = scram.flatMap((user) => {
    const [name, password] = user.split(':');
    return ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
      '--add-scram',
      `${mechanism}=[name=${name},password=${password}]`,
    ]);
  });
  // Kafka's ids are 16 bytes in URL-safe base 64 that do not begin with a dash.
  const id = `t${randomBytes(16).toString('base64url').slice(1)}`;
  await run('java', [...java, 'kafka.tools.StorageTool', 'format', '-t', id, '-c', settings, ...users]);
};

const tail = async (log) => (await readFile(log, 'utf8').catch(() => '')).split('\n').slice(-20).join('\n');

const whenReady = (child, log) =>
  new Promise((resolve, reject) => {
    const fail = async (why) => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      reject(new Error(`the broker ${why}; the end of ${log}:\n${await tail(log)}`));
    };
    const timer = setTimeout(() => void fail(`was not ready within ${readyMilliseconds / 1000} s`), readyMilliseconds);
    const exited = (code) => void fail(`ended with ${code}`);
    child.once('exit', exited);
    let text = '';
    const read = (chunk) => {
      text = (text + chunk).slice(-4_000);
      if (!text.includes('Kafka Server started')) return;
      clearTimeout(timer);
      child.off('exit', exited);
      child.stdout.off('data', read);
      resolve();
    };
    child.stdout.on('data', read);
  });

/**
 * Starts a broker of one node in a folder, with the data that is already there, and waits until it answers.
 * @param {string} folder settings, log and data; kept
 * @param {{ listeners?: Record<string, string>, properties?: Record<string, string>, scram?: readonly string[] }} [options] of
 *   a broker that is started in this folder for the first time
 * @returns {Promise<{ listeners: Record<string, string>, pid: number, exited: Promise<void>, stop: () => Promise<void> }>}
 * @throws {import('./fetch-jars.mjs').NoBroker} where there can be none on this machine
 */
export const startBroker = async (folder, options = {}) => {
  const jars = await fetchJars();
  await mkdir(folder, { recursive: true });
  const java = [...javaOptions, '-cp', join(jars, '*')];
  const settings = await brokerSettings(folder, options);
  if (settings.fresh) await format(java, settings.file, options.scram ?? []);

  const log = join(folder, 'server.log');
  const child = spawn('java', [...java, 'kafka.Kafka', settings.file], { stdio: ['ignore', 'pipe', 'pipe'] });
  const output = createWriteStream(log, { flags: 'a' });
  child.stdout.pipe(output, { end: false });
  child.stderr.pipe(output, { end: false });
  const exited = new Promise((resolve) => child.once('exit', () => output.end(resolve)));
  await whenReady(child, log);

  const stop = async () => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await exited;
    clearTimeout(timer);
  };
  return { listeners: settings.listeners, pid: child.pid, exited, stop };
};
