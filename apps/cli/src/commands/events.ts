import { existsSync } from 'node:fs';
import type { DeadLetter, EventBus, OpenLetter, Resolution, StoredEvent } from '@taxon/events';
import { invalidInput, TaxonError } from '@taxon/errors';
import type { Command } from 'commander';
import { catchInterrupt } from '../interrupt.ts';
import { openBus, placeOfBus } from '../open-bus.ts';
import { wholeNumber } from '../option-values.ts';
import { formatTable } from '../render/table.ts';
import type { Terminal } from '../terminal.ts';

const where = `
Which bus: --bus, else TAXON_EVENTS_URL, else TAXON_EVENTS_FOLDER. TLS and passwords for Kafka are TAXON_EVENTS_TLS, …_CA_FILE,
…_SASL_MECHANISM, …_SASL_USERNAME and …_SASL_PASSWORD_FILE, as services read them.`;

const examples = `
Examples:
  taxon events topics --bus data/events                       what there is
  taxon events tail taxon.training.v1 --from 1h --follow      what happens to the trainings
  taxon events lag trainer                                    how far a group is behind
  taxon events dead list                                      what could not be handled, and why
  taxon events dead retry taxon.training.v1/0/17              put it back, once its cause is mended
  taxon events replay taxon.feedback.v1 --from 2026-11-01 --group monitor
${where}`;

interface BusOptions {
  bus?: string;
  json?: boolean;
}
interface FilterOptions extends BusOptions {
  from: string;
  type?: string;
  key?: string;
}
interface LetterOptions extends BusOptions {
  topic?: string;
  all?: boolean;
}

// Loaded when it is needed: what the events are is not small.
const loadLines = () => import('./event-lines.ts');

const open = async ({ bus }: BusOptions): Promise<EventBus> => {
  const named = bus ?? process.env['TAXON_EVENTS_URL'] ?? process.env['TAXON_EVENTS_FOLDER'];
  if (named === undefined)
    throw invalidInput(
      'no event bus is named',
      'Give --bus FOLDER or --bus kafka://HOST:PORT, or set TAXON_EVENTS_FOLDER.',
    );
  const { folder } = placeOfBus(named, '--bus');
  // Looking makes nothing.
  if (folder !== undefined && !existsSync(folder))
    throw new TaxonError({ code: 'not_found', message: `${folder}: there is no such folder of events` });
  return openBus(named, '--bus');
};

/** Runs a command on the bus, which is closed whatever becomes of it; Ctrl-C aborts the signal. */
const withBus = async (
  options: BusOptions,
  act: (bus: EventBus, signal: AbortSignal) => Promise<void>,
): Promise<void> => {
  const bus = await open(options);
  const interrupt = catchInterrupt();
  try {
    await act(bus, interrupt.signal);
  } finally {
    interrupt.dispose();
    await bus.close();
  }
};

const filterOf = ({ type, key }: FilterOptions): ((stored: StoredEvent) => boolean) => {
  return (stored) =>
    (type === undefined || stored.headers['ce_type'] === type) && (key === undefined || stored.key === key);
};

const tail = (terminal: Terminal, topic: string, options: FilterOptions & { follow?: boolean; limit?: number }) =>
  withBus(options, async (bus, signal) => {
    const { readableEvent, readTime } = await loadLines();
    const matches = filterOf(options);
    let left = options.limit ?? Infinity;
    for await (const stored of bus.read({ topic, from: readTime(options.from), follow: options.follow, signal })) {
      if (!matches(stored)) continue;
      terminal.out(readableEvent(stored, { json: options.json === true, color: terminal.outColors }));
      if (--left === 0) return;
    }
  });

const listTopics = (terminal: Terminal, options: BusOptions) =>
  withBus(options, async (bus) => {
    const topics = await bus.topics();
    if (options.json) return terminal.out(JSON.stringify({ topics }));
    for (const topic of topics) terminal.out(topic);
    if (topics.length === 0) terminal.err('no topic holds anything');
  });

const showLags = async (terminal: Terminal, groups: string[], bus: EventBus, options: BusOptions): Promise<void> => {
  const lags = (await Promise.all(groups.map((group) => bus.lag(group)))).flat();
  if (options.json) return terminal.out(JSON.stringify({ lag: lags }));
  const rows = lags.map(({ group, topic, events }) => [group, topic, String(events)]);
  const columns = [{ title: 'group' }, { title: 'topic' }, { title: 'events behind', align: 'right' as const }];
  for (const line of formatTable(columns, rows)) terminal.out(line);
};

