//! What may be said after `--journal`.

use std::path::PathBuf;
use std::str::FromStr;

/// Where a journal lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// `sqlite:PATH`, or a bare path.
    Sqlite(PathBuf),
    /// `memory:`, gone with the process. For tests and demonstrations.
    Memory,
}

/// Not a place where this version can keep a journal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLocation {
    #[error("--journal needs a place: sqlite:PATH, a bare path, or memory:")]
    Empty,
    #[error("PostgreSQL is not in this version; use sqlite:PATH")]
    Postgres,
    #[error(
        "“{0}:” is not a kind of journal; use sqlite:PATH or memory: (for a file of that name write ./{0}:…)"
    )]
    UnknownScheme(String),
    #[error("memory: takes nothing after it")]
    MemoryWithPath,
}

impl FromStr for Location {
    type Err = InvalidLocation;

    fn from_str(raw: &str) -> Result<Self, InvalidLocation> {
        let Some((scheme, rest)) = scheme(raw) else {
            return if raw.is_empty() {
                Err(InvalidLocation::Empty)
            } else {
                Ok(Location::Sqlite(raw.into()))
            };
        };
        match scheme.to_ascii_lowercase().as_str() {
            "sqlite" => match rest.strip_prefix("//").unwrap_or(rest) {
                "" => Err(InvalidLocation::Empty),
                ":memory:" => Ok(Location::Memory),
                path => Ok(Location::Sqlite(path.into())),
            },
            "memory" if rest.is_empty() => Ok(Location::Memory),
            "memory" => Err(InvalidLocation::MemoryWithPath),
            "postgres" | "postgresql" => Err(InvalidLocation::Postgres),
            _ => Err(InvalidLocation::UnknownScheme(scheme.to_owned())),
        }
    }
}

/// Splits `scheme:rest`. A colon after a slash or a dot, or after nothing, belongs to a path.
fn scheme(raw: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = raw.split_once(':')?;
    let letters = scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'+');
    (letters && !scheme.is_empty()).then_some((scheme, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_come_with_or_without_a_scheme() {
        let cases = [
            ("sqlite:room.db", "room.db"),
            ("SQLite:/var/lib/warroom/room.db", "/var/lib/warroom/room.db"),
            ("sqlite:///var/lib/room.db", "/var/lib/room.db"),
            ("room.db", "room.db"),
            ("/var/a:b.db", "/var/a:b.db"),
            ("./odd:name", "./odd:name"),
        ];
        for (raw, path) in cases {
            assert_eq!(raw.parse(), Ok(Location::Sqlite(path.into())), "{raw}");
        }
        assert_eq!("memory:".parse(), Ok(Location::Memory));
    }

    #[test]
    fn what_this_version_cannot_do_is_refused_in_a_sentence() {
        let cases = [
            ("", "--journal needs a place: sqlite:PATH, a bare path, or memory:"),
            ("sqlite:", "--journal needs a place: sqlite:PATH, a bare path, or memory:"),
            ("postgres://db/warroom", "PostgreSQL is not in this version; use sqlite:PATH"),
            (
                "sqllite:room.db",
                "“sqllite:” is not a kind of journal; use sqlite:PATH or memory: (for a file of that name write ./sqllite:…)",
            ),
            ("memory:x", "memory: takes nothing after it"),
        ];
        for (raw, sentence) in cases {
            assert_eq!(raw.parse::<Location>().unwrap_err().to_string(), sentence, "{raw}");
        }
    }
}
