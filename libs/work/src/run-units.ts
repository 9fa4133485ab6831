import { decodeEvent, type EventBus, type StoredEvent } from '@taxon/events';
import type { WorkDone } from '@taxon/contracts';
import { TaxonError } from '@taxon/errors';
import { fromBytes, parseChecked, toBytes } from './unit-bytes.ts';
import { requestEventId } from './unit-ids.ts';
import type { WorkKind } from './work-kind.ts';

export interface Unit<Payload> {
  /** Unique within the run, the same in every life of it. */
  name: string;
  payload: Payload;
}

export interface RunUnitsOptions<Payload, Result> {
  bus: EventBus;
  kind: WorkKind<Payload, Result>;
  /** Names the run: who asks again under the same name gets what was done meanwhile. */
  runId: string;
  /** Of the run's first life; nothing of it is older. */
  startedAt: Date;
  /** Asked for in this order. */
  units: AsyncIterable<Unit<Payload>> | Iterable<Unit<Payload>>;
  /** 0 where it is not known. */
  total?: number;
  /** Units under way at once. @default 64 */
  window?: number;
  /** Who asks: the events' source. */
  source: string;
  /** Whether the unit's result was kept in an earlier life. */
  isKept?: (unit: string) => boolean;
  /** Called once a unit, in the order in which they are done; keeps the result before it resolves. */
  onResult: (unit: string, result: Result) => Promise<void> | void;
  signal: AbortSignal;
}

const topic = 'taxon.work.done.v1';
/** Clocks of brokers and ours may differ by so much. */
const clockSkew = 60_000;

/** Wakes whoever waits for a change. */
const createGate = () => {
  let open: () => void = () => undefined;
  let changed = new Promise<void>((resolve) => (open = resolve));
  return {
    wait: (): Promise<void> => changed,
    notify: (): void => {
      open();
      changed = new Promise((resolve) => (open = resolve));
    },
  };
};

/**
 * Has a run's units done by whoever takes them from the bus, and joins the results: every unit counts once, however often it is
 * asked for, done, and told. After a crash, the same call goes on: what was told meanwhile is taken, the rest is asked for again, and
 * so is what failed.
 * @throws TaxonError of the first unit that failed for good (`failed_precondition`, with its reason); `cancelled`
 */
export const runUnits = async <Payload, Result>(options: RunUnitsOptions<Payload, Result>): Promise<void> => {
  const { bus, kind, runId, startedAt, window = 64, source, isKept = () => false, onResult } = options;
  const finished = new AbortController();
  const signal = AbortSignal.any([options.signal, finished.signal]);
  const under = new Set<string>();
  const done = new Set<string>();
  const gate = createGate();
  let failure: unknown;
  const from = new Date(startedAt.getTime() - clockSkew);

  // What went wrong in an earlier life may go well by now: such units are asked for again.
  const past = new Set<string>();
  const take = async (stored: StoredEvent, earlier: boolean): Promise<void> => {
    if (stored.key !== runId) return;
    const event = decodeEvent(stored);
    if (event.type !== 'taxon.work.done' || past.has(event.id)) return;
    const { unit, result, error } = event.data as WorkDone;
    if (done.has(unit) || isKept(unit)) return;
    if (error !== '' && earlier) return void past.add(event.id);
    if (error !== '')
      throw new TaxonError({ code: 'failed_precondition', message: `${kind.name} ${runId}, unit ${unit}: ${error}` });
    const what = `result of ${kind.name}, unit ${unit}`;
    await onResult(unit, parseChecked(fromBytes(result, what), kind.result, what));
    done.add(unit);
    under.delete(unit);
    gate.notify();
  };
  const join = async (): Promise<void> => {
    for await (const stored of bus.read({ topic, from, follow: true, signal })) await take(stored, false);
  };
  const waitUntil = async (ready: () => boolean): Promise<void> => {
    while (!ready()) {
      await gate.wait();
      signal.throwIfAborted();
    }
  };
  const ask = async (): Promise<void> => {
    for await (const { name, payload } of options.units) {
      if (done.has(name) || isKept(name)) continue;
      await waitUntil(() => under.size < window);
      under.add(name);
      const time = new Date();
      const data = { runId, unit: name, units: options.total ?? 0, kind: kind.name, payload: toBytes(payload) };
      const event = { type: 'taxon.work.requested' as const, subject: `${runId}/${name}`, time, source };
      await bus.publish([{ ...event, id: requestEventId(runId, name, time.getTime()), data }], { signal });
    }
    await waitUntil(() => under.size === 0);
  };

  signal.addEventListener('abort', gate.notify);
  try {
    // What an earlier life asked for and was answered meanwhile.
    for await (const stored of bus.read({ topic, from, signal })) await take(stored, true);
    const joined = join().catch((error: unknown) => {
      if (finished.signal.aborted) return;
      failure = error;
      finished.abort();
    });
    try {
      await ask();
    } finally {
      finished.abort();
      await joined;
    }
  } catch (error) {
    options.signal.throwIfAborted();
    throw failure ?? error;
  }
};
