import { createHash } from 'node:crypto';
import type { FeedbackGiven, PredictionMade, TaskLabels } from '@taxon/contracts';
import { textKey } from '@taxon/data';
import type { TaxonEvent } from '@taxon/events';
import type { Database } from '@taxon/events/database';
import { judge, openWindow, type ObservedAnswer, type Verdict, type WindowView } from '@taxon/monitoring';

/** A text whose right labels are known. */
export interface LabelledRow {
  text: string;
  pair: string | undefined;
  labels: Record<string, readonly string[]>;
}

export interface ObservationOptions {
  /** Newest predictions of a version that count. */
  window: number;
  /** Share of labelled texts that nobody learns from, 0..1. */
  heldOutShare: number;
}

/** Texts by which of two versions was right. */
export interface PairedVerdicts {
  n: number;
  both: number;
  onlyOne: number;
  onlyOther: number;
}

/** What was answered and what was said of it. */
export interface Observations {
  readonly addPrediction: (event: TaxonEvent<'taxon.prediction.made'>) => Promise<void>;
  readonly addFeedback: (event: TaxonEvent<'taxon.feedback.given'>) => Promise<void>;
  /** @returns how many were new, or have other labels now */
  addRows(model: string, rows: readonly LabelledRow[]): Promise<number>;
  /** Judges what was said of predictions that were not known yet: topics do not wait for each other. */
  judgeLate(model: string): Promise<void>;
  /** Of the newest live predictions. */
  window(model: string, version: number): WindowView;
  /** Live predictions that were ever seen. */
  predictions(model: string, version: number): number;
  judged(model: string, version: number, since?: number): { n: number; right: number };
  /** Texts whose verdict is known and that both versions answered. */
  paired(model: string, one: number, other: number, since: number): PairedVerdicts;
  rows(model: string): { fresh: number; unlearnt: number; heldOut: number };
  heldOut(model: string, limit: number): LabelledRow[];
  /** Forgets what was answered and said before; within `database.write`. */
  prune(before: Date): void;
}

/** A text is always on the same side, so that no version learns from one that another is compared on. */
const isHeldOut = (key: string, share: number): boolean =>
  createHash('sha256').update(key).digest().readUInt32BE() / 2 ** 32 < share;

const verdictOf = ({ verdict }: FeedbackGiven): Verdict | undefined => {
  if (verdict === undefined) return undefined;
  return verdict.$case === 'wrong' ? { wrong: true } : { right: verdict.value.tasks };
};

const labelsOf = (tasks: readonly TaskLabels[]): LabelledRow['labels'] =>
  Object.fromEntries(tasks.map(({ task, labels }) => [task, labels]));

const parseRow = ({ text, pair, labels }: { text: string; pair: string | null; labels: string }): LabelledRow => ({
  ...{ text, pair: pair ?? undefined },
  labels: JSON.parse(labels) as LabelledRow['labels'],
});

