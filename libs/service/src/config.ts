import { invalidInput, type Violation } from '@taxon/errors';
import type { z } from 'zod';
import { configFields, type ConfigSections } from './config-fields.ts';
import { fieldName, readConfigFile, readEnvironment, readFlags, readObject, type Given } from './config-sources.ts';

export interface ConfigSources {
  /** Flags, without the program's own path. @default [] */
  argv?: readonly string[];
  /** @default {} */
  env?: NodeJS.ProcessEnv;
  /** Values by section and key that win over every other source: what the hosting code has decided. */
  settings?: Record<string, Record<string, unknown>>;
}

export type ConfigResult<S extends ConfigSections> = { [K in keyof S]: z.output<S[K]> };

const issueText = (issue: z.core.$ZodIssue, value: unknown, secret: boolean): string => {
  if (value === undefined) return `missing; ${issue.message}`;
  return secret ? issue.message : `${issue.message} (got ${JSON.stringify(value)})`;
};

/** True when the flags ask for help rather than for a run. */
export const wantsHelp = (sections: ConfigSections, argv: readonly string[]): boolean =>
  readFlags(configFields(sections), argv, []).help;

/**
 * A configuration out of its sources: settings, then flags, environment variables, the file that `--config` or
 * TAXON_CONFIG names, and the schemas' defaults.
 * @throws TaxonError `invalid_input` that lists every wrong key with its source, value, and what would be right
 */
export const resolveConfig = async <S extends ConfigSections>(
  sections: S,
  { argv = [], env = {}, settings = {} }: ConfigSources,
): Promise<ConfigResult<S>> => {
  const fields = configFields(sections);
  const wrong: Violation[] = [];
  const flags = readFlags(fields, argv, wrong);
  const path = flags.config ?? env.TAXON_CONFIG;
  const file =
    path === undefined ? new Map<string, Given>() : readObject(fields, await readConfigFile(path), path, wrong);
  const layers = [
    file,
    readEnvironment(fields, env, wrong),
    flags.layer,
    readObject(fields, settings, 'settings', wrong),
  ];

  const given = new Map(layers.flatMap((layer) => [...layer]));
  const result: Record<string, unknown> = {};
  for (const [section, schema] of Object.entries(sections)) {
    const inSection = fields.filter((field) => field.section === section);
    const values = Object.fromEntries(
      inSection.flatMap((field) =>
        given.has(fieldName(field)) ? [[field.key, given.get(fieldName(field))!.value]] : [],
      ),
    );
    const parsed = schema.safeParse(values);
    if (parsed.success) result[section] = parsed.data;
    else
      for (const issue of parsed.error.issues) {
        const field = inSection.find(({ key }) => key === issue.path[0]);
        const source = field === undefined ? section : (given.get(fieldName(field))?.source ?? fieldName(field));
        wrong.push({
          field: source,
          description: issueText(issue, field && values[field.key], field?.secret ?? false),
        });
      }
  }
  if (wrong.length > 0)
    throw invalidInput(
      wrong.map(({ field, description }) => `${field}: ${description}`).join('; '),
      'run with --help to see every key, its type and its default',
      wrong,
    );
  return result as ConfigResult<S>;
};
