import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { invalidInput } from '@taxon/errors';
import { resolveEncoder } from '@taxon/models';
import type { BenchContext, Benchmark, Figures, Outcome, Skipped } from './benchmark.ts';
import { numberOption } from './option-values.ts';
import { parseJsonLine, runChild } from './run-child.ts';
import { findDataset } from './workspace.ts';

/** What tokenize-child.ts and tokenizing.py are asked, as JSON. */
export interface TokenizeRequest {
  /** Folder of tokenizer.json. */
  folder: string;
  /** JSON file with the texts, by set. */
  texts: string;
  /** Seconds to measure each set for. */
  seconds: number;
}

/** What both of them answer, by set; one thread. */
export interface TokenizeAnswer extends Figures {
  /** Texts each second: the median pass, and the very first one of the process. */
  textsPerSecond: number;
  firstPassTextsPerSecond: number;
  tokens: number;
  /** SHA-256 of all ids in a row, as little-endian 32-bit numbers. */
  digest: string;
}

/** Answers by set. */
type Answers = Record<string, TokenizeAnswer>;

/** Characters of the long texts. */
const documentLength = 2000;

export const tokenize: Benchmark = {
  summary: 'Tokenizing on one thread, against the Rust library behind transformers, on short and long texts',
  options: {
    encoder: { describe: 'folder or hub id whose tokenizer is used', default: 'all-MiniLM-L6-v2' },
    dataset: { describe: 'folder of the benchmark data', default: 'clinc150' },
    seconds: { describe: 'to measure each set for', default: '3' },
  },
  async run(context) {
    const seconds = numberOption('seconds', context.options.seconds, { least: 0.1, most: 600 });
    const folder = await resolveEncoder(context.options.encoder!, { signal: context.signal });
    const scratch = await mkdtemp(join(tmpdir(), 'taxon-bench-'));
    try {
      const sets = await readSets(context);
      const request: TokenizeRequest = { folder, texts: join(scratch, 'texts.json'), seconds };
      await writeFile(request.texts, JSON.stringify(sets));
      return await runBoth(context, sets, request);
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  },
};

type Sets = Record<'short' | 'long', string[]>;

/** The training texts, and the same ones joined to documents. */
const readSets = async ({ options, workspaceRoot }: BenchContext): Promise<Sets> => {
  const folder = findDataset(workspaceRoot, options.dataset!);
  if (typeof folder !== 'string') throw invalidInput(`--dataset ${options.dataset}: ${folder.skipped}`);
  const lines = (await readFile(join(folder, 'train.jsonl'), 'utf8')).trim().split('\n');
  const short = lines.map((line) => (JSON.parse(line) as { text: string }).text);
  const long: string[] = [];
  let document = '';
  for (const text of short) {
    document += `${text}. `;
    if (document.length < documentLength) continue;
    long.push(document.slice(0, documentLength));
    document = '';
  }
  return { short, long };
};

const runBoth = async (context: BenchContext, sets: Sets, request: TokenizeRequest): Promise<Outcome> => {
  const { say, signal, workspaceRoot } = context;
  const peer = await context.peer();
  let reference: Answers | undefined;
  if (!('skipped' in peer)) {
    say('tokenizers (Rust), one thread …');
    const { lastLine } = await peer.run('tokenizing.py', [JSON.stringify(request)], signal);
    reference = parseJsonLine(lastLine, 'tokenizing.py') as unknown as Answers;
  }
  say('Taxon, one thread …');
  const script = join(workspaceRoot, 'tools/bench/dist/bench-tokenize.js');
  const { lastLine } = await runChild(process.execPath, [script, JSON.stringify(request)], { signal });
  const own = parseJsonLine(lastLine, 'bench-tokenize') as unknown as Answers;

  const taxon = withRates(own, sets);
  if (reference === undefined) return { taxon, peer: peer as Skipped, ratio: {} };
  const ratio = compare(own, reference);
  for (const name of Object.keys(ratio)) say(describe(name, own[name]!, reference[name]!, ratio[name]!));
  return { taxon, peer: withRates(reference, sets), ratio };
};

const withRates = (answers: Answers, sets: Sets): Record<string, Figures> =>
  Object.fromEntries(
    Object.entries(sets).map(([name, texts]) => {
      const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
      const answer = answers[name]!;
      const megabytesPerSecond = (answer.textsPerSecond * bytes) / texts.length / 1e6;
      return [name, { texts: texts.length, ...answer, megabytesPerSecond }];
    }),
  );

interface Ratio extends Figures {
  speed: number;
  firstPassSpeed: number;
  sameIds: boolean;
}

const compare = (own: Answers, peer: Answers): Record<string, Ratio> =>
  Object.fromEntries(
    Object.entries(own).map(([name, answer]) => [
      name,
      {
        speed: answer.textsPerSecond / peer[name]!.textsPerSecond,
        firstPassSpeed: answer.firstPassTextsPerSecond / peer[name]!.firstPassTextsPerSecond,
        sameIds: answer.digest === peer[name]!.digest,
      },
    ]),
  );

const describe = (name: string, own: TokenizeAnswer, peer: TokenizeAnswer, ratio: Ratio): string => {
  const rates = `Taxon ${Math.round(own.textsPerSecond)} texts/s, Rust ${Math.round(peer.textsPerSecond)}`;
  const times = `${ratio.speed.toFixed(1)} times as fast (first pass ${ratio.firstPassSpeed.toFixed(1)})`;
  return `  ${name}: ${rates}: ${times}, ${ratio.sameIds ? 'the same ids' : 'OTHER IDS'}`;
};
