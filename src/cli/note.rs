//! `warroom note`: words, or what a command said, with where and how it ended.

use std::io::Read as _;
use std::process::Stdio;

use tokio::io::AsyncReadExt as _;

use super::args::Note;
use super::exit::Exit;
use super::output::Output;
use super::session::Session;
use crate::domain::command::Command;
use crate::domain::note::Evidence;
use crate::domain::text::{Line, MAX_TEXT_BYTES, Text};

pub async fn note(session: &Session, output: Output, note: Note) -> Result<(), Exit> {
    let Note { incident, text, run, pin, unpin, correct } = note;
    if let Some(note) = pin {
        return session.run(output, Command::PinNote { incident, note }, "note pinned").await;
    }
    if let Some(note) = unpin {
        return session.run(output, Command::UnpinNote { incident, note }, "note unpinned").await;
    }
    let text = text.unwrap_or_default();
    if let Some(note) = correct {
        let command = Command::CorrectNote { incident, note, text: Text::clean(&text) };
        return session.run(output, command, "note corrected").await;
    }
    let (text, evidence) = match (run, text.as_str()) {
        (Some(command), text) => {
            let evidence = run_command(&command).await?;
            (Text::clean(if text == "-" { "" } else { text }), Some(evidence))
        }
        (None, "-") => {
            let evidence = read_pipe()?;
            if evidence.output.trim().is_empty() {
                return Err(Exit::usage("nothing came in through the pipe, so nothing was noted".to_owned()));
            }
            (Text::default(), Some(evidence))
        }
        (None, text) => (Text::clean(text), None),
    };
    session.run(output, Command::AddNote { incident, text, evidence }, "noted").await
}

/// What is piped in. What is too long keeps its end, where errors stand.
fn read_pipe() -> Result<Evidence, Exit> {
    let mut bytes = Vec::new();
    // Far more than is kept, far less than would hurt.
    let limit = 64 * 1024 * 1024;
    std::io::stdin()
        .lock()
        .take(limit)
        .read_to_end(&mut bytes)
        .map_err(|error| Exit::usage(format!("standard input cannot be read: {error}")))?;
    Ok(Evidence { command: None, host: host(), exit_code: None, output: tail_of(&bytes) })
}

/// Runs a command through the shell, shows its output as it comes, and keeps it.
async fn run_command(command: &str) -> Result<Evidence, Exit> {
    let shell = |redirected: &str| {
        let mut shell = tokio::process::Command::new("sh");
        // Both streams into one pipe, in the order in which they were written.
        shell
            .arg("-c")
            .arg(format!("exec 2>&1\n{redirected}"))
            .stdin(Stdio::inherit())
            .stdout(Stdio::piped());
        // The hub's token is nobody else's business.
        shell.env_remove("WARROOM_TOKEN");
        shell
    };
    let failed = |error: std::io::Error| Exit::usage(format!("“{command}” cannot be run: {error}"));
    let mut child = shell(command).spawn().map_err(failed)?;
    let mut kept = Vec::new();
    if let Some(mut stdout) = child.stdout.take() {
        let mut buffer = vec![0; 16 * 1024];
        let mut screen = tokio::io::stderr();
        loop {
            let read = stdout.read(&mut buffer).await.map_err(failed)?;
            let Some(new) = buffer.get(..read).filter(|new| !new.is_empty()) else { break };
            // Shown as it came: it is the person's own command on their own terminal.
            let _ = tokio::io::AsyncWriteExt::write_all(&mut screen, new).await;
            kept.extend_from_slice(new);
            // Only the end is kept in the journal; forget the beginning in time.
            if kept.len() > 8 * MAX_TEXT_BYTES {
                kept.drain(..kept.len() - 4 * MAX_TEXT_BYTES);
            }
        }
    }
    let status = child.wait().await.map_err(failed)?;
    Ok(Evidence {
        command: Some(Line::clean(command)),
        host: host(),
        exit_code: status.code(),
        output: tail_of(&kept),
    })
}

/// Without colours, and from the end when it is too long.
fn tail_of(bytes: &[u8]) -> Text {
    const ROOM: usize = MAX_TEXT_BYTES - 512;
    let text = String::from_utf8_lossy(bytes);
    let plain = anstream::adapter::strip_str(&text).to_string();
    let mut start = plain.len().saturating_sub(ROOM);
    while !plain.is_char_boundary(start) {
        start += 1;
    }
    let (dropped, kept) = plain.split_at(start);
    if dropped.is_empty() {
        Text::clean(kept)
    } else {
        Text::clean(&format!("… {} bytes before this are not kept\n{kept}", dropped.len()))
    }
}

fn host() -> Option<Line> {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname")
        .or_else(|_| std::fs::read_to_string("/etc/hostname"));
    name.ok().map(|name| Line::clean(name.trim())).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_has_no_colours_and_keeps_its_end() {
        assert_eq!(&*tail_of(b"\x1b[31mred\x1b[0m\n"), "red\n");
        let long = [vec![b'a'; 100_000], b"the error".to_vec()].concat();
        let kept = tail_of(&long);
        assert!(kept.starts_with("… ") && kept.ends_with("the error"), "{}", kept.len());
    }

    #[tokio::test]
    async fn a_command_that_fails_is_kept_with_its_exit_code() {
        let evidence = run_command("echo out; echo err >&2; exit 3").await.unwrap();
        assert_eq!(evidence.exit_code, Some(3));
        assert_eq!(&*evidence.output, "out\nerr\n");
    }
}
