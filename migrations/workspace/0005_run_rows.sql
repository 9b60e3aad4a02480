-- What a table of runs needs of each run, made from its document and never the only place of anything: a row that is not
-- there, or of another format, is made again. A run's document is mostly curves and reports, which no table shows.

CREATE TABLE run_row_shapes (
  id INTEGER PRIMARY KEY,
  -- Names and definitions of the metrics: the same for most runs.
  metrics TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE run_rows (
  id TEXT PRIMARY KEY NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  -- Of what `runRow` says a run is; rows of another are stale.
  format TEXT NOT NULL,
  shape INTEGER NOT NULL REFERENCES run_row_shapes (id),
  -- The metrics' numbers: 64-bit floats of this machine's order.
  numbers BLOB NOT NULL,
  document TEXT NOT NULL CHECK (json_valid(document))
) STRICT;

CREATE TRIGGER run_rows_are_of_their_document AFTER UPDATE OF document ON runs
BEGIN
  DELETE FROM run_rows WHERE id = old.id;
END;

-- The flag lies behind the documents, which would have to be read to reach it.
CREATE INDEX runs_missing ON runs (id) WHERE missing = 1;
CREATE INDEX runs_by_state_and_id ON runs (state, id, missing);
DROP INDEX runs_by_state;
