import type { Comparison, Reason } from '@taxon/contracts';
import type { Database } from '@taxon/events/database';
import type { Drift, Reference } from '@taxon/monitoring';
import { readReference } from '@taxon/monitoring';

export type RequestState = 'open' | 'comparing' | 'decided' | 'failed';

export interface RequestRecord {
  id: string;
  model: string;
  at: Date;
  reason: Reason;
  state: RequestState;
  version: number | undefined;
  problem: string | undefined;
}

export type DecisionVerdict = 'promote' | 'shadow' | 'refuse' | 'roll back';

/** What was decided; applied once the registry says so, too. */
export interface DecisionRecord {
  /** Derived from its cause. */
  id: string;
  model: string;
  version: number;
  /** What served when it was decided. */
  serving: number;
  verdict: DecisionVerdict;
  reason: string;
  comparisons: Comparison[];
  /** Held-out rows there were. */
  heldOut: number;
  at: Date;
  /** `void`: another version served by then. */
  applied: boolean | 'void';
  /** A person said so; the request that made the version is not compared again. */
  byHand?: boolean;
}

export interface ServedVersion {
  reference: Reference | undefined;
  /** Predictions when drift was measured last. */
  measured: number;
  drift: Drift | undefined;
}

/** What the monitor did and decided. Writers are called within `database.write`. */
export interface Records {
  putRequest(record: RequestRecord): void;
  request(id: string): RequestRecord | undefined;
  newestRequest(model: string): RequestRecord | undefined;
  requestsIn(state: RequestState): RequestRecord[];
  putDecision(record: DecisionRecord): void;
  decision(id: string): DecisionRecord | undefined;
  /** @param version the newest about this one */
  newestDecision(model: string, version?: number): DecisionRecord | undefined;
  /** How many were made about a version, those that were void included. */
  decisionsOf(model: string, version: number): number;
  unapplied(): DecisionRecord[];
  version(model: string, version: number): ServedVersion;
  setReference(model: string, version: number, reference: Reference): void;
  setDrift(model: string, version: number, drift: Drift, measured: number): void;
  /** All rows that the serving version has not learnt belong to the request. @returns them */
  takeRows(model: string, requestId: string): { text: string; pair: string | null; labels: string }[];
  /** A request came to nothing: the next one takes its rows. */
  giveRowsBack(requestId: string): void;
  setLearnt(requestId: string, learnt: boolean): void;
  /** Rows of a request that was never made, as its process died before. */
  freeRows(): void;
  /** Forgets what is old and decides nothing any more. */
  prune(before: Date): void;
}

interface RequestRow {
  id: string;
  model: string;
  at: number;
  reason: string;
  state: RequestState;
  version: number | null;
  problem: string | null;
}
interface DecisionRow extends Omit<DecisionRecord, 'comparisons' | 'at' | 'applied' | 'heldOut'> {
  comparisons: string;
  held_out: number;
  at: number;
  applied: number;
}

const toRequest = (row: RequestRow): RequestRecord => ({
  ...row,
  at: new Date(row.at),
  reason: JSON.parse(row.reason) as Reason,
  version: row.version ?? undefined,
  problem: row.problem ?? undefined,
});
const toDecision = ({ held_out, ...row }: DecisionRow): DecisionRecord => ({
  ...row,
  heldOut: held_out,
  comparisons: JSON.parse(row.comparisons) as Comparison[],
  at: new Date(row.at),
  applied: row.applied === 2 ? 'void' : row.applied === 1,
});

const one = <Row, Value>(row: Row | undefined, convert: (row: Row) => Value): Value | undefined =>
  row === undefined ? undefined : convert(row);

