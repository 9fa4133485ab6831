// `node tools/s3/main.mjs build|path|run [options]`: an S3 server for tests and for trying things out.
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { runUntilAsked } from '../servers/run-until-asked.mjs';
import { buildServer, NoServer, serverPath } from './build-server.mjs';
import { startServer } from './server.mjs';

const help = `node tools/s3/main.mjs COMMAND [options]

  build                  builds the server with Go, prints where it is
  path                   prints where it is; exit code 3 where it was not built
  run                    runs it until Ctrl-C; prints one line of JSON when it is ready:
                         {"endpoint", "accessKey", "secretKey", "pid", "folder"}
    --folder <path>      keeps its buckets there, and goes on with what is there (default: a temporary folder)
    --bucket <name>      a bucket that is there from the start
    --with-parent        ends when standard input does: for programs that start it

Exit code 3: there is no Go here, or it cannot fetch or build the server.`;

const options = {
  folder: { type: 'string' },
  bucket: { type: 'string' },
  'with-parent': { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
};

const run = async (values) => {
  const program = await buildServer();
  await runUntilAsked(values, 'taxon-s3-', async (folder) => {
    const { endpoint, accessKey, secretKey, pid, exited, stop } = await startServer(program, folder, values.bucket);
    return { told: { endpoint, accessKey, secretKey, pid }, exited, stop };
  });
};

try {
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const [command] = positionals;
  if (command === 'run') await run(values);
  else if (command === 'build') console.log(await buildServer());
  else if (command === 'path') {
    if (!existsSync(serverPath())) throw new NoServer('not built: node tools/s3/main.mjs build');
    console.log(serverPath());
  } else {
    console.log(help);
    if (!values.help) process.exitCode = 2;
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof NoServer ? 3 : 1;
}
// A server that does not die within its time must not keep the process.
process.stdin.unref?.();
