import { TaxonError } from '@taxon/errors';
import { exitCodes } from './exit.ts';

export interface Interrupt {
  readonly signal: AbortSignal;
  /** Gives Ctrl-C back to Node. */
  dispose(): void;
}

/**
 * The first Ctrl-C (or SIGTERM) aborts `signal` and calls `onFirst`; the second ends the process at once with 130.
 * Children notice that their channel to this process is closed.
 */
export const catchInterrupt = (onFirst: () => void = () => undefined): Interrupt => {
  const controller = new AbortController();
  const handle = (): void => {
    if (controller.signal.aborted) process.exit(exitCodes.interrupted);
    controller.abort(new TaxonError({ code: 'cancelled', message: 'interrupted' }));
    onFirst();
  };
  process.on('SIGINT', handle);
  process.on('SIGTERM', handle);
  return {
    signal: controller.signal,
    dispose: () => {
      process.off('SIGINT', handle);
      process.off('SIGTERM', handle);
    },
  };
};
