-- The registry: runs whose models somebody keeps under a name. As in 0001: contract documents, and columns made from them.

CREATE TABLE model_versions (
  -- The run's: what is registered is its model.
  id TEXT PRIMARY KEY NOT NULL REFERENCES runs (id),
  document TEXT NOT NULL CHECK (json_valid(document) AND document ->> '$.id' = id),
  model TEXT NOT NULL GENERATED ALWAYS AS (document ->> '$.model') STORED,
  number INTEGER NOT NULL GENERATED ALWAYS AS (document ->> '$.number') STORED
) STRICT;
CREATE UNIQUE INDEX model_versions_by_number ON model_versions (model, number);