export const createObservations = (database: Database, options: ObservationOptions): Observations => {
  const sql = {
    prediction: database.prepare('INSERT OR IGNORE INTO predictions VALUES (?, ?, ?, ?, ?, ?, ?, ?)'),
    trim: database.prepare(
      `DELETE FROM predictions WHERE model = ?1 AND version = ?2 AND shadow = ?3 AND at < (SELECT at FROM predictions
       WHERE model = ?1 AND version = ?2 AND shadow = ?3 ORDER BY at DESC LIMIT 1 OFFSET ?4)`,
    ),
    answers: database.prepare('SELECT answers FROM predictions WHERE id = ? AND version = ?'),
    window: database.prepare(
      'SELECT at, rate, answers, embedding FROM predictions WHERE model = ? AND version = ? AND shadow = 0 ORDER BY at DESC LIMIT ?',
    ),
    see: database.prepare(
      'INSERT INTO versions (model, version, seen) VALUES (?, ?, 1) ON CONFLICT (model, version) DO UPDATE SET seen = seen + 1',
    ),
    seen: database.prepare('SELECT seen FROM versions WHERE model = ? AND version = ?'),
    // Who says something else of the same prediction has changed their mind.
    newer: database.prepare('SELECT 1 FROM feedback WHERE prediction_id = ? AND sender = ? AND at > ?'),
    replace: database.prepare('DELETE FROM feedback WHERE prediction_id = ? AND sender = ? AND at <= ? AND id <> ?'),
    feedback: database.prepare('INSERT OR IGNORE INTO feedback VALUES (?, ?, ?, ?, ?, ?, ?, ?)'),
    unjudged: database.prepare(
      `SELECT f.id, f.verdict, p.answers FROM feedback f JOIN predictions p ON p.id = f.prediction_id AND p.version = f.version
       WHERE f.model = ? AND f.correct IS NULL AND f.prediction_id <> ''`,
    ),
    judge: database.prepare('UPDATE feedback SET correct = ? WHERE id = ?'),
    judged: database.prepare(
      `SELECT count(*) AS n, coalesce(sum(correct), 0) AS right FROM feedback
       WHERE model = ? AND version = ? AND correct IS NOT NULL AND at >= ?`,
    ),
    verdicts: database.prepare(
      `SELECT f.verdict, a.answers AS one, b.answers AS other FROM feedback f
       JOIN predictions a ON a.id = f.prediction_id AND a.version = ?2
       JOIN predictions b ON b.id = f.prediction_id AND b.version = ?3
       WHERE f.model = ?1 AND f.version = ?2 AND f.at >= ?4`,
    ),
    row: database.prepare(
      `INSERT INTO rows (model, key, text, pair, labels, at, held_out) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (model, key)
       DO UPDATE SET labels = excluded.labels, at = excluded.at, used_by = NULL, learnt = 0`,
    ),
    rows: database.prepare(
      `SELECT coalesce(sum(held_out = 0 AND used_by IS NULL), 0) AS fresh, coalesce(sum(held_out = 0 AND learnt = 0), 0) AS unlearnt,
       coalesce(sum(held_out), 0) AS heldOut FROM rows WHERE model = ?`,
    ),
    prunePredictions: database.prepare('DELETE FROM predictions WHERE at < ?'),
    pruneFeedback: database.prepare('DELETE FROM feedback WHERE at < ?'),
    labels: database.prepare('SELECT labels FROM rows WHERE model = ? AND key = ?'),
    heldOut: database.prepare(
      'SELECT text, pair, labels FROM rows WHERE model = ? AND held_out = 1 ORDER BY at DESC LIMIT ?',
    ),
  };
  /** Answers taken since the last trimming, by version and side. */
  const taken = new Map<string, number>();
  const trim = (model: string, version: number, side: number): void => {
    const key = `${model}@${version}/${side}`;
    const count = (taken.get(key) ?? 0) + 1;
    taken.set(key, count % 100);
    if (count === 100) sql.trim.run(model, version, side, 2 * options.window);
  };

  const putRow = (model: string, { text, pair, labels }: LabelledRow): number => {
    const key = textKey({ text, ...(pair !== undefined && { pair }) });
    const known = (sql.labels.get(model, key) as { labels: string } | undefined)?.labels;
    // What is told of one task says nothing of the others.
    const merged = JSON.stringify({ ...(known === undefined ? {} : (JSON.parse(known) as object)), ...labels });
    if (merged === known) return 0;
    const heldOut = Number(isHeldOut(key, options.heldOutShare));
    return sql.row.run(model, key, text, pair ?? null, merged, Date.now(), heldOut).changes;
  };
  const answersTo = (predictionId: string, version: number): ObservedAnswer[] | undefined => {
    const found = sql.answers.get(predictionId, version) as { answers: string } | undefined;
    return found && (JSON.parse(found.answers) as ObservedAnswer[]);
  };

  return {
    addPrediction: ({ data, time }) => {
      const { predictionId, model, version, shadow, samplingRate, answers, embedding }: PredictionMade = data;
      const row = embedding.length > 0 ? JSON.stringify(embedding) : null;
      const [at, side] = [time.getTime(), Number(shadow)];
      return database.write(() => {
        const values = [predictionId, model, version, side, at, samplingRate, JSON.stringify(answers), row] as const;
        if (sql.prediction.run(...values).changes === 0) return;
        if (!shadow) sql.see.run(model, version);
        trim(model, version, side);
      });
    },
    addFeedback: ({ id, data, time }) => {
      const verdict = verdictOf(data);
      if (verdict === undefined) return Promise.resolve();
      const { model, version, predictionId, text, pair } = data;
      return database.write(() => {
        const at = time.getTime();
        if (predictionId !== '') {
          if (sql.newer.get(predictionId, data.from, at) !== undefined) return;
          sql.replace.run(predictionId, data.from, at, id);
        }
        const answers = data.answers.length > 0 ? data.answers : answersTo(predictionId, version);
        const correct = answers && judge(answers, verdict);
        const judged = correct === undefined ? null : Number(correct);
        const { changes } = sql.feedback.run(
          id,
          model,
          version,
          predictionId,
          at,
          data.from,
          JSON.stringify(verdict),
          judged,
        );
        if (changes > 0 && text.trim() !== '' && data.verdict?.$case === 'right')
          putRow(model, { text, pair, labels: labelsOf(data.verdict.value.tasks) });
      });
    },
    addRows: (model, rows) => database.write(() => rows.reduce((sum, row) => sum + putRow(model, row), 0)),
    judgeLate: async (model) => {
      const rows = sql.unjudged.all(model) as { id: string; verdict: string; answers: string }[];
      if (rows.length === 0) return;
      await database.write(() => {
        for (const { id, verdict, answers } of rows) {
          const correct = judge(JSON.parse(answers) as ObservedAnswer[], JSON.parse(verdict) as Verdict);
          if (correct !== undefined) sql.judge.run(Number(correct), id);
        }
      });
    },
    window: (model, version) => {
      const rows = sql.window.all(model, version, options.window) as {
        at: number;
        rate: number;
        answers: string;
        embedding: string | null;
      }[];
      const window = openWindow({ size: options.window });
      for (const { at, rate, answers, embedding } of rows)
        window.add({
          ...{ at: new Date(at), samplingRate: rate, answers: JSON.parse(answers) as ObservedAnswer[] },
          ...(embedding !== null && { embedding: JSON.parse(embedding) as number[] }),
        });
      return window.view();
    },
    predictions: (model, version) => (sql.seen.get(model, version) as { seen: number } | undefined)?.seen ?? 0,
    judged: (model, version, since = 0) => sql.judged.get(model, version, since) as { n: number; right: number },
    paired: (model, one, other, since) => {
      const rows = sql.verdicts.all(model, one, other, since) as { verdict: string; one: string; other: string }[];
      const counts: PairedVerdicts = { n: 0, both: 0, onlyOne: 0, onlyOther: 0 };
      for (const row of rows) {
        const verdict = JSON.parse(row.verdict) as Verdict;
        // That an answer is wrong says nothing of another one's.
        if ('wrong' in verdict) continue;
        const [a, b] = [row.one, row.other].map((answers) => judge(JSON.parse(answers) as ObservedAnswer[], verdict));
        if (a === undefined || b === undefined) continue;
        counts.n++;
        counts.both += Number(a && b);
        counts.onlyOne += Number(a && !b);
        counts.onlyOther += Number(b && !a);
      }
      return counts;
    },
    rows: (model) => sql.rows.get(model) as { fresh: number; unlearnt: number; heldOut: number },
    prune: (before) => {
      sql.prunePredictions.run(before.getTime());
      sql.pruneFeedback.run(before.getTime());
    },
    heldOut: (model, limit) => (sql.heldOut.all(model, limit) as Parameters<typeof parseRow>[0][]).map(parseRow),
  };
};
