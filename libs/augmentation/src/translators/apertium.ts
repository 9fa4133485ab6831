import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TaxonError, invalidInput } from '@taxon/errors';
import type { Translator } from '../translator.ts';

/** Apertium names its pairs by ISO 639-3, older ones by 639-1. */
const longCodes: Readonly<Record<string, string>> = {
  ...{ af: 'afr', an: 'arg', ar: 'ara', be: 'bel', br: 'bre', bg: 'bul', ca: 'cat', cy: 'cym', da: 'dan', de: 'deu' },
  ...{ en: 'eng', eo: 'epo', es: 'spa', eu: 'eus', fr: 'fra', gl: 'glg', hi: 'hin', id: 'ind', is: 'isl', it: 'ita' },
  ...{ kk: 'kaz', mk: 'mkd', ms: 'zlm', mt: 'mlt', nb: 'nob', nl: 'nld', nn: 'nno', oc: 'oci', pl: 'pol', pt: 'por' },
  ...{ ro: 'ron', ru: 'rus', sc: 'srd', sl: 'slv', sv: 'swe', tr: 'tur', tt: 'tat', uk: 'ukr', ur: 'urd' },
};

const install = 'It is a program of its own; on Debian: apt-get install apertium apertium-eng-spa.';

/** Runs apertium and reads what it says. */
const run = (parameters: readonly string[], signal?: AbortSignal): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = spawn('apertium', parameters, { signal, stdio: ['ignore', 'pipe', 'pipe'] });
    const output: Buffer[] = [];
    let complaint = '';
    child.stdout.on('data', (bytes: Buffer) => output.push(bytes));
    child.stderr.on('data', (bytes: Buffer) => (complaint += bytes.toString('utf8')));
    child.on('error', (cause: NodeJS.ErrnoException) => {
      if (signal?.aborted) return reject(TaxonError.from(signal.reason));
      if (cause.code !== 'ENOENT') return reject(cause);
      reject(
        new TaxonError({ code: 'failed_precondition', message: 'apertium is not installed', hint: install, cause }),
      );
    });
    child.on('close', (code) => {
      if (code === 0) return resolve(Buffer.concat(output).toString('utf8'));
      const message = `apertium ${parameters.join(' ')} ended with ${code ?? 'a signal'}: ${complaint.trim().slice(0, 300)}`;
      reject(new TaxonError({ code: 'unavailable', message }));
    });
  });

/** A file for as long as it is used: apertium opens its standard input by name, which a pipe of Node's (a socket) has not. */
const withFile = async <T>(content: string, use: (path: string) => Promise<T>): Promise<T> => {
  const folder = await mkdtemp(join(tmpdir(), 'taxon-apertium-'));
  try {
    const path = join(folder, 'texts.txt');
    await writeFile(path, content);
    return await use(path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/**
 * Apertium, a rule-based engine that runs offline, a process a call. GPL programs of their own: they are called, not linked.
 * @throws TaxonError `failed_precondition` where it is not installed
 */
export const openApertium = async (signal?: AbortSignal): Promise<Translator> => {
  const modes = new Set((await run(['-l'], signal)).split(/\s+/).filter((mode) => mode !== ''));
  const modeOf = (from: string, to: string): string => {
    const names = (code: string): string[] => [longCodes[code] ?? code, code];
    const mode = names(from)
      .flatMap((a) => names(to).map((b) => `${a}-${b}`))
      .find((name) => modes.has(name));
    if (mode !== undefined) return mode;
    throw invalidInput(
      `apertium has no translation from ${from} to ${to}; it has: ${[...modes].sort().join(', ') || 'none'}`,
      `Install the pair, for example apertium-${longCodes[from] ?? from}-${longCodes[to] ?? to}.`,
    );
  };
  return {
    name: 'apertium',
    async translate(texts, { from, to }, { signal: stop } = {}) {
      const mode = modeOf(from, to);
      if (texts.length === 0) return [];
      // A paragraph a text: over line ends alone, rules would look across. -u: no marks at unknown words, -n: no full stops added.
      const paragraphs = texts.map((text) => text.replace(/\s+/g, ' ').trim());
      const output = await withFile(`${paragraphs.join('\n\n')}\n`, (file) => run(['-u', '-n', mode, file], stop));
      const translated = output.replace(/\s+$/, '').split(/\n[^\S\n]*\n/);
      if (translated.length !== texts.length)
        throw new TaxonError({
          code: 'unavailable',
          message: `apertium gave ${translated.length} paragraphs for ${texts.length} texts`,
        });
      return translated.map((text) => text.trim());
    },
  };
};
