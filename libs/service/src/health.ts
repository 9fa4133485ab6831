import { HealthCheckResponse, healthContract, ServingStatus } from '@taxon/contracts';
import { TaxonError } from '@taxon/errors';
import type { Implementation } from './contract.ts';
import type { Lifecycle } from './lifecycle.ts';

/** Resolves at the next change of the lifecycle or when the signal aborts, whichever comes first. */
const nextChange = (lifecycle: Lifecycle, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      stop();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const stop = lifecycle.onChange(done);
    signal.addEventListener('abort', done);
  });

/** `grpc.health.v1` for the whole server (empty name) and each of its services: all serve, or none does. */
export const healthImplementation = (
  lifecycle: Lifecycle,
  services: readonly string[],
): Implementation<typeof healthContract> => {
  const known = new Set(['', ...services]);
  const response = (): HealthCheckResponse => ({
    status: lifecycle.state === 'ready' ? ServingStatus.SERVING : ServingStatus.NOT_SERVING,
  });
  return {
    check: ({ service }) => {
      if (known.has(service)) return response();
      throw new TaxonError({
        code: 'not_found',
        message: `service ${JSON.stringify(service)} is not served here; known: ${services.join(', ')}`,
      });
    },
    list: () => ({ statuses: Object.fromEntries([...known].map((name) => [name, response()])) }),
    watch: async function* ({ service }, { signal }) {
      if (!known.has(service)) {
        // The protocol wants this status, not an error: the service might be added later. Here it never is.
        yield { status: ServingStatus.SERVICE_UNKNOWN };
        return;
      }
      // Whoever has heard that the server drains needs to hear no more: the stream must not hold up the end.
      while (lifecycle.state === 'starting' || lifecycle.state === 'ready') {
        const change = nextChange(lifecycle, signal);
        yield response();
        await change;
        signal.throwIfAborted();
      }
      yield response();
    },
  };
};
