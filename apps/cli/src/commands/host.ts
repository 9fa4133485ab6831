import type { AnyServiceDefinition } from '@taxon/service';
import { catchInterrupt } from '../interrupt.ts';
import type { Terminal } from '../terminal.ts';

/** The words before the first option, and the options with what follows them, which are the services' own to read. */
export const splitOptions = (words: readonly string[]): { operands: string[]; options: string[] } => {
  const at = words.findIndex((word) => word.startsWith('-'));
  return at < 0 ? { operands: [...words], options: [] } : { operands: words.slice(0, at), options: words.slice(at) };
};

export const asksForHelp = (words: readonly string[]): boolean => words.includes('--help') || words.includes('-h');

export interface HostRequest {
  definitions: readonly AnyServiceDefinition[];
  /** Flags of the services. */
  argv: readonly string[];
  /** What the command itself has decided, by section and key. */
  settings?: Record<string, Record<string, unknown>>;
  /** Events are kept in `events` below it where nothing else is configured. @default no event bus then */
  eventsBelow?: string;
}

/**
 * Serves until Ctrl-C or SIGTERM, lets calls under way finish, and returns.
 * @throws TaxonError `invalid_input` for a wrong configuration, `failed_precondition` for a port that is taken
 */
export const hostUntilStopped = async (
  terminal: Terminal,
  { definitions, argv, settings, eventsBelow }: HostRequest,
) => {
  const { hostServices } = await import('@taxon/service');
  const interrupt = catchInterrupt();
  const stopped = new Promise((resolve) => interrupt.signal.addEventListener('abort', resolve, { once: true }));
  const host = await hostServices(definitions, { argv, env: process.env, settings, eventsBelow });
  const names = definitions.map(({ name }) => name).join(', ');
  terminal.err(
    `${names} on ${host.host}:${host.port}, metrics on http://${host.host}:${host.metricsPort}/metrics; Ctrl-C stops`,
  );
  await stopped;
  await host.stop();
  interrupt.dispose();
};
