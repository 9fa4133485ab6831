import { z } from 'zod';

/** What carries events between services: the section `events`. */
export const eventsConfig = z.object({
  bus: z
    .enum(['none', 'embedded', 'kafka'])
    .default('none')
    .describe('carries events: a durable log in a folder of this machine, or Kafka'),
  eventsFolder: z
    .string()
    .min(1)
    .default('events')
    .describe('of the embedded bus; all processes that share it take part'),
  brokers: z.array(z.string().min(1)).default([]).describe("host:port of some of Kafka's brokers"),
  topicPrefix: z.string().default('').describe('before the names of topics and groups on Kafka, to share a cluster'),
  kafkaTls: z.boolean().default(false).describe('speak TLS to Kafka'),
  kafkaCa: z.string().min(1).optional().describe("PEM file of the authorities that Kafka's certificates are of"),
  kafkaCert: z.string().min(1).optional().describe('PEM file with our certificate, where Kafka asks for one'),
  kafkaKey: z.string().min(1).optional().describe('PEM file with its private key'),
  kafkaSasl: z
    .enum(['none', 'plain', 'scram-sha-256', 'scram-sha-512'])
    .default('none')
    .describe('how we name ourselves to Kafka'),
  kafkaUser: z.string().min(1).optional().describe('name for SASL'),
  kafkaPassword: z.string().min(1).optional().meta({ description: 'password for SASL', secret: true }),
});

export type EventsConfig = z.output<typeof eventsConfig>;