const showLag = (terminal: Terminal, groups: string[], options: BusOptions) =>
  withBus(options, (bus) => showLags(terminal, groups, bus, options));

const listGroups = (terminal: Terminal, options: BusOptions) =>
  withBus(options, async (bus) => showLags(terminal, await bus.groups(), bus, options));

const forgetGroup = (terminal: Terminal, group: string, options: BusOptions & { yes?: boolean }) =>
  withBus(options, async (bus) => {
    if (options.yes !== true)
      throw invalidInput(
        `forgetting ${group} drops how far it is, and events that it has not handled may be deleted`,
        'Give --yes if the group is gone for good; taxon events groups shows how far it is.',
      );
    await bus.forgetGroup(group);
    terminal.out(options.json ? JSON.stringify({ forgotten: group }) : `group ${group} forgotten`);
  });

const replayTopic = (terminal: Terminal, topic: string, options: FilterOptions & { group?: string }) =>
  withBus(options, async (bus, signal) => {
    const { replay } = await import('@taxon/events');
    const { readTime } = await loadLines();
    const from = readTime(options.from);
    if (from === 'latest') throw invalidInput('--from is latest; there is nothing to replay then');
    const count = await replay(bus, { topic, from, group: options.group, matches: filterOf(options), signal });
    if (options.json) return terminal.out(JSON.stringify({ replayed: count, topic, group: options.group }));
    terminal.out(
      `${count} events published again to ${topic}${options.group === undefined ? '' : `, for ${options.group} alone`}`,
    );
  });

const asJson = ({ id, letter, stored }: OpenLetter): DeadLetter & Record<string, unknown> => ({
  ...letter,
  ...{ id, offset: String(letter.offset) as never, eventId: stored.headers['ce_id'], type: stored.headers['ce_type'] },
});

const listLetters = (terminal: Terminal, options: LetterOptions) =>
  withBus(options, async (bus) => {
    const { openLetters } = await import('@taxon/events');
    const letters = await openLetters(bus, options.topic);
    if (options.json) return terminal.out(JSON.stringify({ letters: letters.map(asJson) }));
    if (letters.length === 0) return terminal.err('no dead letters');
    const rows = letters.map(({ id, letter, stored }) => [
      ...[id, letter.group, stored.headers['ce_type'] ?? '', String(letter.attempts), letter.code, letter.reason],
    ]);
    const columns = ['letter', 'group', 'type', 'attempts', 'code', 'reason'].map((title) => ({ title }));
    for (const line of formatTable(columns, rows)) terminal.out(line);
  });

/** The letters that are named. */
const pick = async (bus: EventBus, ids: readonly string[], options: LetterOptions): Promise<OpenLetter[]> => {
  const { openLetters } = await import('@taxon/events');
  const letters = await openLetters(bus, options.topic);
  if (options.all === true && ids.length === 0) return letters;
  if (options.all === true || ids.length === 0)
    throw invalidInput('name letters, or give --all', 'taxon events dead list');
  return ids.map((id) => {
    const found = letters.find((letter) => letter.id === id);
    if (found !== undefined) return found;
    const hint = 'taxon events dead list shows those that are there';
    throw new TaxonError({ code: 'not_found', message: `there is no dead letter ${id}`, hint });
  });
};

const showLetter = (terminal: Terminal, id: string, options: LetterOptions) =>
  withBus(options, async (bus) => {
    const [found] = await pick(bus, [id], options);
    const { letter, stored } = found!;
    const { reviveDeadLetter } = await import('@taxon/events');
    const { readableEvent } = await loadLines();
    const event = readableEvent({ ...stored, ...reviveDeadLetter(stored) }, { json: true });
    if (options.json) return terminal.out(JSON.stringify({ ...asJson(found!), event: JSON.parse(event) as unknown }));
    const rows = { id, ...letter, time: letter.time.toISOString(), offset: String(letter.offset), event };
    for (const [name, value] of Object.entries(rows)) terminal.out(`${name.padEnd(10)} ${value}`);
  });

