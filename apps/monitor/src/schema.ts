import { join } from 'node:path';
import { mkdir } from 'node:fs/promises';
import { openDatabase, type Database } from '@taxon/events/database';

// Every event has one effect: rows are keyed by what caused them, and what follows from an event stands in the outbox in the same
// transaction. What was not published before a crash is published after it, under the same id.
const schema = `
CREATE TABLE IF NOT EXISTS predictions (
  id TEXT NOT NULL, model TEXT NOT NULL, version INTEGER NOT NULL, shadow INTEGER NOT NULL, at INTEGER NOT NULL, rate REAL NOT NULL,
  answers TEXT NOT NULL, embedding TEXT, PRIMARY KEY (id, version)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS predictions_by_version ON predictions (model, version, shadow, at);
CREATE TABLE IF NOT EXISTS feedback (
  id TEXT PRIMARY KEY, model TEXT NOT NULL, version INTEGER NOT NULL, prediction_id TEXT NOT NULL, at INTEGER NOT NULL,
  sender TEXT NOT NULL, verdict TEXT NOT NULL, correct INTEGER) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS feedback_by_version ON feedback (model, version, at);
CREATE INDEX IF NOT EXISTS feedback_by_prediction ON feedback (prediction_id, sender);
CREATE INDEX IF NOT EXISTS feedback_unjudged ON feedback (model) WHERE correct IS NULL AND prediction_id <> '';
CREATE TABLE IF NOT EXISTS rows (
  model TEXT NOT NULL, key TEXT NOT NULL, text TEXT NOT NULL, pair TEXT, labels TEXT NOT NULL, at INTEGER NOT NULL,
  held_out INTEGER NOT NULL, used_by TEXT, learnt INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (model, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS requests (
  id TEXT PRIMARY KEY, model TEXT NOT NULL, at INTEGER NOT NULL, reason TEXT NOT NULL, state TEXT NOT NULL, version INTEGER,
  problem TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS decisions (
  id TEXT PRIMARY KEY, model TEXT NOT NULL, version INTEGER NOT NULL, serving INTEGER NOT NULL, verdict TEXT NOT NULL,
  reason TEXT NOT NULL, comparisons TEXT NOT NULL, held_out INTEGER NOT NULL, at INTEGER NOT NULL, applied INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS versions (
  model TEXT NOT NULL, version INTEGER NOT NULL, reference TEXT, seen INTEGER NOT NULL DEFAULT 0, measured INTEGER NOT NULL DEFAULT 0,
  drift TEXT, PRIMARY KEY (model, version)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS outbox (number INTEGER PRIMARY KEY AUTOINCREMENT, type TEXT NOT NULL, id TEXT NOT NULL, data TEXT NOT NULL);`;

/** @param folder `monitor.sqlite` is made in it */
export const openMonitorDatabase = async (folder: string): Promise<Database> => {
  await mkdir(folder, { recursive: true });
  return openDatabase(join(folder, 'monitor.sqlite'), { durability: 'full', schema });
};
