import { invalidInput } from '@taxon/errors';
import { methodKind } from '../open-methods.ts';
import type { AugmentOptions } from '../options.ts';
import type { Quota } from '../policy.ts';
import { labelsKey, type DatasetProfile } from '../profile.ts';
import type { Row } from '../row.ts';
import type { Slice } from './slice.ts';

/** What a slice holds at most. Together with the options it fits into an event of 1,000,000 bytes, and what is made of it into another. */
const most = {
  rows: 4096,
  /** As JSON, bytes. */
  bytes: 700_000,
  /** Of texts that are asked for, guessed. */
  madeBytes: 700_000,
};

/** A text that is made, as JSON, is taken to be twice as long as its parent and so many bytes: amply, since nobody knows. */
const perText = 100;

/** Rows in their order, what each is asked for, and the slice that they are for others. */
export interface CutSlice {
  rows: { row: Row; wanted: number }[];
  slice: Slice;
}

export interface CutOptions {
  quota: Quota;
  profile: Pick<DatasetProfile, 'pool' | 'chosen'>;
  methods: AugmentOptions['methods'];
  /** Rows of a slice at most. @default 4096 */
  mostRows?: number;
}

const jsonBytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

/**
 * Which texts of other rows go with a slice.
 * @throws TaxonError `invalid_input` where a method asks for more than an event can carry
 */
const poolOf = (methods: AugmentOptions['methods'], pool: DatasetProfile['pool']) => {
  const asked = methods.map(({ name }) => ({ name, pool: methodKind(name).pool }));
  const greedy = asked.find((one) => one.pool === 'all');
  const whole = greedy === undefined ? [] : [...pool].map(([key, texts]): [string, string[]] => [key, [...texts]]);
  const bytes = greedy === undefined ? 0 : jsonBytes(whole);
  if (greedy !== undefined && bytes > most.bytes / 2)
    throw invalidInput(
      `the method ${greedy.name} needs ${bytes} bytes of texts of all classes beside every slice; an event has room for ${most.bytes / 2}`,
      'Run it without --via.',
    );
  return { whole, bytes, byRow: greedy === undefined && asked.some((one) => one.pool === 'own') };
};

/**
 * Cuts a dataset's rows into slices, the same ones whenever the same rows are gone through with the same options. What is made of a slice
 * needs nothing but the slice.
 * @throws TaxonError `invalid_input` for a row that is too large to be sent
 */
export async function* cutSlices(
  rows: AsyncIterable<Row>,
  { quota, profile, methods, mostRows = most.rows }: CutOptions,
): AsyncGenerator<CutSlice> {
  const pool = poolOf(methods, profile.pool);
  const begin = (): CutSlice => ({ rows: [], slice: { rows: [], others: [], pool: [...pool.whole] } });
  let cut = begin();
  let [bytes, madeBytes] = [pool.bytes, 0];
  let met = new Set<string>();
  let given = 0;

  /** Texts of rows like this one, where they are asked for and not there yet. */
  const poolFor = ({ labels }: Row, wanted: number): [string, string[]][] => {
    const key = labelsKey(labels);
    const texts = pool.byRow && wanted > 0 && !met.has(key) ? profile.pool.get(key) : undefined;
    return texts === undefined ? [] : [[key, [...texts]]];
  };
  for await (const row of rows) {
    const { id, text, pair, labels, origin } = row;
    const chosen = profile.chosen?.rows.has(given) ?? true;
    const wanted = origin === undefined ? quota(row, chosen) : 0;
    if (origin === undefined) given++;
    const item = { id, text, pair, labels: labels.map((known) => (known === undefined ? null : [...known])), wanted };
    let others = poolFor(row, wanted);
    const own = jsonBytes(wanted > 0 ? item : text) + 1;
    const made = wanted * (2 * jsonBytes(text) + perText);
    if (
      cut.rows.length > 0 &&
      (cut.rows.length >= mostRows || bytes + own + jsonBytes(others) > most.bytes || madeBytes + made > most.madeBytes)
    ) {
      yield cut;
      cut = begin();
      [bytes, madeBytes, met] = [pool.bytes, 0, new Set()];
      others = poolFor(row, wanted);
    }
    bytes += own + jsonBytes(others);
    if (bytes > most.bytes)
      throw invalidInput(
        `row ${id} has ${bytes} bytes with what methods need beside it; an event has room for ${most.bytes}`,
        'Shorten the text, or run it without --via.',
      );
    madeBytes += made;
    for (const one of others) {
      met.add(one[0]);
      cut.slice.pool.push(one);
    }
    cut.rows.push({ row, wanted });
    if (wanted > 0) cut.slice.rows.push(item);
    else cut.slice.others.push(text);
  }
  if (cut.rows.length > 0) yield cut;
}
