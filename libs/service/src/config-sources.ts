import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { TaxonError, invalidInput, nearestName, type Violation } from '@taxon/errors';
import { parse as parseYaml } from 'yaml';
import type { ConfigField } from './config-fields.ts';

/** A value with the place it came from, e.g. `--port` or `taxon.yaml: trainer.port`. */
export interface Given {
  value: unknown;
  source: string;
}
/** Values by `section.key`. */
export type Layer = Map<string, Given>;

export const fieldName = ({ section, key }: ConfigField): string => `${section}.${key}`;

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const unknownKey = (field: string, name: string, known: readonly string[]): Violation => {
  const near = nearestName(name, known);
  return {
    field,
    description: near === undefined ? `unknown; known: ${known.join(', ')}` : `unknown; did you mean '${near}'?`,
  };
};

const listOf = (text: string): unknown => {
  if (!text.startsWith('[')) return text === '' ? [] : text.split(',').map((part) => part.trim());
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

/** Text from a flag or a variable in the key's own type; what does not fit stays text, for the schema to refuse. */
const coerce = (text: string, { kind }: ConfigField): unknown => {
  if (kind === 'number' && text.trim() !== '' && Number.isFinite(Number(text))) return Number(text);
  if (kind === 'boolean' && /^(true|false|1|0)$/i.test(text)) return /^(true|1)$/i.test(text);
  return kind === 'list' ? listOf(text) : text;
};

/** Kubernetes describes every Service `taxon-trainer` in variables such as TAXON_TRAINER_PORT=tcp://…, which are no settings. */
const fromKubernetes = (name: string, value: string): boolean =>
  /_SERVICE_(HOST|PORT)(_|$)|_PORT_\d+_(TCP|UDP)/.test(name) ||
  (name.endsWith('_PORT') && /^(tcp|udp):\/\//.test(value));

export const readEnvironment = (fields: readonly ConfigField[], env: NodeJS.ProcessEnv, wrong: Violation[]): Layer => {
  const layer: Layer = new Map();
  const byVariable = new Map(fields.map((field) => [field.variable, field]));
  const prefixes = new Set(fields.map(({ section }) => `TAXON_${section.toUpperCase().replaceAll('-', '_')}_`));
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined || fromKubernetes(name, value)) continue;
    const field = byVariable.get(name);
    if (field !== undefined) layer.set(fieldName(field), { value: coerce(value, field), source: name });
    else if ([...prefixes].some((prefix) => name.startsWith(prefix)))
      wrong.push(unknownKey(name, name, [...byVariable.keys()]));
  }
  return layer;
};

/** A short flag that several sections have, or one that none has. */
const unknownFlag = (name: string, fields: readonly ConfigField[]): Violation => {
  const candidates = fields.filter(({ flag }) => flag.endsWith(`.${name}`)).map(({ flag }) => `--${flag}`);
  if (candidates.length > 0) return { field: `--${name}`, description: `ambiguous; write ${candidates.join(' or ')}` };
  const known = [...fields.map(({ flag, shortFlag }) => shortFlag ?? flag), 'config', 'help'];
  return unknownKey(
    `--${name}`,
    `--${name}`,
    known.map((flag) => `--${flag}`),
  );
};

const setFlag = (
  layer: Layer,
  field: ConfigField,
  name: string,
  text: string | undefined,
  wrong: Violation[],
): void => {
  const source = `--${name}`;
  if (text === undefined && field.kind !== 'boolean') {
    wrong.push({ field: source, description: `needs a value (${field.type})` });
    return;
  }
  const value = text === undefined ? true : coerce(text, field);
  const before = layer.get(fieldName(field))?.value;
  // A list's flag may be given several times.
  const several = field.kind === 'list' && Array.isArray(before) && Array.isArray(value);
  layer.set(fieldName(field), { value: several ? [...(before as unknown[]), ...(value as unknown[])] : value, source });
};

/** The flags' layer, and the path that `--config` names. */
export const readFlags = (fields: readonly ConfigField[], argv: readonly string[], wrong: Violation[]) => {
  const layer: Layer = new Map();
  const byFlag = new Map<string, ConfigField>();
  for (const field of fields) {
    byFlag.set(field.flag, field);
    if (field.shortFlag !== undefined) byFlag.set(field.shortFlag, field);
  }
  const options = Object.fromEntries(
    [...byFlag].map(([name, { kind }]) => [
      name,
      { type: kind === 'boolean' ? ('boolean' as const) : ('string' as const) },
    ]),
  );
  const { tokens } = parseArgs({
    args: [...argv],
    options: { ...options, config: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    strict: false,
    allowNegative: false,
    tokens: true,
  });
  let config: string | undefined;
  let help = false;
  let afterUnknown = -1;
  for (const token of tokens) {
    // What follows an unknown flag is most likely its value.
    if (token.kind === 'positional' && token.index !== afterUnknown)
      wrong.push({ field: token.value, description: 'unexpected argument; options start with --' });
    if (token.kind !== 'option') continue;
    const { name, value } = token;
    const negated = name.startsWith('no-') ? byFlag.get(name.slice(3)) : undefined;
    const field = byFlag.get(name);
    if (name === 'help' || name === 'h') help = true;
    else if (name === 'config') config = value;
    else if (field !== undefined) setFlag(layer, field, name, value, wrong);
    else if (negated?.kind === 'boolean') layer.set(fieldName(negated), { value: false, source: `--${name}` });
    else {
      wrong.push(unknownFlag(name, fields));
      afterUnknown = token.index + 1;
    }
  }
  return { layer, config, help };
};

/** Values of nested plain objects, `{ trainer: { port: 1 } }`. */
export const readObject = (
  fields: readonly ConfigField[],
  object: unknown,
  source: string,
  wrong: Violation[],
): Layer => {
  const layer: Layer = new Map();
  const sections = [...new Set(fields.map(({ section }) => section))];
  for (const [section, keys] of Object.entries(object as Record<string, unknown>)) {
    const inSection = fields.filter((field) => field.section === section);
    if (inSection.length === 0) wrong.push(unknownKey(`${source}: ${section}`, section, sections));
    else if (typeof keys !== 'object' || keys === null || Array.isArray(keys))
      wrong.push({ field: `${source}: ${section}`, description: `must hold keys, got ${JSON.stringify(keys)}` });
    else
      for (const [key, value] of Object.entries(keys as Record<string, unknown>)) {
        const field = inSection.find((candidate) => candidate.key === key);
        const where = `${source}: ${section}.${key}`;
        if (field === undefined)
          wrong.push(
            unknownKey(
              where,
              key,
              inSection.map((known) => known.key),
            ),
          );
        else if (value !== undefined) layer.set(fieldName(field), { value, source: where });
      }
  }
  return layer;
};

/** A YAML or JSON file as plain data. */
export const readConfigFile = async (path: string): Promise<unknown> => {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new TaxonError({
      code: 'invalid_input',
      message: `--config: cannot read ${path}: ${messageOf(cause)}`,
      cause,
    });
  });
  let value: unknown;
  try {
    value = parseYaml(text);
  } catch (cause) {
    throw invalidInput(`${path}: not valid YAML or JSON: ${messageOf(cause)}`);
  }
  if (value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value))
    throw invalidInput(
      `${path}: a configuration is a mapping of sections, this is ${Array.isArray(value) ? 'a list' : JSON.stringify(value)}`,
    );
  return value;
};
