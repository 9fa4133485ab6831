import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { PatientClient } from './s3-client.ts';
import { parseS3Place, type S3Place } from './s3-place.ts';

/** tools/s3 runs the server; it is in no package, so that it runs before anything is installed. */
const script = fileURLToPath(new URL('../../../../tools/s3/main.mjs', import.meta.url));
const run = promisify(execFile);

export const s3Needs = 'needs tools/s3 built, or S3_TEST_ENDPOINT';

/** Whether tests can have a server here. */
export const hasTestS3 = async (): Promise<boolean> => {
  if (process.env['S3_TEST_ENDPOINT']) return true;
  return run(process.execPath, [script, 'path']).then(
    () => true,
    () => false,
  );
};

export interface TestS3 extends AsyncDisposable {
  /** A bucket that is not there yet. */
  makeBucket(name: string): Promise<S3Place>;
  /** The environment of a process that shall find the server. */
  readonly env: NodeJS.ProcessEnv;
}

const clientOf = (env: NodeJS.ProcessEnv, stop: () => Promise<void>): TestS3 => ({
  env,
  makeBucket: async (name) => {
    const place = parseS3Place(`s3://${name}`, env);
    await new PatientClient({ ...place }).makeBucket(name);
    return place;
  },
  [Symbol.asyncDispose]: stop,
});

interface Ready {
  endpoint: string;
  accessKey: string;
  secretKey: string;
}

/** The server that S3_TEST_ENDPOINT and AWS's variables name, else one of the test's own. */
export const openTestS3 = async (): Promise<TestS3> => {
  const given = process.env['S3_TEST_ENDPOINT'];
  if (given) return clientOf({ ...process.env, AWS_ENDPOINT_URL: given }, () => Promise.resolve());
  const child = spawn(process.execPath, [script, 'run', '--with-parent'], { stdio: ['pipe', 'pipe', 'pipe'] });
  let complaint = '';
  child.stderr.on('data', (chunk) => (complaint += String(chunk)));
  for await (const line of createInterface(child.stdout)) {
    const { endpoint, accessKey, secretKey } = JSON.parse(line) as Ready;
    const env = {
      ...process.env,
      ...{ AWS_ENDPOINT_URL: endpoint, AWS_ACCESS_KEY_ID: accessKey, AWS_SECRET_ACCESS_KEY: secretKey },
      AWS_REGION: 'us-east-1',
    };
    return clientOf(env, async () => {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    });
  }
  throw new Error(`the test's S3 server did not start: ${complaint}`);
};
