import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { TaxonError } from '@taxon/errors';
import type { BenchContext, Benchmark, Figures, Skipped } from './benchmark.ts';
import { namesOption, numberOption } from './option-values.ts';
import { parseJsonLine, runChild } from './run-child.ts';
import { formatTable, mebibytes } from './table.ts';

/** What a child tells when it is done. */
export interface AugmentTimes {
  rows: number;
  made: number;
  seconds: number;
}

interface MethodFigures extends Figures {
  method: string;
  rows: number;
  made: number;
  seconds: number;
  rowsPerSecond: number;
  peakMemoryBytes: number | undefined;
}

const subjects = 'card account parcel invoice order phone flight booking password refund contract address'.split(' ');
const verbs = 'find change cancel track replace check close open update pay'.split(' ');
const tails = [
  'today',
  'before the weekend',
  'because it was lost',
  'as soon as possible',
  'on my new phone',
  'for my wife',
];

/** Short requests as a service desk gets them, all different. */
function* rows(count: number): Generator<string> {
  yield 'text,label\n';
  for (let i = 0; i < count; i++) {
    const [subject, verb, tail] = [subjects[i % 12]!, verbs[(i >> 2) % 10]!, tails[(i >> 4) % 6]!];
    yield `can you please help me to ${verb} the ${subject} number ${i} ${tail},${subject}\n`;
  }
}

const methods: Readonly<Record<string, readonly object[]>> = {
  edits: [{ name: 'insert' }, { name: 'delete' }, { name: 'swap' }],
  keyboard: [{ name: 'keyboard' }],
  synonyms: [{ name: 'synonyms' }],
};

const runMethod = async (
  { workspaceRoot, signal }: BenchContext,
  method: string,
  { file, stream }: { file: string; stream: string },
): Promise<MethodFigures> => {
  const script = join(workspaceRoot, 'tools/bench/dist/bench-augment.js');
  let times: AugmentTimes | undefined;
  const child = await runChild(process.execPath, [script, stream, file, JSON.stringify(methods[method])], {
    signal,
    onLine: (line) => (times = parseJsonLine(line, 'bench-augment') as unknown as AugmentTimes),
  });
  if (times === undefined) throw new TaxonError({ code: 'internal', message: `${method}: the child told no times` });
  const { peakMemoryBytes } = child;
  return { method, ...times, rowsPerSecond: times.rows / times.seconds, peakMemoryBytes };
};

/** nlpaug, where the peers' Python has it: it is not of the pinned ones, since it drags other versions of theirs along. */
const runPeer = async (context: BenchContext, file: string): Promise<Figures | Skipped> => {
  const environment = await context.peer();
  if ('skipped' in environment) return environment;
  const { lastLine } = await environment.run('augmenting.py', [file], context.signal);
  return parseJsonLine(lastLine, 'augmenting.py') as unknown as Figures | Skipped;
};

export const augmentSpeed: Benchmark = {
  summary: 'Rows a second of the cheap methods on one core, and the memory that a stream of them takes',
  options: {
    methods: {
      describe: `with commas, of ${Object.keys(methods).join(', ')}`,
      default: Object.keys(methods).join(','),
    },
    rows: { describe: 'rows of the file', default: '200000' },
    stream: {
      describe: 'yes: the whole way from file to file; no: in memory, making and checking alone',
      default: 'no',
    },
    'peer-rows': { describe: 'rows that the Python peer is given; it is slow', default: '2000' },
  },
  async run(context) {
    const { options, say } = context;
    const count = numberOption('rows', options.rows, { least: 1, most: 1e8, whole: true });
    const peerRows = numberOption('peer-rows', options['peer-rows'], { least: 1, most: 1e6, whole: true });
    const [stream] = namesOption('stream', options.stream, ['yes', 'no']) as [string];
    const chosen = namesOption('methods', options.methods, Object.keys(methods));
    const scratch = await mkdtemp(join(tmpdir(), 'taxon-bench-'));
    try {
      const file = join(scratch, 'rows.csv');
      await pipeline(Readable.from(rows(count)), createWriteStream(file));
      const figures: MethodFigures[] = [];
      for (const method of chosen) {
        const own = await runMethod(context, method, { file, stream });
        figures.push(own);
        say(`${method}: ${own.rowsPerSecond.toFixed(0)} rows/s, ${mebibytes(own.peakMemoryBytes)}`);
      }
      const small = join(scratch, 'peer.csv');
      await writeFile(
        small,
        (await readFile(file, 'utf8'))
          .split('\n')
          .slice(0, peerRows + 1)
          .join('\n'),
      );
      const peer = await runPeer(context, small);
      const { size } = await stat(file);
      return {
        taxon: { rows: count, fileBytes: size, stream, methods: figures },
        peer,
        ratio: {},
        text: formatTable(
          ['method', 'rows', 'made', 'seconds', 'rows/s', 'memory'],
          figures.map((one) => [
            ...[one.method, String(one.rows), String(one.made), one.seconds.toFixed(1), one.rowsPerSecond.toFixed(0)],
            mebibytes(one.peakMemoryBytes),
          ]),
        ),
      };
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  },
};
