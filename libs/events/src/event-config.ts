import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { invalidInput } from '@taxon/errors';
import { z } from 'zod';
import { saslMechanisms } from './kafka/kafka-options.ts';
import type { OpenEventBusOptions } from './open-event-bus.ts';

/** Keys of the section `events`: the same bus for all services of a host. */
export const eventConfig = {
  url: z.string().min(1).optional().describe('kafka://host:port,host:port; without it events are kept in a folder'),
  folder: z.string().min(1).optional().describe('folder in which events are kept; events below the data folder'),
  keepDays: z.number().positive().default(7).describe('days after which handled events are deleted from the folder'),
  keepMegabytes: z.int().min(16).default(1024).describe('size beyond which handled events are deleted from the folder'),
  partitions: z.int().min(1).max(1000).default(8).describe('consumers of a group that can work at the same time'),
  sessionSeconds: z
    .number()
    .min(1)
    .max(3600)
    .optional()
    .describe('seconds after which the share of a consumer that is silent goes to others; 30 on Kafka, 3 in a folder'),
  replicationFactor: z
    .int()
    .min(1)
    .max(100)
    .optional()
    .describe("copies of a topic that is created on Kafka; the cluster's own default where it is missing"),
  prefix: z.string().default('').describe('before the names of all topics and groups on Kafka'),
  tls: z.boolean().default(false).describe('speak TLS to Kafka'),
  caFile: z.string().optional().describe('certificates (PEM) that the brokers are checked against'),
  certFile: z.string().optional().describe('own certificate (PEM) for mutual TLS'),
  keyFile: z.string().optional().describe('its private key (PEM)'),
  saslMechanism: z.enum(saslMechanisms).optional().describe('how to log in to Kafka'),
  saslUsername: z.string().optional().describe('user name at Kafka'),
  saslPassword: z.string().optional().describe('password at Kafka').meta({ secret: true }),
  saslPasswordFile: z.string().optional().describe('file that holds the password at Kafka'),
};

export const eventConfigSchema = z.object(eventConfig);
export type EventConfig = z.output<typeof eventConfigSchema>;

const passwordOf = ({ saslPassword, saslPasswordFile }: EventConfig): string => {
  if (saslPasswordFile === undefined) return saslPassword ?? '';
  try {
    return readFileSync(saslPasswordFile, 'utf8').trim();
  } catch (cause) {
    throw invalidInput(`events.saslPasswordFile: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
};

/** @param below the data folder, in which events are kept where nothing else is named */
export const busOptions = (config: EventConfig, below: string): OpenEventBusOptions => {
  const { url, folder, keepDays, keepMegabytes, partitions, prefix, tls, caFile, certFile, keyFile } = config;
  const { sessionSeconds, replicationFactor } = config;
  const { saslMechanism: mechanism, saslUsername: username = '' } = config;
  const files = { ca: caFile, cert: certFile, key: keyFile };
  const hasFiles = Object.values(files).some((file) => file !== undefined);
  if (mechanism !== undefined && username === '')
    throw invalidInput('events.saslUsername is missing; events.saslMechanism needs it');
  return {
    url,
    folder: folder ?? join(below, 'events'),
    embedded: {
      partitions,
      ...(sessionSeconds !== undefined && { lease: 1_000 * sessionSeconds }),
      retention: { age: keepDays * 86_400_000, bytes: keepMegabytes * 2 ** 20 },
    },
    kafka: {
      ...{ prefix, partitions },
      ...(sessionSeconds !== undefined && { sessionTimeout: 1_000 * sessionSeconds }),
      ...(replicationFactor !== undefined && { replicationFactor }),
      ...((tls || hasFiles) && { tls: hasFiles ? files : true }),
      ...(mechanism !== undefined && { sasl: { mechanism, username, password: passwordOf(config) } }),
    },
  };
};

/** The configuration as a service reads it from the environment: `TAXON_EVENTS_URL`, `TAXON_EVENTS_SASL_USERNAME`, … */
export const eventConfigFromEnvironment = (env: NodeJS.ProcessEnv): EventConfig => {
  const given = Object.entries(eventConfig).flatMap(([key, schema]) => {
    const variable = `TAXON_EVENTS_${key.replace(/[A-Z]/gu, (letter) => `_${letter}`).toUpperCase()}`;
    const text = env[variable];
    if (text === undefined || text === '') return [];
    const isText = schema.safeParse(text).success;
    const value: unknown = isText ? text : text === 'true' ? true : text === 'false' ? false : Number(text);
    const parsed = schema.safeParse(value);
    if (!parsed.success) throw invalidInput(`${variable} is '${text}': ${parsed.error.issues[0]!.message}`);
    return [[key, value]];
  });
  return eventConfigSchema.parse(Object.fromEntries(given));
};
