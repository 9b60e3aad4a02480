-- Tables as somebody left them, under a name: a search, its order and columns. As in 0001: contract documents.

CREATE TABLE views (
  id TEXT PRIMARY KEY NOT NULL,
  document TEXT NOT NULL CHECK (json_valid(document) AND document ->> '$.id' = id),
  screen TEXT NOT NULL GENERATED ALWAYS AS (document ->> '$.screen') STORED,
  name TEXT NOT NULL GENERATED ALWAYS AS (document ->> '$.name') STORED
) STRICT;
CREATE UNIQUE INDEX views_by_name ON views (screen, name);
