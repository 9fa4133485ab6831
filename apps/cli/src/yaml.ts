// Imported when a recipe is read, not at the start. `import('yaml')` itself would give the bundle a CommonJS default export.
import { parse, stringify } from 'yaml';

export const parseYaml = (text: string): unknown => parse(text) as unknown;
export const stringifyYaml = (value: unknown): string => stringify(value);
