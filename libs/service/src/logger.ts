import { pino, type DestinationStream, type Logger } from 'pino';
import type { ServerConfig } from './server-config.ts';

export type { Logger };

/** JSON lines to standard output, or to `destination`; times in ISO 8601, levels by name. */
export const createLogger = (level: ServerConfig['logLevel'], destination?: DestinationStream): Logger => {
  const options = {
    level,
    base: undefined,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
};
