import { TaxonError, type ErrorCode } from '@taxon/errors';

/** What kafkajs throws has these, whichever of its classes it is. */
interface KafkaError extends Error {
  type?: string;
  code?: string | number;
  cause?: unknown;
}

/** Why TLS does not trust the broker, by Node's and OpenSSL's codes. */
const untrusted = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
]);

/**
 * An error of a socket that no waiting mends, or undefined. A connection that breaks, or that nobody takes, is none.
 * @param address the broker's `host:port`
 */
export const fatalSocketError = (
  error: NodeJS.ErrnoException,
  address: string,
  tls: boolean,
): TaxonError | undefined => {
  const { code = '', message } = error;
  const refused = (text: string, hint: string): TaxonError =>
    new TaxonError({ code: 'unauthenticated', message: `kafka broker ${address}: ${text}`, hint, cause: error });
  if (untrusted.has(code))
    return refused(
      `its certificate is not trusted (${message})`,
      'Set events.caFile to the certificate that signed it.',
    );
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return refused(`its certificate is for another host (${message})`, 'Name the brokers in events.url as it does.');
  if (tls && (code === 'EPROTO' || code.startsWith('ERR_SSL_'))) return tlsAlert(error, refused);
  return undefined;
};

const tlsAlert = (error: NodeJS.ErrnoException, refused: (text: string, hint: string) => TaxonError): TaxonError => {
  const { code = '', message } = error;
  if (/wrong version|packet length/iu.test(`${code} ${message}`))
    return refused('it does not speak TLS on this port', 'Leave events.tls out, or name its TLS port in events.url.');
  if (/certificate/iu.test(`${code} ${message}`))
    return refused(
      `it refused this client's certificate (${message})`,
      'Set events.certFile and events.keyFile to a certificate that the brokers trust.',
    );
  return refused(`TLS failed (${message})`, 'Look at events.tls and at the listeners of the broker.');
};

const codeOfType: Readonly<Record<string, [ErrorCode, string]>> = {
  MESSAGE_TOO_LARGE: ['invalid_input', 'Raise max.message.bytes of the topic, or publish smaller events.'],
  TOPIC_AUTHORIZATION_FAILED: ['permission_denied', 'Allow events.saslUsername to read, write and create this topic.'],
  GROUP_AUTHORIZATION_FAILED: ['permission_denied', 'Allow events.saslUsername to read with this group.'],
  CLUSTER_AUTHORIZATION_FAILED: [
    'permission_denied',
    'Allow events.saslUsername to create topics, or create them beforehand.',
  ],
  INVALID_REPLICATION_FACTOR: ['invalid_input', 'replicationFactor is more than there are brokers.'],
  INVALID_PARTITIONS: ['invalid_input', 'events.partitions must be at least 1.'],
  INVALID_CONFIG: ['invalid_input', 'Look at topicConfig.'],
  INVALID_SESSION_TIMEOUT: [
    'invalid_input',
    'sessionTimeout must lie between group.min.session.timeout.ms and group.max.session.timeout.ms of the brokers.',
  ],
};

/** The errors of several topics, and those that hide others, down to the one that says something. */
const causes = (error: unknown): KafkaError[] => {
  if (!(error instanceof Error)) return [];
  const inner = 'errors' in error && Array.isArray(error.errors) ? (error.errors as unknown[]) : [error.cause];
  return [error, ...inner.flatMap(causes)];
};

/**
 * What kafkajs threw, in our terms: `unauthenticated` (a wrong password), `permission_denied`, `invalid_input` (an option that
 * the brokers do not take), else `unavailable`.
 * @param doing such as `publish to kafka`
 */
export const kafkaError = (error: unknown, doing: string): TaxonError => {
  const chain = causes(error);
  const known = chain.find((one) => one instanceof TaxonError);
  if (known !== undefined) return known;
  const authentication = chain.find(({ name }) => name === 'KafkaJSSASLAuthenticationError');
  if (authentication !== undefined)
    return new TaxonError({
      code: 'unauthenticated',
      message: `cannot ${doing}: ${authentication.message}`,
      hint: 'Look at events.saslUsername, events.saslPassword and events.saslMechanism.',
      cause: error,
    });
  for (const { type, message } of chain) {
    const [code, hint] = codeOfType[type ?? ''] ?? [];
    if (code !== undefined) return new TaxonError({ code, message: `cannot ${doing}: ${message}`, hint, cause: error });
  }
  const message = error instanceof Error ? error.message : String(error);
  return new TaxonError({ code: 'unavailable', message: `cannot ${doing}: ${message}`, cause: error });
};

const withoutLeader = ['NOT_LEADER_FOR_PARTITION', 'LEADER_NOT_AVAILABLE', 'UNKNOWN_TOPIC_OR_PARTITION'];

/** A partition's leader is being chosen: brokers say so of a topic that somebody has just created, and after one of them is gone. */
export const lacksLeader = (error: unknown): boolean =>
  causes(error).some(({ type }) => withoutLeader.includes(type ?? ''));

/** No waiting helps, a person must change something. */
export const isFatal = (error: TaxonError): boolean =>
  ['unauthenticated', 'permission_denied', 'invalid_input'].includes(error.code);
