import { randomUUID } from 'node:crypto';
import type { EventBus, Handler } from '@taxon/events';
import { invalidInput, TaxonError } from '@taxon/errors';
import { askedFor, passedOn, resultEventId } from './unit-ids.ts';
import { fromBytes, parseChecked, toBytes } from './unit-bytes.ts';
import type { DoWork, Worker, WorkKind } from './work-kind.ts';

/** A kind and who does it. */
export const workerOf = <Payload, Result>(kind: WorkKind<Payload, Result>, run: DoWork<Payload, Result>): Worker => ({
  name: kind.name,
  run: (payload, options) => run(parseChecked(payload, kind.payload, `payload of ${kind.name}`), options),
});

/** What would fail again is told at once; what may have been an accident is tried so often before it is told. */
const tries = 3;
const permanent: readonly string[] = ['invalid_input', 'failed_precondition', 'permission_denied'];
/** What is not here may be elsewhere, e.g. a model: so often a unit is passed on before that is told. */
const passes = 8;

export interface WorkHandlerOptions {
  bus: EventBus;
  /** Kinds that are done here. A process takes units of these kinds only. */
  workers: readonly Worker[];
  /** Of the events of this process. */
  source: string;
}

/**
 * Does units of work as they come. A unit is acknowledged once its result is on the bus: a process that dies in the middle leaves it to
 * another. Subscribe it in the group `workGroup(kind)`.
 */
export const workHandler =
  ({ bus, workers, source }: WorkHandlerOptions): Handler<'taxon.work.requested'> =>
  async ({ id, data: asked }, { attempt, signal }) => {
    const { runId, units, kind, payload } = asked;
    const unit = askedFor(asked.unit);
    const worker = workers.find(({ name }) => name === kind);
    if (worker === undefined) return;
    const done = async (outcome: { result: Buffer; error: string }): Promise<void> => {
      const event = {
        ...{ id: resultEventId(runId, unit, outcome.error === '' ? 'done' : randomUUID()), source },
        ...{ type: 'taxon.work.done' as const, subject: runId, time: new Date() },
        data: { runId, unit, units, ...outcome },
      };
      await bus.publish([event], { signal });
    };
    const passOn = async (name: string): Promise<void> => {
      const event = { type: 'taxon.work.requested' as const, subject: `${runId}/${name}`, time: new Date(), source };
      // Of the event that is passed on: delivered twice, it is still passed on once.
      await bus.publish([{ ...event, id: `${id}/${name}`, data: { ...asked, unit: name } }], { signal });
    };
    try {
      const result = await worker.run(fromBytes(payload, `payload of ${kind}`), { signal });
      await done({ result: toBytes(result), error: '' });
    } catch (thrown) {
      signal.throwIfAborted();
      const error = TaxonError.from(thrown);
      if (error.code === 'not_found') {
        const { name, before } = passedOn(asked.unit);
        if (before < passes) return passOn(name);
      } else if (!permanent.includes(error.code) && attempt < tries) throw error;
      const where = error.code === 'not_found' ? `, wherever it was asked for (${passes + 1} times)` : '';
      await done({ result: Buffer.alloc(0), error: `${error.message}${where}` });
    }
  };

/** The consumers of one kind share its units, wherever they run. */
export const workGroup = (kind: string): string => {
  if (!/^[a-z][a-z-]*$/u.test(kind)) throw invalidInput(`kind of work: ${JSON.stringify(kind)} is no name`);
  return `taxon-work-${kind}`;
};
