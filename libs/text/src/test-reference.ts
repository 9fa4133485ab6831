import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';

/** Answers of the Rust crate, from Python where it is there, or as recorded in `fixtures`. For tests alone. */
export interface RecordedAnswers {
  /** Version of the crate that answered. */
  tokenizers: string;
  corpusDigest: string;
  /** `fingerprint` of every text's ids. */
  fingerprints: number[];
  /** Ids of some texts, by index, so that a difference can be read. */
  ids: Record<number, number[]>;
}

const workspace = fileURLToPath(new URL('../../../', import.meta.url));
const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));

/** Parsed tokenizer.json of all-MiniLM-L6-v2 (committed), or of the Chinese-English E5 beside the workspace, if it is there. */
export const referenceTokenizerJson = (name: 'minilm' | 'e5-zh-en'): Record<string, unknown> | undefined => {
  if (name === 'minilm')
    return JSON.parse(gunzipSync(readFileSync(fixture('minilm-tokenizer.json.gz'))).toString()) as Record<
      string,
      unknown
    >;
  const path = join(workspace, '../shared/encoders/multilingual-e5-small-zh-en/tokenizer.json');
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>) : undefined;
};

/** The Python that can import `tokenizers`: `TAXON_PYTHON`, else the environment that the benchmarks build. */
export const referencePython = (): string | undefined =>
  [process.env['TAXON_PYTHON'], join(workspace, '.cache/peers/venv/bin/python')].find(
    (python) => python && spawnSync(python, ['-c', 'import tokenizers']).status === 0,
  );

/** Lone surrogates go to the crate as U+FFFD, as they do to any UTF-8. */
const wellFormed = (text: string): string => text.replace(/\p{Surrogate}/gu, '\ufffd');

const ask = async (python: string, tokenizerJson: unknown, inputs: readonly unknown[], maxLength?: number) => {
  const folder = await mkdtemp(join(tmpdir(), 'taxon-tokenizer-'));
  try {
    const path = join(folder, 'tokenizer.json');
    await writeFile(path, JSON.stringify(tokenizerJson));
    const input = inputs.map((one) => JSON.stringify(one) + '\n').join('');
    const args = [fixture('reference.py'), path, ...(maxLength === undefined ? [] : [String(maxLength)])];
    const { status, stdout, stderr } = spawnSync(python, args, { input, maxBuffer: 2 ** 30 });
    if (status !== 0) throw new Error(`reference.py failed: ${stderr.toString()}`);
    const [version = '""', ...lines] = stdout.toString().trim().split('\n');
    return { version: JSON.parse(version) as string, answers: lines.map((line) => JSON.parse(line) as unknown) };
  } finally {
    await rm(folder, { recursive: true });
  }
};

/** Asks the crate, live. */
export const askReference = async (
  python: string,
  tokenizerJson: unknown,
  texts: readonly string[],
  maxLength?: number,
): Promise<{ version: string; ids: number[][] }> => {
  const { version, answers } = await ask(python, tokenizerJson, texts.map(wellFormed), maxLength);
  return { version, ids: answers as number[][] };
};

/** The crate's ids and types of pairs. */
export const askReferencePairs = async (
  python: string,
  tokenizerJson: unknown,
  pairs: readonly (readonly [string, string])[],
  maxLength?: number,
): Promise<[ids: number[], types: number[]][]> => {
  const inputs = pairs.map((texts) => texts.map(wellFormed));
  return (await ask(python, tokenizerJson, inputs, maxLength)).answers as [number[], number[]][];
};

/** FNV-1a over the ids. */
export const fingerprint = (ids: ArrayLike<number>): number => {
  let hash = 0x811c9dc5;
  for (let i = 0; i < ids.length; i++) hash = Math.imul(hash ^ ids[i]!, 0x01000193);
  return (hash ^ ids.length) >>> 0;
};

export const corpusDigest = (texts: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(texts)).digest('hex').slice(0, 16);

export const readRecorded = (name: string): RecordedAnswers =>
  JSON.parse(gunzipSync(readFileSync(fixture(`${name}-answers.json.gz`))).toString()) as RecordedAnswers;

export const record = (name: string, texts: readonly string[], version: string, ids: number[][]): void => {
  const kept = ids.flatMap((list, i) => (i % 20 === 0 && list.length < 300 ? [[i, list] as const] : []));
  const answers: RecordedAnswers = {
    tokenizers: version,
    corpusDigest: corpusDigest(texts),
    fingerprints: ids.map(fingerprint),
    ids: Object.fromEntries(kept),
  };
  writeFileSync(fixture(`${name}-answers.json.gz`), gzipSync(JSON.stringify(answers), { level: 9 }));
};
