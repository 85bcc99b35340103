//! What a reader of documents has to say about them, so that one mistake does not hide the rest.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::text::Line;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// The figures are computed; something beside them is not as the author may think.
    Warning,
    /// The figures of this object cannot be computed.
    Error,
}

/// One thing to know about one place in one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    pub level: Level,
    /// The file's name as it was handed in.
    pub file: Line,
    /// Counted from 1; absent where the format does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// Where in the object: `spec.objectives[0].target`. Empty for the file as a whole.
    pub path: Line,
    /// What is the matter and what to do.
    pub message: Line,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Level::Warning => "warning",
            Level::Error => "error",
        })
    }
}

impl fmt::Display for Finding {
    /// `slos/checkout.yaml:12: error: spec.objectives[0].target: …`, which editors can jump to.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.file)?;
        if let Some(line) = self.line {
            write!(f, "{line}:")?;
        }
        write!(f, " {}: ", self.level)?;
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        write!(f, "{}", self.message)
    }
}
