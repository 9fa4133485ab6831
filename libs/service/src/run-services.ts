import { TaxonError } from '@taxon/errors';
import { describeConfig } from './config-fields.ts';
import { wantsHelp } from './config.ts';
import type { AnyServiceDefinition } from './define-service.ts';
import { hostSections } from './host-config.ts';
import { hostServices, type HostOptions } from './host.ts';

/** The text of `--help` for a program that hosts these services. */
export const describeServices = (definitions: readonly AnyServiceDefinition[]): string =>
  [
    ...definitions.map(({ name, description }) => `${name}: ${description}`),
    '',
    'Options, also as environment variables, and as keys of a YAML or JSON file (--config FILE or TAXON_CONFIG).',
    'A flag wins over a variable, a variable over the file.',
    '',
    describeConfig(hostSections(definitions)),
  ].join('\n');

/** Resolves at the first SIGTERM or SIGINT; a second one ends the process at once, as impatience asks for. */
const stopSignal = (): Promise<void> =>
  new Promise((resolve) => {
    let asked = false;
    const stop = (signal: NodeJS.Signals) => {
      if (asked) process.exit(signal === 'SIGINT' ? 130 : 143);
      asked = true;
      resolve();
    };
    process.on('SIGTERM', stop).on('SIGINT', stop);
  });

/**
 * A whole program: prints help, or serves until SIGTERM or SIGINT and drains.
 * @returns the exit code: 0 after a clean stop, 2 for a wrong configuration, else 1
 */
export const runServices = async (
  definitions: readonly AnyServiceDefinition[],
  options: HostOptions = { argv: process.argv.slice(2), env: process.env },
): Promise<number> => {
  if (wantsHelp(hostSections(definitions), options.argv ?? [])) {
    console.log(describeServices(definitions));
    return 0;
  }
  const stopped = stopSignal();
  try {
    const host = await hostServices(definitions, options);
    await stopped;
    await host.stop();
    return 0;
  } catch (thrown) {
    const error = TaxonError.from(thrown);
    console.error(
      `error: ${error.code === 'internal' && thrown instanceof Error ? (thrown.stack ?? error.message) : error.message}`,
    );
    if (error.hint !== undefined) console.error(error.hint);
    return error.code === 'invalid_input' ? 2 : 1;
  }
};
