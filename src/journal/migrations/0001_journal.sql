-- One row: which journal this is.
CREATE TABLE journal (
    one        INTEGER PRIMARY KEY CHECK (one = 1),
    id         BLOB    NOT NULL CHECK (length(id) = 16),
    created_at INTEGER NOT NULL                          -- ms since 1970
) STRICT;

-- The chain. A redaction sets salt and body to NULL and leaves the rest; see chain.rs.
CREATE TABLE entries (
    seq       INTEGER PRIMARY KEY CHECK (seq > 0),
    id        BLOB    NOT NULL CHECK (length(id) = 16),
    at        INTEGER NOT NULL,                          -- ms since 1970
    incident  INTEGER CHECK (incident > 0),
    salt      BLOB    CHECK (length(salt) = 16),
    body      TEXT,                                      -- the JSON that was hashed and sent
    body_hash BLOB    NOT NULL CHECK (length(body_hash) = 32),
    hash      BLOB    NOT NULL CHECK (length(hash) = 32),
    CHECK ((salt IS NULL) = (body IS NULL))
) STRICT;

-- The seq is the rowid, so each index row ends in it: a timeline is one range of this index.
CREATE INDEX entries_by_incident ON entries (incident) WHERE incident IS NOT NULL;

-- What commands came to, for whoever repeats one.
CREATE TABLE outcomes (
    id      TEXT    PRIMARY KEY,
    content BLOB    NOT NULL CHECK (length(content) = 32),
    result  TEXT    NOT NULL,                            -- JSON
    at      INTEGER NOT NULL                             -- ms since 1970
) STRICT, WITHOUT ROWID;
CREATE INDEX outcomes_by_age ON outcomes (at);

-- At most one row: the room as of an entry, so that a start folds only what came later.
CREATE TABLE snapshot (
    one      INTEGER PRIMARY KEY CHECK (one = 1),
    seq      INTEGER NOT NULL,
    hash     BLOB    NOT NULL,                           -- of entry seq
    made_by  TEXT    NOT NULL,                           -- the version whose folding it is
    room     TEXT    NOT NULL,                           -- JSON
    checksum BLOB    NOT NULL                            -- SHA-256 of room
) STRICT;

-- Each time that an operator accepted that entries are gone.
CREATE TABLE losses (
    number   INTEGER PRIMARY KEY,
    at       INTEGER NOT NULL,                           -- ms since 1970
    kept     INTEGER NOT NULL,                           -- the last entry that was still there
    known    INTEGER,                                    -- the last that was acknowledged, where that is known
    previous BLOB,                                       -- the journal's id until then
    reason   TEXT    NOT NULL
) STRICT;

-- Written and emptied to find out whether there is room on the disk.
CREATE TABLE probe (
    one    INTEGER PRIMARY KEY CHECK (one = 1),
    filler BLOB    NOT NULL
) STRICT;
