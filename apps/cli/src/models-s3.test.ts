import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bin } from './testing.ts';

const run = promisify(execFile);
const script = fileURLToPath(new URL('../../../tools/s3/main.mjs', import.meta.url));
const there = await run(process.execPath, [script, 'path']).then(
  () => true,
  () => false,
);

describe.skipIf(!there)(there ? 'taxon models on s3' : 'taxon models on s3 (needs tools/s3 built)', () => {
  let folder: string;
  let server: ChildProcess;
  let env: NodeJS.ProcessEnv;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'taxon-cli-s3-'));
    const child = spawn(process.execPath, [script, 'run', '--with-parent', '--bucket', 'models'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    server = child;
    for await (const line of createInterface(child.stdout)) {
      const { endpoint, accessKey, secretKey } = JSON.parse(line) as Record<string, string>;
      const aws = { AWS_ENDPOINT_URL: endpoint, AWS_ACCESS_KEY_ID: accessKey, AWS_SECRET_ACCESS_KEY: secretKey };
      env = { ...process.env, ...aws, TAXON_REGISTRY: 's3://models/team', TAXON_CACHE: join(folder, 'cache') };
      break;
    }
  });
  afterAll(async () => {
    const exited = once(server, 'exit');
    server.kill('SIGTERM');
    await exited;
    await rm(folder, { recursive: true });
  });

  const taxon = async (...args: string[]): Promise<Record<string, unknown>> => {
    const { stdout } = await run(process.execPath, [bin, 'models', ...args, '--json'], { cwd: folder, env });
    return JSON.parse(stdout) as Record<string, unknown>;
  };

  it('gives processes that register at once a number each, and gives back what was registered', async () => {
    const names = ['a', 'b', 'c', 'd'];
    for (const name of names) {
      await mkdir(join(folder, name));
      await writeFile(join(folder, name, 'config.json'), '{}');
      await writeFile(join(folder, name, 'weights'), Buffer.alloc(9_000_000, `${name} `));
    }
    const made = await Promise.all(names.map((name) => taxon('register', 'm', name)));
    expect(made.map(({ version }) => version).toSorted()).toEqual([1, 2, 3, 4]);
    const ofB = String(made[1]!['version']);
    await taxon('alias', 'm', 'serving', ofB, '--expect', 'none');
    expect(await taxon('checkout', 'm', 'out')).toMatchObject({ version: Number(ofB), aliases: ['serving'] });
    expect((await readFile(join(folder, 'out', 'weights'))).equals(await readFile(join(folder, 'b', 'weights')))).toBe(
      true,
    );
    const { versions } = await taxon('gc', '--keep-last', '0', '--keep-days', '0');
    expect(versions).toHaveLength(3);
  });
});
