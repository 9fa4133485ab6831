import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelCard } from '@taxon/models';

/** What the card of the model says in its head of the licence and the like: lines of `key: JSON`, as Taxon writes them. */
export const readCardHead = async (folder: string): Promise<Pick<ModelCard, 'baseModel' | 'license' | 'languages'>> => {
  const text = await readFile(join(folder, 'README.md'), 'utf8').catch(() => '');
  const head = /^---\n([\s\S]*?)\n---/.exec(text)?.[1] ?? '';
  const value = (key: string): unknown => {
    const line = head.split('\n').find((one) => one.startsWith(`${key}: `));
    try {
      return line === undefined ? undefined : JSON.parse(line.slice(key.length + 2));
    } catch {
      return undefined;
    }
  };
  const [license, baseModel, languages] = [value('license'), value('base_model'), value('language')];
  return {
    ...(typeof license === 'string' && { license }),
    ...(typeof baseModel === 'string' && { baseModel }),
    ...(Array.isArray(languages) && { languages: languages.filter((one) => typeof one === 'string') }),
  };
};