const resolve = (terminal: Terminal, resolution: Resolution, ids: readonly string[], options: LetterOptions) =>
  withBus(options, async (bus) => {
    const { resolveLetters } = await import('@taxon/events');
    const letters = await pick(bus, ids, options);
    await resolveLetters(bus, letters, resolution);
    if (options.json) return terminal.out(JSON.stringify({ [resolution]: letters.map(({ id }) => id) }));
    terminal.out(`${letters.length} ${letters.length === 1 ? 'letter' : 'letters'} ${resolution}`);
  });

/** What every command has. */
const addCommand = (parent: Command, name: string, description: string): Command =>
  parent
    .command(name)
    .description(description)
    .option('--bus <folder or url>', 'folder of the embedded log, or kafka://host:port,…')
    .option('--json', 'JSON, one line each');

const addFilters = (command: Command, from: string): Command =>
  command
    .option('--from <time>', 'earliest, latest, a date or time, or how long ago: 10m, 2h, 3d', from)
    .option('--type <type>', 'events of this type alone')
    .option('--key <key>', 'events of this key alone, as a rule a model');

const addDeadCommands = (events: Command, terminal: Terminal): void => {
  const dead = events
    .command('dead')
    .description('events that could not be handled')
    .helpCommand(false)
    .addHelpText(
      'after',
      `\nExamples:\n  taxon events dead list\n  taxon events dead retry --all --topic taxon.training.v1\n${where}`,
    );
  const topic = ['--topic <topic>', 'letters from this topic alone'] as const;
  addCommand(dead, 'list', 'which there are, and why')
    .option(...topic)
    .action((options: LetterOptions) => listLetters(terminal, options));
  addCommand(dead, 'show', 'one of them, with its payload')
    .argument('<letter>', 'as dead list names it')
    .action((id: string, options: LetterOptions) => showLetter(terminal, id, options));
  for (const [name, resolution, description] of [
    ['retry', 'retried', 'put them back, for the group that could not handle them'],
    ['drop', 'dropped', 'lay them aside'],
  ] as const)
    addCommand(dead, name, description)
      .argument('[letters...]', 'as dead list names them')
      .option('--all', 'all that dead list shows')
      .option(...topic)
      .action((ids: string[], options: LetterOptions) => resolve(terminal, resolution, ids, options));
};

/** `taxon events`: what passes between the services, for people. */
export const addEventsCommand = (program: Command, terminal: Terminal): void => {
  const events = program
    .command('events')
    .description('look at the events between services, replay them, mend what failed')
    .helpCommand(false)
    .addHelpText('after', examples);
  addCommand(events, 'topics', 'topics that hold something').action((options: BusOptions) =>
    listTopics(terminal, options),
  );
  addFilters(addCommand(events, 'tail', 'show the events of a topic'), 'earliest')
    .argument('<topic>', 'as taxon events topics names it')
    .option('-f, --follow', 'go on with what comes, until Ctrl-C')
    .option('-n, --limit <n>', 'end after so many', wholeNumber(1))
    .addHelpText(
      'after',
      '\nExamples:\n  taxon events tail taxon.model.v1 --key support --json\n  taxon events tail taxon.drift.v1 --from latest -f',
    )
    .action((topic: string, options: FilterOptions) => tail(terminal, topic, options));
  addCommand(events, 'lag', 'how many events groups have not handled yet')
    .argument('<groups...>')
    .action((groups: string[], options: BusOptions) => showLag(terminal, groups, options));
  addCommand(events, 'groups', 'groups that there are, and how far behind they are').action((options: BusOptions) =>
    listGroups(terminal, options),
  );
  addCommand(events, 'forget', 'drop a group that is gone for good, for which events are kept')
    .argument('<group>', 'as taxon events groups names it')
    .option('--yes', 'it is gone for good')
    .action((group: string, options: BusOptions & { yes?: boolean }) => forgetGroup(terminal, group, options));
  addFilters(addCommand(events, 'replay', 'publish events of a topic again'), 'earliest')
    .argument('<topic>')
    .option('--group <group>', 'deliver them to this group alone')
    .addHelpText('after', '\nHandlers do nothing twice for an event that they know by its id.')
    .action((topic: string, options: FilterOptions) => replayTopic(terminal, topic, options));
  addDeadCommands(events, terminal);
};
