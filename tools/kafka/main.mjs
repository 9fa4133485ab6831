// `node tools/kafka/main.mjs run|fetch [options]`: a Kafka broker for tests and for trying things out.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startBroker } from './broker.mjs';
import { fetchJars, NoBroker } from './fetch-jars.mjs';

const help = `node tools/kafka/main.mjs COMMAND [options]

  fetch                    fetches Kafka's jars with Maven, prints where they are
  run                      runs a broker of one node until Ctrl-C; prints one line of JSON when it is ready:
                           {"listeners": {"PLAINTEXT": "host:port"}, "pid", "folder"}
    --folder <path>        keeps its settings and data there, and goes on with what is there (default: a temporary folder)
    --listener <name=protocol>   one more listener, such as SECURE=SASL_SSL; may be given several times
    --property <name=value>      a setting of the broker; may be given several times
    --scram <user:password>      a user of both SCRAM mechanisms; may be given several times
    --with-parent          ends when standard input does: for programs that start it

Exit code 3: there is no Java or no Maven here, or Maven cannot fetch.`;

const list = { type: 'string', multiple: true, default: [] };
const options = {
  folder: { type: 'string' },
  listener: list,
  property: list,
  scram: list,
  'with-parent': { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
};

/** `name=value` pairs; a value may hold further equals signs. */
const pairs = (texts) =>
  Object.fromEntries(texts.map((text) => [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)]));

const runUntilAsked = async (values) => {
  const folder = values.folder ?? (await mkdtemp(join(tmpdir(), 'taxon-kafka-')));
  const asked = new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, resolve);
    if (values['with-parent']) process.stdin.resume().once('end', resolve).once('close', resolve);
  });
  try {
    const broker = await startBroker(folder, {
      listeners: pairs(values.listener),
      properties: pairs(values.property),
      scram: values.scram,
    });
    console.log(JSON.stringify({ listeners: broker.listeners, pid: broker.pid, folder }));
    await Promise.race([asked, broker.exited]);
    await broker.stop();
  } finally {
    if (values.folder === undefined) await rm(folder, { recursive: true, force: true });
  }
};

try {
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const [command] = positionals;
  if (command === 'run') await runUntilAsked(values);
  else if (command === 'fetch') console.log(await fetchJars());
  else {
    console.log(help);
    if (!values.help) process.exitCode = 2;
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof NoBroker ? 3 : 1;
}
// A broker that does not die within its time must not keep the process.
process.stdin.unref?.();
