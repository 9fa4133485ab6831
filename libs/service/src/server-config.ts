import { z } from 'zod';

const port = z.int().min(0).max(65_535);

/** Keys of the server itself, the same for every service. */
export const serverConfig = z.object({
  host: z.string().min(1).default('127.0.0.1').describe('address to listen on; 0.0.0.0 for all'),
  port: port.default(50_051).describe('gRPC; 0 takes a free one'),
  metricsPort: port.default(9464).describe('HTTP for /metrics, /healthz and /readyz; 0 takes a free one'),
  tlsCert: z.string().min(1).optional().describe("PEM file with the server's certificate chain"),
  tlsKey: z.string().min(1).optional().describe("PEM file with the server's private key"),
  tlsClientCa: z
    .string()
    .min(1)
    .optional()
    .describe('PEM file; callers must then show a certificate of these authorities'),
  token: z.string().min(1).optional().meta({ description: 'bearer token that callers must send', secret: true }),
  maxMessageBytes: z
    .int()
    .min(1024)
    .max(2 ** 31 - 1)
    .default(4 * 2 ** 20)
    .describe('largest message, either way'),
  drainSeconds: z.number().min(0).max(3600).default(30).describe('how long calls under way may go on after SIGTERM'),
  logLevel: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('least severe line written'),
});

export type ServerConfig = z.output<typeof serverConfig>;
