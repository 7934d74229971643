-- What this installation is: one city, one working coordinate system; and what was imported into it.

CREATE EXTENSION IF NOT EXISTS postgis;
CREATE EXTENSION IF NOT EXISTS btree_gist;

CREATE TABLE installation (
    one                boolean PRIMARY KEY DEFAULT true CHECK (one),
    epoch              uuid NOT NULL DEFAULT gen_random_uuid(),
    working_srid       integer NOT NULL,
    working_definition text NOT NULL,
    created_at         timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE installation IS 'One row: what cannot change in the life of this database.';
COMMENT ON COLUMN installation.one IS 'Keeps the table at one row.';
COMMENT ON COLUMN installation.epoch IS 'New for every database and every restore: a reader that sees another value starts from nothing.';
COMMENT ON COLUMN installation.working_srid IS 'SRID of every geometry column: the projected system, in metres, in which the plans of the city are drawn.';
COMMENT ON COLUMN installation.working_definition IS 'The same as given: an EPSG code, WKT or PROJ text.';
COMMENT ON COLUMN installation.created_at IS 'When the database was made.';

INSERT INTO installation (working_srid, working_definition)
VALUES (current_setting('yutu.srid')::integer, current_setting('yutu.definition'));

CREATE TABLE dataset (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    city           text NOT NULL,
    source         text NOT NULL,
    profile        text NOT NULL,
    profile_sha256 text NOT NULL,
    layer          text NOT NULL,
    files          jsonb NOT NULL,
    files_sha256   text NOT NULL,
    valid_from     date,
    delivery       text NOT NULL CHECK (delivery IN ('full', 'delta')),
    counts         jsonb NOT NULL,
    imported_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX dataset_by_source ON dataset (source, id);
COMMENT ON TABLE dataset IS 'A dataset version: one import of one profile''s files.';
COMMENT ON COLUMN dataset.id IS 'Rises with every import; rows of the layers point here.';
COMMENT ON COLUMN dataset.city IS 'The city pack in force.';
COMMENT ON COLUMN dataset.source IS 'The stream of editions the files belong to.';
COMMENT ON COLUMN dataset.profile IS 'The profile that read them.';
COMMENT ON COLUMN dataset.profile_sha256 IS 'Its text, hashed: the same files under a changed profile are read again.';
COMMENT ON COLUMN dataset.layer IS 'The layer that was fed.';
COMMENT ON COLUMN dataset.files IS 'Array of {path, sha256, bytes}; paths are relative to the source folder.';
COMMENT ON COLUMN dataset.files_sha256 IS 'All the file hashes in order, hashed.';
COMMENT ON COLUMN dataset.valid_from IS 'From when the edition holds; null when it is not dated.';
COMMENT ON COLUMN dataset.delivery IS 'full: what is missing has ended; delta: only what changed.';
COMMENT ON COLUMN dataset.counts IS 'read, loaded, repaired, unchanged, merged, rejected, and what the store did: inserted, updated, ended.';
COMMENT ON COLUMN dataset.imported_at IS 'When.';
