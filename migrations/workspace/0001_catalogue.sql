-- The catalogue of a workspace. Each entity is kept as its contract document (core/contract/entities.ts); the columns the
-- catalogue searches and joins by are generated from that document, so that the two can never disagree.

CREATE TABLE workspace (
  singleton INTEGER PRIMARY KEY CHECK (singleton = 1),
  id TEXT NOT NULL,
  created_at TEXT NOT NULL
) STRICT;

CREATE TABLE sources (
  id TEXT PRIMARY KEY NOT NULL,
  document TEXT NOT NULL CHECK (json_valid(document) AND document ->> '$.id' = id),
  -- 1: its folder was gone when the workspace was last opened.
  missing INTEGER NOT NULL DEFAULT 0 CHECK (missing IN (0, 1)),
  created_at TEXT NOT NULL GENERATED ALWAYS AS (document ->> '$.createdAt') STORED
) STRICT;

CREATE TABLE snapshots (
  id TEXT PRIMARY KEY NOT NULL,
  document TEXT NOT NULL CHECK (json_valid(document) AND document ->> '$.id' = id),
  missing INTEGER NOT NULL DEFAULT 0 CHECK (missing IN (0, 1)),
  created_at TEXT NOT NULL GENERATED ALWAYS AS (document ->> '$.createdAt') STORED
) STRICT;

CREATE TABLE splits (
  id TEXT PRIMARY KEY NOT NULL,
  document TEXT NOT NULL CHECK (json_valid(document) AND document ->> '$.id' = id),
  missing INTEGER NOT NULL DEFAULT 0 CHECK (missing IN (0, 1)),
  created_at TEXT NOT NULL GENERATED ALWAYS AS (document ->> '$.createdAt') STORED,
  snapshot_id TEXT NOT NULL GENERATED ALWAYS AS (document ->> '$.snapshotId') STORED REFERENCES snapshots (id)
) STRICT;
CREATE INDEX splits_by_snapshot ON splits (snapshot_id, created_at);

CREATE TABLE runs (
  id TEXT PRIMARY KEY NOT NULL,
  document TEXT NOT NULL CHECK (json_valid(document) AND document ->> '$.id' = id),
  missing INTEGER NOT NULL DEFAULT 0 CHECK (missing IN (0, 1)),
  created_at TEXT NOT NULL GENERATED ALWAYS AS (document ->> '$.createdAt') STORED,
  split_id TEXT NOT NULL GENERATED ALWAYS AS (document ->> '$.splitId') STORED REFERENCES splits (id),
  refit_of TEXT GENERATED ALWAYS AS (document ->> '$.refitOf') STORED,
  state TEXT NOT NULL GENERATED ALWAYS AS (document ->> '$.state') STORED
    CHECK (state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled', 'interrupted'))
) STRICT;
CREATE INDEX runs_by_split ON runs (split_id, created_at);
CREATE INDEX runs_by_state ON runs (state);

CREATE TABLE targets (
  id TEXT PRIMARY KEY NOT NULL,
  document TEXT NOT NULL CHECK (json_valid(document) AND document ->> '$.id' = id),
  -- Publications keep naming a target that was removed from the list.
  removed_at TEXT,
  name TEXT NOT NULL GENERATED ALWAYS AS (document ->> '$.name') STORED
) STRICT;
CREATE UNIQUE INDEX targets_by_name ON targets (name) WHERE removed_at IS NULL;

CREATE TABLE publications (
  id TEXT PRIMARY KEY NOT NULL,
  document TEXT NOT NULL CHECK (json_valid(document) AND document ->> '$.id' = id),
  created_at TEXT NOT NULL GENERATED ALWAYS AS (document ->> '$.createdAt') STORED,
  target_id TEXT NOT NULL GENERATED ALWAYS AS (document ->> '$.targetId') STORED REFERENCES targets (id),
  run_id TEXT NOT NULL GENERATED ALWAYS AS (document ->> '$.runId') STORED REFERENCES runs (id)
) STRICT;
CREATE INDEX publications_by_target ON publications (target_id, created_at);

CREATE TABLE jobs (
  id TEXT PRIMARY KEY NOT NULL,
  -- Insertion order: times may be equal.
  sequence INTEGER NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  title TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled', 'interrupted')),
  -- The method's parsed input: a resumed job runs the same method with the same input.
  input TEXT NOT NULL CHECK (json_valid(input)),
  -- What the job has decided and must decide the same way when it is resumed (the run's id, …).
  memory TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(memory)),
  created_at TEXT NOT NULL,
  started_at TEXT,
  finished_at TEXT,
  progress TEXT CHECK (progress IS NULL OR json_valid(progress)),
  result TEXT CHECK (result IS NULL OR json_valid(result)),
  error TEXT CHECK (error IS NULL OR json_valid(error))
) STRICT;
CREATE INDEX jobs_by_state ON jobs (state, sequence);