export const createRecords = (database: Database): Records => {
  const sql = {
    putRequest: database.prepare('INSERT OR REPLACE INTO requests VALUES (?, ?, ?, ?, ?, ?, ?)'),
    request: database.prepare('SELECT * FROM requests WHERE id = ?'),
    newestRequest: database.prepare('SELECT * FROM requests WHERE model = ? ORDER BY at > ?, at DESC LIMIT 1'),
    requestsIn: database.prepare('SELECT * FROM requests WHERE state = ? ORDER BY at'),
    putDecision: database.prepare('INSERT OR REPLACE INTO decisions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)'),
    decision: database.prepare('SELECT * FROM decisions WHERE id = ?'),
    newestDecision: database.prepare(
      'SELECT * FROM decisions WHERE model = ? AND applied <> 2 ORDER BY at > ?, at DESC LIMIT 1',
    ),
    newestAbout: database.prepare(
      'SELECT * FROM decisions WHERE model = ? AND version = ? AND applied <> 2 ORDER BY at > ?, at DESC LIMIT 1',
    ),
    about: database.prepare('SELECT count(*) AS n FROM decisions WHERE model = ? AND version = ?'),
    unapplied: database.prepare('SELECT * FROM decisions WHERE applied = 0 ORDER BY at'),
    version: database.prepare('SELECT * FROM versions WHERE model = ? AND version = ?'),
    known: database.prepare('INSERT OR IGNORE INTO versions (model, version) VALUES (?, ?)'),
    reference: database.prepare('UPDATE versions SET reference = ? WHERE model = ? AND version = ?'),
    drift: database.prepare('UPDATE versions SET drift = ?, measured = ? WHERE model = ? AND version = ?'),
    takeRows: database.prepare('UPDATE rows SET used_by = ? WHERE model = ? AND held_out = 0 AND learnt = 0'),
    takenRows: database.prepare('SELECT text, pair, labels FROM rows WHERE used_by = ? ORDER BY at, key'),
    giveBack: database.prepare('UPDATE rows SET used_by = NULL WHERE used_by = ?'),
    learnt: database.prepare('UPDATE rows SET learnt = ? WHERE used_by = ?'),
    freeRows: database.prepare(
      'UPDATE rows SET used_by = NULL WHERE used_by IS NOT NULL AND learnt = 0 AND used_by NOT IN (SELECT id FROM requests)',
    ),
    pruneRequests: database.prepare(
      `DELETE FROM requests WHERE at < ? AND state IN ('decided', 'failed') AND id NOT IN (SELECT used_by FROM rows WHERE used_by IS NOT NULL)`,
    ),
    pruneDecisions: database.prepare('DELETE FROM decisions WHERE at < ? AND applied <> 0'),
  };
  return {
    putRequest: ({ id, model, at, reason, state, version, problem }) => {
      sql.putRequest.run(id, model, at.getTime(), JSON.stringify(reason), state, version ?? null, problem ?? null);
    },
    request: (id) => one(sql.request.get(id) as RequestRow | undefined, toRequest),
    newestRequest: (model) => one(sql.newestRequest.get(model, Date.now()) as RequestRow | undefined, toRequest),
    requestsIn: (state) => (sql.requestsIn.all(state) as RequestRow[]).map(toRequest),
    putDecision: ({ id, model, version, serving, verdict, reason, comparisons, heldOut, at, applied }) => {
      const told = JSON.stringify(comparisons);
      sql.putDecision.run(
        id,
        model,
        version,
        serving,
        verdict,
        reason,
        told,
        heldOut,
        at.getTime(),
        applied === 'void' ? 2 : Number(applied),
      );
    },
    decision: (id) => one(sql.decision.get(id) as DecisionRow | undefined, toDecision),
    newestDecision: (model, version) => {
      const row =
        version === undefined
          ? sql.newestDecision.get(model, Date.now())
          : sql.newestAbout.get(model, version, Date.now());
      return one(row as DecisionRow | undefined, toDecision);
    },
    decisionsOf: (model, version) => (sql.about.get(model, version) as { n: number }).n,
    unapplied: () => (sql.unapplied.all() as DecisionRow[]).map(toDecision),
    version: (model, version) => {
      const row = sql.version.get(model, version) as
        | {
            reference: string | null;
            measured: number;
            drift: string | null;
          }
        | undefined;
      const json = (text: string | null | undefined): unknown => (text ? (JSON.parse(text) as unknown) : undefined);
      return {
        reference: row?.reference ? readReference(json(row.reference)) : undefined,
        measured: row?.measured ?? 0,
        drift: json(row?.drift) as Drift | undefined,
      };
    },
    setReference: (model, version, reference) => {
      sql.known.run(model, version);
      sql.reference.run(JSON.stringify(reference), model, version);
    },
    setDrift: (model, version, drift, measured) => {
      sql.known.run(model, version);
      sql.drift.run(JSON.stringify(drift), measured, model, version);
    },
    takeRows: (model, requestId) => {
      sql.takeRows.run(requestId, model);
      return sql.takenRows.all(requestId) as { text: string; pair: string | null; labels: string }[];
    },
    giveRowsBack: (requestId) => void sql.giveBack.run(requestId),
    setLearnt: (requestId, learnt) => void sql.learnt.run(Number(learnt), requestId),
    freeRows: () => void sql.freeRows.run(),
    prune: (before) => {
      sql.pruneRequests.run(before.getTime());
      sql.pruneDecisions.run(before.getTime());
    },
  };
};
