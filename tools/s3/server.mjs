import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

const freePort = async () => {
  const probe = createServer();
  await once(probe.listen(0, '127.0.0.1'), 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
};

const answers = (port) =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket
      .once('error', () => resolve(false))
      .once('connect', () => {
        socket.destroy();
        resolve(true);
      });
  });

/**
 * @param program of the server
 * @param bucket one that is there from the start
 * @param folder its buckets, and what it knows about objects, are kept there
 */
export const startServer = async (program, folder, bucket = '') => {
  const port = await freePort();
  const accessKey = 'taxon-test';
  const secretKey = randomBytes(16).toString('hex');
  const [buckets, sidecar] = [join(folder, 'buckets'), join(folder, 'about')];
  // A bucket is a folder.
  for (const each of [join(buckets, bucket), sidecar]) await mkdir(each, { recursive: true });
  // Not every file system has the extended attributes that it would use; hence the folder beside.
  const args = ['--port', `127.0.0.1:${port}`, '--quiet', 'posix', '--sidecar', sidecar, buckets];
  const child = spawn(program, args, {
    env: { ...process.env, ROOT_ACCESS_KEY: accessKey, ROOT_SECRET_KEY: secretKey },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let complaint = '';
  child.stderr.on('data', (chunk) => (complaint += String(chunk)));
  const exited = once(child, 'exit');
  // 10 s.
  for (let tries = 0; !(await answers(port)); tries++) {
    if (child.exitCode !== null || tries === 200) {
      child.kill('SIGKILL');
      throw new Error(`the S3 server did not start: ${complaint}`);
    }
    await setTimeout(50);
  }
  return {
    endpoint: `http://127.0.0.1:${port}`,
    accessKey,
    secretKey,
    pid: child.pid,
    exited,
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
    },
  };
};
