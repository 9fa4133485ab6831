import { eventConfigSchema, type EventConfig } from '@taxon/events';
import type { z } from 'zod';
import type { ConfigSections } from './config-fields.ts';
import { resolveConfig, type ConfigSources } from './config.ts';
import type { AnyServiceDefinition } from './define-service.ts';
import { serverConfig, type ServerConfig } from './server-config.ts';

export interface HostConfig {
  server: ServerConfig;
  events: EventConfig;
  /** Each service's own keys, by its name. */
  services: Record<string, unknown>;
}

const reserved = ['server', 'events'];
const serverKeys = Object.keys(serverConfig.shape);

/** @throws Error for definitions that cannot be hosted together: a bug of the hosting code */
const checkDefinitions = (definitions: readonly AnyServiceDefinition[]): void => {
  if (definitions.length === 0) throw new Error('a host needs at least one service');
  const names = new Set<string>();
  for (const { name, config } of definitions) {
    if (!/^[a-z][a-z0-9-]*$/.test(name) || reserved.includes(name) || names.has(name))
      throw new Error(
        `service name ${JSON.stringify(name)}: must be unique, lower case, and not ${reserved.join(' or ')}`,
      );
    names.add(name);
    const clash = Object.keys(config.shape).find((key) => serverKeys.includes(key));
    if (clash !== undefined) throw new Error(`service ${name}: its key ${clash} is one of the server's`);
  }
};

/**
 * The configuration's sections. A service that is hosted alone has one section, named after it, which holds the server's
 * keys too (`trainer.port`); services hosted together share a section `server` (`server.port`). Either way `events` says what
 * carries events.
 */
export const hostSections = (definitions: readonly AnyServiceDefinition[]): ConfigSections => {
  checkDefinitions(definitions);
  const [first] = definitions;
  if (definitions.length === 1)
    return { [first!.name]: serverConfig.extend(first!.config.shape), events: eventConfigSchema };
  return {
    server: serverConfig,
    events: eventConfigSchema,
    ...Object.fromEntries(definitions.map(({ name, config }) => [name, config])),
  };
};

const pick = (schema: z.ZodObject, values: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.keys(schema.shape).map((key) => [key, values[key]]));

export const resolveHostConfig = async (
  definitions: readonly AnyServiceDefinition[],
  sources: ConfigSources,
): Promise<HostConfig> => {
  const alone = definitions.length === 1 ? definitions[0] : undefined;
  // Whoever hosts one service or many may write the server's keys as `server`.
  const { server, ...others } = sources.settings ?? {};
  const settings =
    alone === undefined || server === undefined
      ? sources.settings
      : { ...others, [alone.name]: { ...server, ...others[alone.name] } };
  const values = await resolveConfig(hostSections(definitions), { ...sources, settings });
  const events = values.events as EventConfig;
  if (alone === undefined) return { server: values.server as ServerConfig, events, services: values };
  const section = values[alone.name]!;
  return {
    server: pick(serverConfig, section) as ServerConfig,
    events,
    services: { [alone.name]: pick(alone.config, section) },
  };
};
