import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TaxonError } from '@taxon/errors';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readDataset, type ReadDatasetOptions } from './index.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'taxon-data-'));
});
afterAll(() => rm(folder, { recursive: true }));

const write = async (name: string, content: string | Buffer): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
};
const read = async (name: string, content: string | Buffer, options?: ReadDatasetOptions) =>
  readDataset(await write(name, content), options);
const refusal = async (name: string, content: string | Buffer, options?: ReadDatasetOptions): Promise<TaxonError> => {
  const error: unknown = await read(name, content, options).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(TaxonError);
  return error as TaxonError;
};
/** Message and hint as a person sees them, without the folder. */
const words = (error: TaxonError): string => `${error.message} ${error.hint ?? ''}`.replaceAll(`${folder}/`, '');

describe('reading CSV and TSV', () => {
  it('keeps quotes, embedded line breaks and the line on which a record starts, with CRLF and a byte order mark', async () => {
    const csv =
      '\ufefflabel,text\r\nrefund,"give me ""my"" money,\r\nback"\r\n\r\nsize, two  words \r\n refund ,🎉 说\r\n';
    const { examples, notes } = await read('a.csv', csv);
    expect(examples).toEqual([
      { labels: [['refund']], text: 'give me "my" money,\r\nback', line: 2 },
      { labels: [['size']], text: ' two  words ', line: 5 },
      { labels: [['refund']], text: '🎉 说', line: 6 },
    ]);
    expect(notes).toEqual([{ level: 'info', message: '1 blank line skipped' }]);
  });

  it('reads columns of other names among others, and takes a quote inside an unquoted field literally', async () => {
    const tsv = 'id\tbody\tintent\n1\tthe 5" pipe, please\torder\n';
    const options = { textColumn: 'body', tasks: [{ column: 'intent' }] };
    expect((await read('a.tsv', tsv, options)).examples).toEqual([
      { id: '1', text: 'the 5" pipe, please', labels: [['order']], line: 2 },
    ]);
  });

  it('sees semicolons as spreadsheets write them, and says so', async () => {
    const { examples, notes } = await read('semi.csv', 'text;label\nhallo, du;gruss\n');
    expect(examples[0]).toEqual({ text: 'hallo, du', labels: [['gruss']], line: 2 });
    expect(notes[0]?.message).toContain('";"');
  });

  it('reads back whatever was written', async () => {
    const field = fc.string({ unit: 'grapheme', minLength: 1 }).filter((s) => s.trim() !== '');
    const quote = (s: string) => `"${s.replaceAll('"', '""')}"`;
    const rows = fc.array(fc.record({ text: field, label: field }), { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(rows, fc.constantFrom('\n', '\r\n'), async (written, end) => {
        const csv = ['text,label', ...written.map((r) => `${quote(r.text)},${quote(r.label)}`)].join(end);
        const { examples } = await read('property.csv', csv);
        expect(examples.map(({ text, labels }) => ({ text, label: labels[0]![0] }))).toEqual(
          written.map(({ text, label }) => ({ text, label: label.trim() })),
        );
        const lines = csv.split('\n');
        for (const { line, text } of examples) expect(lines[line - 1]).toContain(quote(text).split('\n')[0]?.trimEnd());
      }),
      { numRuns: 100 },
    );
  });
});

describe('reading JSON', () => {
  it('reads lines, numbers and lists of one as labels', async () => {
    const jsonl = '{"text":"a","label":3,"x":1}\r\n\n{"label":["b c"],"text":"d\\n"}\n{"text":"e","label":true}';
    expect((await read('a.jsonl', jsonl)).examples).toEqual([
      { text: 'a', labels: [['3']], line: 1 },
      { text: 'd\n', labels: [['b c']], line: 3 },
      { text: 'e', labels: [['true']], line: 4 },
    ]);
  });

  it('reads an array over any number of lines', async () => {
    const json = '\ufeff [\n  {"text": "a ] , \\" [", "label": ["x"]}\n  , {\n "text": "b",\n "label": "y" } ]\n ';
    expect((await read('a.json', json)).examples).toEqual([
      { text: 'a ] , " [', labels: [['x']], line: 2 },
      { text: 'b', labels: [['y']], line: 3 },
    ]);
  });

  it('finds every element and its line however the array is laid out', async () => {
    const record = fc.record({
      text: fc.string({ unit: 'binary', minLength: 1 }).map((s) => `t${s}`),
      label: fc.nat(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(record, { minLength: 1 }), fc.nat(4), async (records, indent) => {
        const { examples } = await read('property.json', JSON.stringify(records, null, indent));
        expect(examples.map(({ text, labels }) => ({ text, label: labels[0]![0] }))).toEqual(
          records.map(({ text, label }) => ({ text, label: String(label) })),
        );
        examples.forEach(({ line }, i) => expect(line).toBe(indent === 0 ? 1 : 2 + 4 * i));
      }),
      { numRuns: 100 },
    );
  });

  it('reads texts that straddle the pieces in which a file is read', async () => {
    const texts = Array.from({ length: 40 }, (_, i) => 'é说🎉'.repeat(12_000 + i));
    const rows = texts.map((text, i) => ({ text, label: `l${i}` }));
    for (const [name, content] of [
      ['big.json', JSON.stringify(rows, null, 1)],
      ['big.jsonl', rows.map((row) => JSON.stringify(row)).join('\n')],
      ['big.csv', ['text,label', ...rows.map(({ text, label }) => `${text},${label}`)].join('\n')],
    ] as const)
      expect((await read(name, content)).examples.map(({ text }) => text)).toEqual(texts);
  });
});

describe('refusing input that cannot be used', () => {
  it.each([
    ['empty.csv', '', /empty\.csv is empty.*header line/],
    ['empty.json', '', /empty\.json is empty/],
    ['none.json', '[]', /none\.json holds no rows/],
    ['header.csv', 'text,label\n', /header\.csv holds no rows.*one row below/],
    [
      'column.csv',
      'Text,category\na,b\n',
      /column\.csv:1: there is no column "text"; the columns are: "Text", "category" Set --text-column to "Text"/,
    ],
    [
      'key.jsonl',
      '{"text":"a","lable":"b"}',
      /key\.jsonl:1: there is no key "label"; the keys are: "text", "lable" Set --label-column to "lable"/,
    ],
    ['twice.csv', 'text,label,text\na,b,c\n', /twice\.csv:1: the column "text" is there twice/],
    [
      'ragged.csv',
      'text,label\na,b\nc\nd,e,f\n',
      /2 rows of ragged\.csv .*\n.*ragged\.csv:3: the row has 1 field, the header 2\n.*ragged\.csv:4: the row has 3 fields/,
    ],
    ['quote.csv', 'text,label\na,b\n"c\nd,e\nf,g\n', /quote\.csv:3: .*closing quote is missing/],
    ['blank.csv', 'text,label\n  ,b\n', /blank\.csv:2: the text in "text" is empty/],
    ['nolabel.csv', 'text,label\na, \n', /nolabel\.csv:2: the label in "label" is empty/],
    ['bad.jsonl', '{"text":"a","label":"b"}\n{"text":"a",}\n', /bad\.jsonl:2: not valid JSON/],
    ['gone.jsonl', '{"text":"a","label":"b"}\n{"text":"a"}\n', /gone\.jsonl:2: the key "label" is missing/],
    ['null.jsonl', '{"text":"a","label":null}', /null\.jsonl:1: the label in "label" is null/],
    ['number.jsonl', '{"text":5,"label":"x"}', /number\.jsonl:1: the text in "text" is .*not a string/],
    ['scalar.jsonl', '7', /scalar\.jsonl:1: a number, where an object with "text" and "label"/],
    ['array.jsonl', '[\n', /array\.jsonl:1: starts with "\[".*--format json/],
    ['lines.json', '{"text":"a","label":"b"}\n', /lines\.json:1: starts with "{".*--format jsonl/],
    ['comma.json', '[{"text":"a","label":"b"},\n]', /comma\.json:2: an element is missing before "\]"/],
    ['nocomma.json', '[{"text":"a","label":"b"}\n{"text":"a","label":"b"}]', /nocomma\.json:1: not valid JSON/],
    [
      'open.json',
      '[{"text":"a","label":"b"},\n\n{"text":"a"',
      /open\.json:3: the element that starts here is not closed/,
    ],
    ['string.json', '[{"text":"a\n","label":"b"}]', /string\.json:1: a string is not closed on its line/],
    ['after.json', '[{"text":"a","label":"b"}]\nx', /after\.json:2: the array has ended, but "x" follows/],
    ['closed.json', '[}]', /closed\.json:1: "}" closes nothing/],
  ])('%s', async (name, content, expected) => {
    const error = await refusal(name, content);
    expect(error.code).toBe('invalid_input');
    expect(words(error).replaceAll('\n ', '\n')).toMatch(new RegExp(expected.source, 's'));
  });

  it('refuses a list of two for a single-label task', async () => {
    const single: ReadDatasetOptions = { tasks: [{ column: 'label', kind: 'single-label' }] };
    expect(words(await refusal('list.jsonl', '{"text":"a","label":["b","c"]}', single))).toMatch(
      /list\.jsonl:1: the list in "label" holds 2 labels.*exactly one/,
    );
  });

  it('lists the first five bad rows and how many more there are', async () => {
    const error = await refusal('many.csv', `text,label\n${'a,\n'.repeat(1207)}`);
    expect(words(error)).toContain('1,207 rows of many.csv cannot be used');
    expect(words(error)).toContain('many.csv:6: the label in "label" is empty\n  … and 1,202 more rows');
    expect(error.violations).toHaveLength(5);
  });

  it('names byte and line where a file stops being UTF-8, beyond the first piece too', async () => {
    const line = Buffer.from('überall ein Wort,b\n');
    const good = Buffer.concat([Buffer.from('text,label\n'), ...Array.from({ length: 80_000 }, () => line)]);
    const latin1 = Buffer.concat([good, Buffer.from('gr\xfcn,b\n', 'latin1'), line]);
    const error = await refusal('latin1.csv', latin1);
    expect(words(error)).toContain(`latin1.csv:80002: not UTF-8: the byte 0xfc at offset ${good.length + 2}`);
    expect(words(await refusal('cut.csv', Buffer.from('text,label\na,é').subarray(0, -1)))).toContain(
      'cut.csv:2: not UTF-8',
    );
  });

  it.each([
    ['utf16.csv', Buffer.from('\ufefftext,label\n', 'utf16le'), 'is UTF-16'],
    ['utf16be.csv', Buffer.from('\ufefftext,label\n', 'utf16le').swap16(), 'is UTF-16'],
    ['bare16.csv', Buffer.from('text,label\n', 'utf16le'), 'looks like UTF-16'],
    ['book.csv', Buffer.from('PK\x03\x04…'), 'Excel workbook'],
  ])('names what %s is instead', async (name, content, expected) => {
    expect(words(await refusal(name, content))).toContain(expected);
  });

  it('names a missing file with its neighbour, an unknown ending, a folder and one column for both', async () => {
    await write('tickets.csv', 'text,label\na,b\n');
    const missing: unknown = await readDataset(join(folder, 'ticket.csv')).catch((error: unknown) => error);
    expect(missing).toMatchObject({ code: 'not_found', hint: 'There is a tickets.csv in the same folder.' });
    await expect(readDataset('data.xlsx')).rejects.toThrow('data.xlsx ends with ".xlsx"');
    await expect(readDataset(folder, { format: 'csv' })).rejects.toThrow('is a folder');
    expect(words(await refusal('one.csv', 'text\na\n', { tasks: [{ column: 'text' }] }))).toContain('both name "text"');
  });

  it('never crashes on bytes that are anything at all', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 200 }),
        fc.constantFrom('csv', 'tsv', 'jsonl', 'json'),
        async (bytes, ending) => {
          const result: unknown = await read(`any.${ending}`, Buffer.from(bytes)).catch((error: unknown) => error);
          if (result instanceof Error) expect(result).toMatchObject({ name: 'TaxonError', code: 'invalid_input' });
        },
      ),
      { numRuns: 300 },
    );
  });

  it('stops when asked', async () => {
    const path = await write('stop.csv', `text,label\n${'some words,b\n'.repeat(300_000)}`);
    const abort = new AbortController();
    const reading = readDataset(path, { signal: abort.signal });
    setImmediate(() => abort.abort());
    await expect(reading).rejects.toMatchObject({ code: 'cancelled' });
    await expect(readDataset(path, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'cancelled' });
  });
});
