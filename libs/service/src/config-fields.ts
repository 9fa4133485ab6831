import { z } from 'zod';

/** Sections of a configuration by name, e.g. `server` and `trainer`; their keys are camelCase, e.g. `metricsPort`. */
export type ConfigSections = Record<string, z.ZodObject>;

export type FieldKind = 'string' | 'number' | 'boolean' | 'list';

/** One key in its three spellings, with what `--help` says of it. */
export interface ConfigField {
  section: string;
  key: string;
  /** Without the dashes: `trainer.metrics-port`. */
  flag: string;
  /** Without the section, where no other section has the same key: `metrics-port`. None in the section `events`. */
  shortFlag: string | undefined;
  /** `TAXON_TRAINER_METRICS_PORT` */
  variable: string;
  kind: FieldKind;
  /** As shown: `number`, `trace|debug|info`. */
  type: string;
  /** Undefined when the key may be absent. */
  default: unknown;
  description: string;
  /** Its value is never shown. */
  secret: boolean;
}

/** Sections whose keys are never flags of their own: `--tls` alone would not say that it is about events. */
const alwaysNamed = new Set(['events']);

const words = (key: string): string => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** The schema below defaults and optionals. */
const unwrap = (schema: z.ZodType): z.ZodType =>
  schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional
    ? unwrap(schema.unwrap() as z.ZodType)
    : schema;

const describeKind = (schema: z.ZodType, name: string): { kind: FieldKind; type: string } => {
  if (schema instanceof z.ZodEnum) return { kind: 'string', type: schema.options.join('|') };
  if (schema instanceof z.ZodString) return { kind: 'string', type: 'string' };
  if (schema instanceof z.ZodNumber) return { kind: 'number', type: 'number' };
  if (schema instanceof z.ZodBoolean) return { kind: 'boolean', type: 'boolean' };
  if (schema instanceof z.ZodArray) return { kind: 'list', type: 'list' };
  throw new Error(`config key ${name}: only strings, enums, numbers, booleans and lists of strings can be flags`);
};

const defaultOf = (schema: z.ZodType): unknown => {
  const result = schema.safeParse(undefined);
  return result.success ? result.data : undefined;
};

/** All keys of a configuration, in the order of their schemas. */
export const configFields = (sections: ConfigSections): ConfigField[] => {
  const fields = Object.entries(sections).flatMap(([section, object]) =>
    Object.entries<z.ZodType>(object.shape).map(([key, schema]): ConfigField => {
      const meta = schema.meta() ?? unwrap(schema).meta();
      return {
        section,
        key,
        flag: `${words(section)}.${words(key)}`,
        shortFlag: words(key),
        variable: `TAXON_${section}_${words(key)}`.replaceAll('-', '_').toUpperCase(),
        ...describeKind(unwrap(schema), `${section}.${key}`),
        default: defaultOf(schema),
        description: meta?.description ?? '',
        secret: meta?.secret === true,
      };
    }),
  );
  const own = fields.filter(({ section }) => !alwaysNamed.has(section));
  const uses = new Map<string, number>();
  for (const { key } of own) uses.set(key, (uses.get(key) ?? 0) + 1);
  return fields.map((field) =>
    own.includes(field) && uses.get(field.key) === 1 ? field : { ...field, shortFlag: undefined },
  );
};

const shownDefault = (value: unknown): string => {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return '';
  return `default ${typeof value === 'string' ? value : JSON.stringify(value)}`;
};

/** The options part of `--help`: every key with its type, default, meaning and environment variable. */
export const describeConfig = (sections: ConfigSections): string => {
  const rows = configFields(sections).map((field) => ({
    left: `  --${field.shortFlag ?? field.flag} <${field.type}>`,
    right: [field.description, [shownDefault(field.default), `env ${field.variable}`].filter(Boolean).join(', ')],
  }));
  const width = Math.max(...rows.map(({ left }) => Math.min(left.length, 34))) + 2;
  const indent = '\n' + ' '.repeat(width);
  return rows
    .map(
      ({ left, right }) =>
        (left.length + 2 > width ? left + indent : left.padEnd(width)) + `${right[0]!} [${right[1]!}]`,
    )
    .join('\n');
};
