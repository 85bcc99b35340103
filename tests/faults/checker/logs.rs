//! No log holds a character that a terminal obeys, or a secret.

use crate::evidence::Evidence;

pub fn clean(evidence: &Evidence) -> Vec<String> {
    let mut wrong = Vec::new();
    for line in evidence.log.split(|byte| *byte == b'\n') {
        let text = String::from_utf8_lossy(line);
        if text.chars().any(char::is_control) || text.contains(char::REPLACEMENT_CHARACTER) {
            wrong.push(format!("a log line holds a control character: {}", text.escape_debug()));
        }
        wrong.extend(
            evidence.secrets.iter().filter(|secret| text.contains(&***secret)).map(|_| {
                format!("a log line holds a secret: {}…", text.chars().take(120).collect::<String>())
            }),
        );
    }
    wrong
}
