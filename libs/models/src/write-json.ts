import { writeFile } from 'node:fs/promises';

/** Two spaces and a line end, as Hugging Face's libraries write their own. */
export const writeJson = (path: string, value: unknown): Promise<void> =>
  writeFile(path, `${JSON.stringify(value, null, 2)}\n`);
