//! `warroom note`: words, or what a command said, with where and how it ended.
//!
//! What a command that is run here writes reaches the terminal as it is, colours and all, as with `tee` or `script`. It is
//! nobody else's text: whoever runs it would see the same without us, and cleaning would break what it draws. The note is
//! everybody's, and what goes into it is [`Text`].

mod end;

use std::io::Read as _;
use std::process::Stdio;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::args::Note;
use super::exit::Exit;
use super::output::Output;
use super::session::Session;
use crate::domain::command::Command;
use crate::domain::note::Evidence;
use crate::domain::text::{Line, MAX_LINES, MAX_TEXT_BYTES, Shape, Text, clean};
use end::End;

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
        let command = Command::CorrectNote { incident, note, text: words(&text)? };
        return session.run(output, command, "note corrected").await;
    }
    let (text, evidence) = match (run, text.as_str()) {
        (Some(command), text) => {
            let text = words(if text == "-" { "" } else { text })?;
            (text, Some(run_command(&command).await?))
        }
        (None, "-") => {
            let evidence = read_pipe()?;
            if evidence.output.trim().is_empty() {
                return Err(Exit::usage("nothing came in through the pipe, so nothing was noted".to_owned()));
            }
            (Text::default(), Some(evidence))
        }
        (None, text) => (words(text)?, None),
    };
    session.run(output, Command::AddNote { incident, text, evidence }, "noted").await
}

/// What somebody has written, whole or not at all: nobody looks whether the end of their words is there.
fn words(raw: &str) -> Result<Text, Exit> {
    let text = Text::clean(raw);
    if *text == *clean(raw, Shape::Output) {
        return Ok(text);
    }
    Err(Exit::usage(format!(
        "this is longer than a note can be ({} KiB, {MAX_LINES} lines); pipe it in with `-`, which keeps its end",
        MAX_TEXT_BYTES / 1024
    )))
}

/// How many bytes of an output are read at a time.
const PIECE: usize = 16 * 1024;

/// What is piped in. What is too long keeps its end, where errors stand.
fn read_pipe() -> Result<Evidence, Exit> {
    let (mut end, mut buffer, mut pipe) = (End::default(), vec![0; PIECE], std::io::stdin().lock());
    loop {
        match pipe.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => end.push(buffer.get(..read).unwrap_or_default()),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Exit::usage(format!("standard input cannot be read: {error}"))),
        }
    }
    Ok(Evidence { command: None, host: host(), exit_code: None, output: end.text() })
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
    let mut end = End::default();
    if let Some(mut stdout) = child.stdout.take() {
        let mut buffer = vec![0; PIECE];
        let mut screen = tokio::io::stderr();
        loop {
            let read = stdout.read(&mut buffer).await.map_err(failed)?;
            let Some(new) = buffer.get(..read).filter(|new| !new.is_empty()) else { break };
            // Without somebody who looks, it is noted all the same.
            let _ = screen.write_all(new).await;
            end.push(new);
        }
        let _ = screen.flush().await;
    }
    let status = child.wait().await.map_err(failed)?;
    Ok(Evidence {
        command: Some(Line::clean(command)),
        host: host(),
        exit_code: status.code(),
        output: end.text(),
    })
}

fn host() -> Option<Line> {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname")
        .or_else(|_| std::fs::read_to_string("/etc/hostname"));
    name.ok().map(|name| Line::clean(name.trim())).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_command_that_fails_is_kept_with_its_exit_code() {
        let evidence = run_command("echo out; echo err >&2; exit 3").await.unwrap();
        assert_eq!(evidence.exit_code, Some(3));
        assert_eq!(&*evidence.output, "out\nerr\n");
    }
}
