-- Searches for hyperparameters and the trainings they consist of. As in 0001: contract documents, and columns made from them.

CREATE TABLE searches (
  id TEXT PRIMARY KEY NOT NULL,
  document TEXT NOT NULL CHECK (json_valid(document) AND document ->> '$.id' = id),
  created_at TEXT NOT NULL GENERATED ALWAYS AS (document ->> '$.createdAt') STORED,
  split_id TEXT NOT NULL GENERATED ALWAYS AS (document ->> '$.splitId') STORED REFERENCES splits (id)
) STRICT;
CREATE INDEX searches_by_split ON searches (split_id, created_at);

CREATE TABLE search_steps (
  search_id TEXT NOT NULL REFERENCES searches (id) ON DELETE CASCADE,
  step INTEGER NOT NULL,
  document TEXT NOT NULL CHECK (json_valid(document) AND document ->> '$.step' = step),
  PRIMARY KEY (search_id, step)
) STRICT, WITHOUT ROWID;
