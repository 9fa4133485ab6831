import type { InferenceClient, MonitorClient } from '@taxon/contracts';
import type { Connection, ConnectOptions } from '@taxon/service';
import type { Command } from 'commander';

/** How a service is reached. */
export interface ServiceOptions extends Partial<ConnectOptions> {
  json?: boolean;
}

const usualAddress = '127.0.0.1:50051';

export const addServiceOptions = (command: Command): Command =>
  command
    .option('--address <host:port>', `of the service (default: TAXON_ADDRESS, else ${usualAddress})`)
    .option('--token <token>', 'bearer token, where it asks for one (default: TAXON_SERVER_TOKEN)')
    .option('--tls', "TLS, with the system's authorities")
    .option('--tls-ca <file>', 'PEM file; TLS, with these authorities')
    .option('--tls-cert <file>', 'PEM file; a certificate of your own, where it asks for one')
    .option('--tls-key <file>', 'PEM file; its private key')
    .option('--json', 'one JSON line');

const withDefaults = ({ address, token, ...options }: ServiceOptions): ConnectOptions => ({
  ...options,
  address: address ?? (process.env['TAXON_ADDRESS'] || usualAddress),
  token: token ?? (process.env['TAXON_SERVER_TOKEN'] || undefined),
});

const hint = 'Start one with `taxon up --registry PLACE`, or name where it runs: --address HOST:PORT.';

/** @throws TaxonError `invalid_input` naming the option */
export const connectToMonitor = async (options: ServiceOptions): Promise<Connection<MonitorClient>> => {
  const [{ connect }, { MonitorClient }] = await Promise.all([import('@taxon/service'), import('@taxon/contracts')]);
  return connect(MonitorClient, { name: 'monitor', hint }, withDefaults(options));
};

/** @throws TaxonError `invalid_input` naming the option */
export const connectToInference = async (options: ServiceOptions): Promise<Connection<InferenceClient>> => {
  const [{ connect }, { InferenceClient }] = await Promise.all([import('@taxon/service'), import('@taxon/contracts')]);
  return connect(InferenceClient, { name: 'inference service', hint }, withDefaults(options));
};
