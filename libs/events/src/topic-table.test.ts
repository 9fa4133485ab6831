import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { eventTypes, type EventType } from './event-types.ts';

const protos = new URL('../../../protos/taxon/events/v1/', import.meta.url);
const page = fileURLToPath(new URL('../../../docs/events.md', import.meta.url));
const [begin, end] = ['<!-- topics: made by libs/events/src/topic-table.test.ts -->', '<!-- end of topics -->'];

/** The words of a message's comment after the type's own name, and its fields. */
const describeMessage = (source: string, message: string): { meaning: string; fields: string[] } | undefined => {
  const found = new RegExp(`((?:^//.*\\n)*)^message ${message} \\{\\n([^]*?)^\\}`, 'mu').exec(source);
  if (found === null) return undefined;
  const comment = found[1]!
    .replaceAll(/^\/\/ ?/gmu, '')
    .trim()
    .replaceAll('\n', ' ');
  const fields = [...found[2]!.matchAll(/^ {2,4}(?:repeated |optional )?[\w.<>, ]+ (\w+) = \d+/gmu)].map(
    ([, name]) => name!,
  );
  return { meaning: comment, fields };
};

const messageOf = (type: EventType): string =>
  type
    .split('.')
    .slice(1)
    .flatMap((part) => part.split('_'))
    .map((part) => part[0]!.toUpperCase() + part.slice(1))
    .join('');

/** What a comment says, without what the table has in its own columns. */
const meaningOf = (comment: string): string =>
  comment
    .replaceAll(/`taxon\.[\w.]+`:? ?/gu, '')
    .replaceAll(/(?:Topic [^.]*, )?[kK]ey: the \w+\.?/gu, '')
    .replaceAll(/Topic ,? ?/gu, '')
    .trim()
    .replace(/\.$/u, '');

const rows = async (): Promise<string[]> => {
  const names = ['drift', 'job', 'model', 'prediction', 'training', 'work'];
  const sources = (await Promise.all(names.map((name) => readFile(new URL(`${name}.proto`, protos), 'utf8')))).join(
    '\n',
  );
  return (Object.entries(eventTypes) as [EventType, { topic: string }][]).map(([type, { topic }]) => {
    const message = describeMessage(sources, messageOf(type));
    if (message === undefined) throw new Error(`${type}: there is no message ${messageOf(type)}`);
    const keys: Partial<Record<EventType, string>> = {
      'taxon.work.requested': 'run/unit',
      'taxon.work.done': 'run',
      'taxon.job.ended': 'job',
    };
    const key = keys[type] ?? 'model';
    return `| \`${topic}\` | \`${type}\` | ${key} | ${meaningOf(message.meaning)} | ${message.fields.join(', ')} |`;
  });
};

describe('the table of topics in docs/events.md', () => {
  it('is what the types and contracts say (UPDATE_DOCS=1 writes it)', async () => {
    const text = await readFile(page, 'utf8');
    const table = ['| topic | type | key | what it says | payload |', '|---|---|---|---|---|', ...(await rows())].join(
      '\n',
    );
    const [before, rest] = text.split(begin) as [string, string];
    const [shown, after] = rest.split(end) as [string, string];
    if (process.env['UPDATE_DOCS'] === '1') await writeFile(page, `${before}${begin}\n\n${table}\n\n${end}${after}`);
    else expect(shown.trim()).toBe(table);
  });
});
