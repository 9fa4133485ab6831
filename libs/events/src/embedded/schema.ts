export const schema = `
CREATE TABLE IF NOT EXISTS partitions (id INTEGER PRIMARY KEY, topic TEXT NOT NULL, number INTEGER NOT NULL, UNIQUE (topic, number));
-- An event's id is its offset: one row of numbers for all partitions, so that the file grows at its end alone.
CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY, partition INTEGER NOT NULL, timestamp INTEGER NOT NULL, key TEXT NOT NULL,
  headers TEXT NOT NULL, value BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS events_of_partition ON events (partition, id, timestamp);
-- The next id; kept here, because events that are deleted must not give theirs to others.
CREATE TABLE IF NOT EXISTS counter (one INTEGER PRIMARY KEY CHECK (one = 1), next INTEGER NOT NULL);
INSERT INTO counter (one, next) SELECT 1, 1 WHERE NOT EXISTS (SELECT 1 FROM counter);
-- A member that lives counts its beats.
CREATE TABLE IF NOT EXISTS members (grp TEXT NOT NULL, topic TEXT NOT NULL, member TEXT NOT NULL, beat INTEGER NOT NULL,
  PRIMARY KEY (grp, topic, member)) WITHOUT ROWID;
-- How far a group is in a partition, and who handles it. The epoch grows with every owner: what an earlier one writes has no effect.
-- 'attempt' deliveries of the event 'attempting' were begun.
CREATE TABLE IF NOT EXISTS leases (grp TEXT NOT NULL, partition INTEGER NOT NULL, acked INTEGER NOT NULL, owner TEXT,
  epoch INTEGER NOT NULL DEFAULT 0, attempting INTEGER NOT NULL DEFAULT 0, attempt INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (grp, partition)) WITHOUT ROWID;`;
