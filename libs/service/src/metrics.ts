import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

/** Rate, errors and duration of every method. */
export interface CallMetrics {
  started(service: string, method: string): void;
  /** @param code gRPC's name, e.g. `INVALID_ARGUMENT` */
  ended(service: string, method: string, code: string, seconds: number): void;
}

/** From one cached answer to a training that is watched for minutes. */
const durationBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120];

export const createCallMetrics = (registry: Registry): CallMetrics => {
  const registers = [registry];
  const requests = new Counter({
    name: 'taxon_grpc_requests_total',
    help: 'gRPC calls that have ended, by status code',
    labelNames: ['service', 'method', 'code'],
    registers,
  });
  const duration = new Histogram({
    name: 'taxon_grpc_request_duration_seconds',
    help: 'Time from the first header to the status',
    labelNames: ['service', 'method'],
    buckets: durationBuckets,
    registers,
  });
  const underway = new Gauge({
    name: 'taxon_grpc_requests_in_flight',
    help: 'gRPC calls under way',
    labelNames: ['service', 'method'],
    registers,
  });
  return {
    started: (service, method) => underway.inc({ service, method }),
    ended: (service, method, code, seconds) => {
      underway.dec({ service, method });
      requests.inc({ service, method, code });
      duration.observe({ service, method }, seconds);
    },
  };
};

/** The process's own registry: memory, CPU, garbage collection, event loop lag. */
export const createProcessRegistry = (): Registry => {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
};

/**
 * All registries as one page in Prometheus' text format.
 * @throws Error when two registries hold a metric of the same name: a service's metrics start with `taxon_<its name>_`
 */
export const renderMetrics = (registries: readonly Registry[]): Promise<string> =>
  Registry.merge([...registries]).metrics();
