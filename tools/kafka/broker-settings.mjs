import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';

const listen = () =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve(server));
  });

/** All are held until all are known: none is given twice. */
const freePorts = async (count) => {
  const servers = await Promise.all(Array.from({ length: count }, listen));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
};

/** One node that is broker and controller. The reason for each number that is not Kafka's own stands beside it. */
const settingsOf = (folder, protocols, [controllerPort, ...ports]) => {
  const names = Object.keys(protocols);
  const listeners = names.map((name, index) => `${name}://127.0.0.1:${ports[index]}`);
  return {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: [...listeners, `CONTROLLER://127.0.0.1:${controllerPort}`].join(','),
    'advertised.listeners': listeners.join(','),
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': Object.entries({ ...protocols, CONTROLLER: 'PLAINTEXT' })
      .map(([name, protocol]) => `${name}:${protocol}`)
      .join(','),
    'log.dirs': join(folder, 'log'),
    // One node cannot replicate.
    'offsets.topic.replication.factor': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    // 50 by default: their files are most of the time that a start takes.
    'offsets.topic.num.partitions': 4,
    'auto.create.topics.enable': false,
    // Members of a test join at once.
    'group.initial.rebalance.delay.ms': 0,
    // Tests wait for sessions to run out.
    'group.min.session.timeout.ms': 500,
    // After a kill the controller waits for the broker's own session to run out: 13 s by default, 5 s so.
    'broker.session.timeout.ms': 2000,
    'broker.heartbeat.interval.ms': 500,
    // Of 128 MB by default; a topic's dedupe buffer is the heap's largest part.
    'log.cleaner.dedupe.buffer.size': 2_000_000,
  };
};

/**
 * The settings of the broker in a folder. They are made once and kept: a broker that is started again has the same ports.
 * @param {string} folder
 * @param {{ listeners?: Record<string, string>, properties?: Record<string, string> }} [options] `listeners` beside PLAINTEXT
 *   by name, each with its security protocol; `properties` come last
 * @returns {Promise<{ file: string, fresh: boolean, listeners: Record<string, string> }>} `listeners`: host:port by name
 */
export const brokerSettings = async (folder, { listeners = {}, properties = {} } = {}) => {
  const file = join(folder, 'server.properties');
  const fresh = !existsSync(file);
  if (fresh) {
    const protocols = { PLAINTEXT: 'PLAINTEXT', ...listeners };
    const ports = await freePorts(Object.keys(protocols).length + 1);
    const settings = { ...settingsOf(folder, protocols, ports), ...properties };
    const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
    await writeFile(file, `${lines.join('\n')}\n`);
  }
  const advertised = /^advertised\.listeners=(.*)$/m.exec(await readFile(file, 'utf8'))[1];
  const named = advertised.split(',').map((listener) => listener.split('://'));
  return { file, fresh, listeners: Object.fromEntries(named) };
};
