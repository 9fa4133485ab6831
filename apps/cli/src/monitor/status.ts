import type { GetStatusResponse } from '@taxon/contracts';
import { catchInterrupt } from '../interrupt.ts';
import { formatStatus } from '../render/monitor.ts';
import { connectToMonitor, type ServiceOptions } from '../service-options.ts';
import type { Terminal } from '../terminal.ts';
import { statusJson } from './message-json.ts';

/** `taxon monitor status` */
export const showStatus = async (terminal: Terminal, model: string, options: ServiceOptions): Promise<void> => {
  const interrupt = catchInterrupt();
  try {
    using monitor = await connectToMonitor(options);
    const status = await monitor.ask<GetStatusResponse>(
      (...call) => monitor.client.getStatus({ model, requestId: '' }, ...call),
      interrupt.signal,
    );
    if (options.json) return terminal.out(JSON.stringify(statusJson(status)));
    for (const line of formatStatus(status)) terminal.out(line);
  } finally {
    interrupt.dispose();
  }
};
