import { readFile } from 'node:fs/promises';
import { invalidInput } from '@taxon/errors';
import { overlay, parseAssignment, type Assignment } from './recipe-options.ts';

/** Flags of `taxon augment` that are options of the augmentation. */
export interface AugmentFlags {
  method?: string[];
  perRow?: number;
  target?: string;
  below?: number;
  encoder?: string;
  language?: string;
  seed?: number;
  threads?: number;
  options?: string;
  set?: string[];
}

type ParseValue = (text: string) => unknown;

/** `synonyms:3,share=0.3` as a method with its weight and options. Values are read as YAML. */
export const parseMethod = (text: string, parseValue: ParseValue): Record<string, unknown> => {
  const [head = '', ...options] = text.split(',');
  const [name = '', weight, ...rest] = head.split(':');
  if (name === '' || rest.length > 0 || (weight !== undefined && !(Number(weight) > 0)))
    throw invalidInput(
      `--method ${text}: not of the form NAME[:WEIGHT][,option=value]…`,
      'For example --method synonyms:3,share=0.3.',
    );
  const given = options.map((option): [string, unknown] => {
    const at = option.indexOf('=');
    if (at < 1) throw invalidInput(`--method ${text}: ${JSON.stringify(option)} is not option=value`);
    return [option.slice(0, at), parseValue(option.slice(at + 1))];
  });
  return { name, ...(weight !== undefined && { weight: Number(weight) }), ...Object.fromEntries(given) };
};

const readOptions = async (path: string, parseValue: ParseValue): Promise<Record<string, unknown>> => {
  let value: unknown;
  try {
    value = parseValue(await readFile(path, 'utf8'));
  } catch (cause) {
    throw invalidInput(`--options ${path}: cannot be read: ${(cause as Error).message}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalidInput(`--options ${path}: it must hold a mapping of options`);
  return value as Record<string, unknown>;
};

/** The file of options with the flags laid over it, not yet checked. */
export const augmentInput = async (flags: AugmentFlags, parseValue: ParseValue): Promise<Record<string, unknown>> => {
  const base = flags.options === undefined ? {} : await readOptions(flags.options, parseValue);
  const target = flags.target === undefined || !/^\d+$/.test(flags.target) ? flags.target : Number(flags.target);
  const given: [string, unknown][] = [
    ['methods', flags.method?.map((text) => parseMethod(text, parseValue))],
    ['policy.perRow', flags.perRow],
    ['policy.target', target],
    ['policy.below', flags.below],
    ['encoder', flags.encoder],
    ['language', flags.language],
    ['seed', flags.seed],
    ['threads', flags.threads],
  ];
  const assignments: Assignment[] = given
    .filter(([, value]) => value !== undefined)
    .map(([path, value]) => ({ path, value, origin: path }));
  return overlay(base, [...assignments, ...(flags.set ?? []).map((text) => parseAssignment(text, parseValue))]);
};
