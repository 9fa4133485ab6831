// `node tools/kafka/main.mjs run|fetch [options]`: a Kafka broker for tests and for trying things out.
import { parseArgs } from 'node:util';
import { runUntilAsked } from '../servers/run-until-asked.mjs';
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

const run = (values) =>
  runUntilAsked(values, 'taxon-kafka-', async (folder) => {
    const broker = await startBroker(folder, {
      listeners: pairs(values.listener),
      properties: pairs(values.property),
      scram: values.scram,
    });
    const told = { listeners: broker.listeners, pid: broker.pid };
    return { told, exited: broker.exited, stop: () => broker.stop() };
  });

try {
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const [command] = positionals;
  if (command === 'run') await run(values);
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
