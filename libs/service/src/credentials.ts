import { createHash, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { ServerCredentials, type Metadata } from '@grpc/grpc-js';
import { TaxonError, invalidInput } from '@taxon/errors';
import type { ServerConfig } from './server-config.ts';

const read = (key: string, path: string): Promise<Buffer> =>
  readFile(path).catch((cause: unknown) => {
    throw invalidInput(`${key}: cannot read ${path}: ${cause instanceof Error ? cause.message : String(cause)}`);
  });

/** TLS when a certificate is configured, mutual TLS when client authorities are, else plain text. */
export const serverCredentials = async ({ tlsCert, tlsKey, tlsClientCa }: ServerConfig): Promise<ServerCredentials> => {
  if (tlsCert === undefined && tlsKey === undefined) {
    if (tlsClientCa !== undefined) throw invalidInput('tlsClientCa: needs tlsCert and tlsKey too');
    return ServerCredentials.createInsecure();
  }
  if (tlsCert === undefined || tlsKey === undefined)
    throw invalidInput(`${tlsCert === undefined ? 'tlsCert' : 'tlsKey'}: missing; TLS needs tlsCert and tlsKey both`);
  const [cert, key] = await Promise.all([read('tlsCert', tlsCert), read('tlsKey', tlsKey)]);
  const authorities = tlsClientCa === undefined ? null : await read('tlsClientCa', tlsClientCa);
  try {
    return ServerCredentials.createSsl(authorities, [{ cert_chain: cert, private_key: key }], authorities !== null);
  } catch (cause) {
    throw invalidInput(`tlsCert, tlsKey: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
};

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Checks `authorization: Bearer …`; takes the same time whatever the difference. Every caller passes where no token is set. */
export const bearerCheck = (token: string | undefined): ((metadata: Metadata) => TaxonError | undefined) => {
  if (token === undefined) return () => undefined;
  const expected = digest(token);
  return (metadata) => {
    const sent = /^Bearer (.+)$/i.exec(String(metadata.get('authorization')[0] ?? ''))?.[1];
    if (sent !== undefined && timingSafeEqual(digest(sent), expected)) return undefined;
    const message = sent === undefined ? 'authorization: missing; send `Bearer <token>`' : 'authorization: wrong token';
    return new TaxonError({ code: 'unauthenticated', message });
  };
};
