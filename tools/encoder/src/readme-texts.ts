import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Licences whose texts may be learnt from with their notice kept. */
const permissive = new Set([
  'MIT',
  'ISC',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'Apache-2.0',
  '0BSD',
  'Unlicense',
  'CC0-1.0',
]);

export interface ReadmeTexts {
  package: string;
  licence: string;
  texts: string[];
}

/** Sentences of a README: no code, tables, pictures, headings of a word, or addresses. */
export const readmeSentences = (markdown: string): string[] =>
  markdown
    .replace(/```[\s\S]*?(```|$)/g, '\n')
    .replace(/<!--[\s\S]*?-->/g, ' ')
    .split(/\n\s*\n|\n(?=\s*[-*#>|\d])/)
    .filter((block) => !/^( {4}|\t)/.test(block) && !/^\s*\|/.test(block) && !/<\w+|^\s*\[!\[/.test(block))
    .map((block) =>
      block
        .replace(/!\[[^\]]*\]\([^)]*\)/g, ' ')
        .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
        .replace(/[`*_#>]+/g, '')
        .replace(/^\s*(?:[-+]|\d+\.)\s+/, '')
        .replace(/\s+/g, ' ')
        .trim(),
    )
    .flatMap((block) => block.split(/(?<=[.!?]) (?=[A-Z])/))
    .filter((text) => !/https?:|[{}<>=;|]|\[\d?\]/.test(text) && /^[\x20-\x7e]+$/.test(text))
    .filter((text) => {
      const words = text.split(' ').length;
      return words >= 4 && words <= 60;
    });

const packageFolders = async (modules: string): Promise<string[]> => {
  const folders: string[] = [];
  for (const entry of await readdir(modules, { withFileTypes: true })) {
    if (!entry.isDirectory() || entry.name.startsWith('.')) continue;
    const folder = join(modules, entry.name);
    if (!entry.name.startsWith('@')) folders.push(folder);
    else for (const scoped of await readdir(folder)) folders.push(join(folder, scoped));
  }
  return folders.sort();
};

/** READMEs of the packages in a `node_modules` folder whose licence permits it; links (the workspace's own parts) are left out. */
export async function* readmeTexts(modules: string): AsyncGenerator<ReadmeTexts> {
  for (const folder of await packageFolders(modules)) {
    const about = await readFile(join(folder, 'package.json'), 'utf8').catch(() => undefined);
    if (about === undefined) continue;
    const { name, version, license } = JSON.parse(about) as { name?: string; version?: string; license?: unknown };
    if (typeof license !== 'string' || !permissive.has(license)) continue;
    const file = (await readdir(folder)).find((entry) => /^readme(\.md)?$/i.test(entry));
    if (file === undefined) continue;
    const texts = readmeSentences(await readFile(join(folder, file), 'utf8'));
    if (texts.length > 0) yield { package: `${name ?? ''}@${version ?? ''}`, licence: license, texts };
  }
}
