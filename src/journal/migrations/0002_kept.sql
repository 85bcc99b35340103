-- What makes a start quick and is nobody's history: by name, whatever its owner put there.
CREATE TABLE kept (
    name     TEXT PRIMARY KEY,
    bytes    BLOB NOT NULL,
    checksum BLOB NOT NULL                               -- SHA-256 of bytes
) STRICT;
