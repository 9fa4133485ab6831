import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { done, onDone, range, until } from '../contract/setting.ts';
import { createKafkaBus } from './kafka-bus.ts';
import { saslMechanisms, type KafkaOptions } from './kafka-options.ts';
import { startTestBroker, whyNoBroker, type TestBroker } from './test-broker.ts';
import { testPrefix } from './test-kafka.ts';

const run = promisify(execFile);
const missing = await whyNoBroker();
const openssl = await run('openssl', ['version']).then(
  () => true,
  () => false,
);

/** A CA and what it signs, and another CA that signed nothing. */
const makeCertificates = async (folder: string): Promise<void> => {
  const path = (name: string): string => join(folder, name);
  const ca = async (name: string): Promise<void> => {
    const subject = ['-subj', `/CN=${name}`, '-keyout', path(`${name}.key`), '-out', path(`${name}.pem`)];
    await run('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject]);
  };
  await Promise.all([ca('ca'), ca('other')]);
  const sign = async (name: string, extension: string): Promise<void> => {
    const request = ['-subj', `/CN=${name}`, '-keyout', path(`${name}.key`), '-out', path(`${name}.csr`)];
    await run('openssl', ['req', '-newkey', 'rsa:2048', '-nodes', ...request]);
    await writeFile(path(`${name}.ext`), extension);
    const signing = ['-CA', path('ca.pem'), '-CAkey', path('ca.key'), '-CAcreateserial', '-days', '2'];
    const files = ['-in', path(`${name}.csr`), '-out', path(`${name}.pem`), '-extfile', path(`${name}.ext`)];
    await run('openssl', ['x509', '-req', ...signing, ...files]);
  };
  await sign('broker', 'subjectAltName=IP:127.0.0.1');
  await sign('client', 'extendedKeyUsage=clientAuth');
  const pem = await Promise.all(['broker.key', 'broker.pem', 'ca.pem'].map((name) => readFile(path(name), 'utf8')));
  await writeFile(path('keystore.pem'), pem.join(''));
};

const jaas = (module: string): string => `org.apache.kafka.common.security.${module} required`;

describe.skipIf(missing !== undefined || !openssl)('Kafka with TLS and SASL (needs Java, Maven and openssl)', () => {
  let folder = '';
  let broker: TestBroker;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'taxon-certificates-'));
    await makeCertificates(folder);
    broker = await startTestBroker({
      listeners: { SECURE: 'SASL_SSL', MUTUAL: 'SSL' },
      scram: ['alice:wonderland'],
      properties: {
        'ssl.keystore.type': 'PEM',
        'ssl.keystore.location': join(folder, 'keystore.pem'),
        'ssl.truststore.type': 'PEM',
        'ssl.truststore.location': join(folder, 'ca.pem'),
        'listener.name.mutual.ssl.client.auth': 'required',
        'listener.name.secure.sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
        'listener.name.secure.plain.sasl.jaas.config': `${jaas('plain.PlainLoginModule')} user_alice="wonderland";`,
        'listener.name.secure.scram-sha-256.sasl.jaas.config': `${jaas('scram.ScramLoginModule')};`,
        'listener.name.secure.scram-sha-512.sasl.jaas.config': `${jaas('scram.ScramLoginModule')};`,
      },
    });
  });
  afterAll(async () => {
    await broker[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  const file = (name: string): string => join(folder, name);
  const password = { mechanism: 'scram-sha-512', username: 'alice', password: 'wonderland' } as const;
  const secure = (over: Partial<KafkaOptions> = {}): KafkaOptions => ({
    brokers: [broker.listeners['SECURE']!],
    prefix: testPrefix(),
    partitions: 2,
    tls: { ca: file('ca.pem') },
    sasl: password,
    ...over,
  });

  const carriesEvents = async (options: KafkaOptions): Promise<void> => {
    await using bus = createKafkaBus(options);
    const seen: string[] = [];
    const subscription = bus.subscribe({ group: 'g', handlers: onDone((unit) => seen.push(unit)) });
    await bus.publish(range(3).map((unit) => done('run', unit)));
    await subscription.ready;
    await until(() => expect(seen).toEqual(['0', '1', '2']));
  };

  /** Both ways in say the same. */
  const expectRefusal = async (options: KafkaOptions, code: string, ...texts: RegExp[]): Promise<void> => {
    await using bus = createKafkaBus({ publishTimeout: 20_000, ...options });
    const told: unknown[] = [];
    const { ready } = bus.subscribe({ group: 'g', handlers: onDone(() => 0), onError: (error) => told.push(error) });
    for (const attempt of [bus.publish([done('run', 1)]), ready]) {
      const error: unknown = await attempt.then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).toMatchObject({ code });
      const { message, hint } = error as { message: string; hint?: string };
      for (const text of texts) expect(`${message}\n${hint ?? ''}`).toMatch(text);
    }
    expect(told).toHaveLength(1);
  };

  it.each(saslMechanisms)('carries events over TLS, signed in with %s', async (mechanism) => {
    await carriesEvents(secure({ sasl: { ...password, mechanism } }));
  });

  it('carries events where the broker asks for a certificate', async () => {
    const tls = { ca: file('ca.pem'), cert: file('client.pem'), key: file('client.key') };
    await carriesEvents(secure({ brokers: [broker.listeners['MUTUAL']!], sasl: undefined, tls }));
  });

  it.each(saslMechanisms)('says which option is wrong where the password is (%s)', async (mechanism) => {
    const sasl = { mechanism, username: 'alice', password: 'queen' };
    await expectRefusal(secure({ sasl }), 'unauthenticated', /events\.saslPassword/u);
  });

  it('says that a CA is missing, or another one is meant', async () => {
    await expectRefusal(secure({ tls: true }), 'unauthenticated', /not trusted/u, /events\.caFile/u);
    await expectRefusal(
      secure({ tls: { ca: file('other.pem') } }),
      'unauthenticated',
      /not trusted/u,
      /events\.caFile/u,
    );
  });

  it('says that a certificate is missing', async () => {
    const options = secure({ brokers: [broker.listeners['MUTUAL']!], sasl: undefined });
    await expectRefusal(options, 'unauthenticated', /certificate/u, /events\.certFile/u);
  });

  // The broker ends the connection without a word, as one does that is being stopped.
  it.each([
    ['is asked for TLS and speaks none', () => secure({ brokers: broker.brokers })],
    ['speaks TLS and is asked without', () => secure({ tls: false, sasl: undefined })],
  ])('says what to look at where a port %s', async (_, options) => {
    await using bus = createKafkaBus({ ...options(), publishTimeout: 1_500 });
    const error: unknown = await bus.publish([done('run', 1)]).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'unavailable' });
    expect(String((error as { hint?: string }).hint)).toMatch(/events\.tls/u);
  });

  it('says which file cannot be read, and which one is missing', async () => {
    const nowhere = createKafkaBus(secure({ tls: { ca: file('nowhere.pem') } }));
    await expect(nowhere.publish([done('run', 1)])).rejects.toThrow(/events\.caFile is '.*nowhere\.pem'/u);
    await nowhere.close();
    const half = createKafkaBus(secure({ tls: { ca: file('ca.pem'), cert: file('client.pem') } }));
    await expect(half.publish([done('run', 1)])).rejects.toThrow(/events\.certFile and events\.keyFile/u);
    await half.close();
  });
});
