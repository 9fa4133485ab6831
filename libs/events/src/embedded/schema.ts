export const schema = `
CREATE TABLE IF NOT EXISTS partitions (id INTEGER PRIMARY KEY, topic TEXT NOT NULL, number INTEGER NOT NULL, UNIQUE (topic, number));
-- An event's id is its offset: one row of numbers for all partitions, so that the file grows at its end alone. The next is the
-- highest and one, so the newest event is never deleted.
CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY, partition INTEGER NOT NULL, timestamp INTEGER NOT NULL, key TEXT NOT NULL,
  headers TEXT NOT NULL, value BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS events_of_partition ON events (partition, id, timestamp);
-- A member that lives counts its beats.
CREATE TABLE IF NOT EXISTS members (grp TEXT NOT NULL, topic TEXT NOT NULL, member TEXT NOT NULL, beat INTEGER NOT NULL,
  PRIMARY KEY (grp, topic, member)) WITHOUT ROWID;
-- How far a group is in a partition, and who handles it. The epoch grows with every owner: what an earlier one writes has no effect.
-- 'attempt' deliveries of the event 'attempting' were begun, and one of any other up to 'upto' may have been.
CREATE TABLE IF NOT EXISTS leases (grp TEXT NOT NULL, partition INTEGER NOT NULL, acked INTEGER NOT NULL, owner TEXT,
  epoch INTEGER NOT NULL DEFAULT 0, attempting INTEGER NOT NULL DEFAULT 0, attempt INTEGER NOT NULL DEFAULT 0,
  upto INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (grp, partition)) WITHOUT ROWID;`;
