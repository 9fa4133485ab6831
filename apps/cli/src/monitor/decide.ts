import type { PromoteResponse, RollBackResponse } from '@taxon/contracts';
import { catchInterrupt } from '../interrupt.ts';
import { connectToMonitor, type ServiceOptions } from '../service-options.ts';
import type { Terminal } from '../terminal.ts';

export interface DecideOptions extends ServiceOptions {
  reason?: string;
}

/** `taxon monitor promote` */
export const promote = async (
  terminal: Terminal,
  [model, version]: readonly [string, number],
  { reason = '', ...options }: DecideOptions,
): Promise<void> => {
  const interrupt = catchInterrupt();
  try {
    using monitor = await connectToMonitor(options);
    const { previousVersion } = await monitor.ask<PromoteResponse>(
      (...call) => monitor.client.promote({ model, version, reason }, ...call),
      interrupt.signal,
    );
    if (options.json) return terminal.out(JSON.stringify({ model, version, previousVersion }));
    terminal.out(`${model}  serving: ${previousVersion || 'nothing'} → ${version}`);
  } finally {
    interrupt.dispose();
  }
};

/** `taxon monitor roll-back` */
export const rollBack = async (
  terminal: Terminal,
  model: string,
  { reason = '', ...options }: DecideOptions,
): Promise<void> => {
  const interrupt = catchInterrupt();
  try {
    using monitor = await connectToMonitor(options);
    const { version, fromVersion } = await monitor.ask<RollBackResponse>(
      (...call) => monitor.client.rollBack({ model, reason }, ...call),
      interrupt.signal,
    );
    if (options.json) return terminal.out(JSON.stringify({ model, version, fromVersion }));
    terminal.out(`${model}  serving: ${fromVersion} → ${version}`);
  } finally {
    interrupt.dispose();
  }
};
