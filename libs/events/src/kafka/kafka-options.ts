import type { Observation } from '../dispatcher.ts';

/** Where TLS takes its files from; all are PEM. */
export interface KafkaTls {
  /** Path of the certificates that the brokers' are checked against. @default those that Node trusts */
  ca?: string;
  /** Path of this client's own certificate, where the brokers ask for one (mutual TLS). Needs `key`. */
  cert?: string;
  /** Path of its private key. */
  key?: string;
}

export const saslMechanisms = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;

export interface KafkaSasl {
  mechanism: (typeof saslMechanisms)[number];
  username: string;
  password: string;
}

export interface KafkaOptions {
  /** `host:port` of some of the cluster's brokers; the others are found through them. */
  brokers: readonly string[];
  /** What the brokers' logs call this process. @default 'taxon' */
  clientId?: string;
  /** `true`: TLS with the certificates that Node trusts. @default no TLS */
  tls?: boolean | KafkaTls;
  sasl?: KafkaSasl;
  /** Before the names of all topics and groups, so that several installations share a cluster: `staging.`. @default '' */
  prefix?: string;
  /** Of topics that this bus creates; at most as many consumers of a group work at the same time. @default 6 */
  partitions?: number;
  /** Of topics that this bus creates. @default the cluster's own (`default.replication.factor`) */
  replicationFactor?: number;
  /** Settings of topics that this bus creates, such as `{ 'retention.ms': '604800000' }`. @default the cluster's own */
  topicConfig?: Readonly<Record<string, string>>;
  /** How long `publish` waits for a broker before it fails with `unavailable`, in ms. @default 60,000 */
  publishTimeout?: number;
  /** After how long a silence a consumer counts as gone and its partitions go to others, in ms. @default 30,000 */
  sessionTimeout?: number;
  /** Told what the client library warns of: brokers that are away, groups that change. @default nobody */
  warn?: (message: string, fields: Readonly<Record<string, unknown>>) => void;
  /** Told of every event that was handled. */
  observe?: (group: string, observation: Observation) => void;
}
