import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchContext, Benchmark, Figures } from './benchmark.ts';
import type { EventsAnswer, EventsRequest } from './events-child.ts';
import { openKafka } from './kafka-broker.ts';
import { numberOption } from './option-values.ts';
import { parseJsonLine, runChild } from './run-child.ts';
import { median } from './statistics.ts';
import { formatTable } from './table.ts';

type Sizes = Pick<EventsRequest, 'events' | 'bytes' | 'call' | 'single' | 'partitions'>;
type Adapter = EventsRequest['adapter'];
type Sides = Record<EventsRequest['side'], EventsAnswer>;

const names: Record<Adapter, Record<EventsRequest['side'], string>> = {
  kafka: { bus: 'Kafka bus', bare: 'kafkajs alone' },
  embedded: { bus: 'embedded log', bare: 'SQLite alone' },
};

const measureOnce = async (context: BenchContext, request: Omit<EventsRequest, 'folder'>): Promise<EventsAnswer> => {
  const folder = await mkdtemp(join(tmpdir(), 'taxon-bench-'));
  try {
    const script = join(context.workspaceRoot, 'tools/bench/dist/bench-events.js');
    const { lastLine } = await runChild(process.execPath, [script, JSON.stringify({ ...request, folder })], {
      signal: context.signal,
    });
    return parseJsonLine(lastLine, 'bench-events') as unknown as EventsAnswer;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const medians = (answers: readonly EventsAnswer[]): EventsAnswer => ({
  published: median(answers.map(({ published }) => published)),
  handled: median(answers.map(({ handled }) => handled)),
  p50: median(answers.map(({ p50 }) => p50)),
  p99: median(answers.map(({ p99 }) => p99)),
});

/** Both sides in turn, every second round the other way round. */
const measure = async (
  context: BenchContext,
  adapter: Adapter,
  { brokers, sizes, rounds }: { brokers: string[]; sizes: Sizes; rounds: number },
): Promise<Sides> => {
  const answers: Record<EventsRequest['side'], EventsAnswer[]> = { bus: [], bare: [] };
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? (['bare', 'bus'] as const) : (['bus', 'bare'] as const);
    for (const side of order) {
      context.say(`${names[adapter][side]}, round ${round + 1} of ${rounds} …`);
      const prefix = `bench-${process.pid}-${round}-${side}.`;
      answers[side].push(await measureOnce(context, { adapter, side, brokers, prefix, ...sizes }));
    }
  }
  return { bus: medians(answers.bus), bare: medians(answers.bare) };
};

/** Above 1 the bus is better. */
const ratioOf = ({ bus, bare }: Sides): EventsAnswer => ({
  published: bus.published / bare.published,
  handled: bus.handled / bare.handled,
  p50: bare.p50 / bus.p50,
  p99: bare.p99 / bus.p99,
});

const rows = (adapter: Adapter, sides: Sides): string[][] => {
  const row = (name: string, { published, handled, p50, p99 }: EventsAnswer): string[] => [
    name,
    ...[published, handled].map((rate) => Math.round(rate).toLocaleString('en')),
    ...[p50, p99].map((time) => time.toFixed(2)),
  ];
  const ratio = Object.values(ratioOf(sides) as unknown as Record<string, number>).map((value) => value.toFixed(2));
  return [row(names[adapter].bus, sides.bus), row(names[adapter].bare, sides.bare), ['ratio', ...ratio]];
};

export const events: Benchmark = {
  summary: 'Event buses, 1 KB an event, each against the library below it alone, which does as little as it can',
  options: {
    events: { describe: 'events', default: '20000' },
    bytes: { describe: 'bytes of a payload', default: '1000' },
    call: { describe: 'events published together', default: '500' },
    single: { describe: 'events published one by one, for the latency', default: '300' },
    partitions: { describe: 'partitions of the topic', default: '4' },
    rounds: { describe: 'rounds, of which medians are taken', default: '3' },
    adapter: { describe: 'kafka or embedded alone' },
  },
  async run(context) {
    const number = (name: string, most: number): number =>
      numberOption(name, context.options[name], { least: 1, most, whole: true });
    const sizes: Sizes = {
      events: number('events', 1_000_000),
      bytes: number('bytes', 900_000),
      call: number('call', 10_000),
      single: number('single', 10_000),
      partitions: number('partitions', 100),
    };
    const rounds = number('rounds', 100);
    const only = context.options['adapter'];
    const measured: Partial<Record<Adapter, Sides>> = {};
    if (only !== 'kafka') measured.embedded = await measure(context, 'embedded', { brokers: [], sizes, rounds });
    if (only !== 'embedded') {
      const kafka = await openKafka(context.workspaceRoot);
      if ('skipped' in kafka) context.say(`Kafka is skipped: ${kafka.skipped}`);
      else {
        await using broker = kafka;
        measured.kafka = await measure(context, 'kafka', { brokers: broker.brokers, sizes, rounds });
      }
    }
    const found = Object.entries(measured) as [Adapter, Sides][];
    const figures = (pick: (sides: Sides) => EventsAnswer): Figures =>
      Object.fromEntries(found.map(([adapter, sides]) => [adapter, { ...pick(sides) }]));
    const header = ['', 'published, events/s', 'published and handled, events/s', 'latency p50, ms', 'p99, ms'];
    return {
      taxon: figures(({ bus }) => bus),
      peer: figures(({ bare }) => bare),
      ratio: figures(ratioOf),
      text: formatTable(
        header,
        found.flatMap(([adapter, sides]) => rows(adapter, sides)),
      ),
    };
  },
};
