//! A mail server that takes real mail over a real socket, keeps it, and fails in the ways that matter.
//!
//! Enough of RFC 5321 to be correct for one client at a time per connection: replies in order, envelope state, dot
//! transparency (section 4.5.2), 503 for what comes out of order. The interesting moment is the one after the final
//! dot, when the message has left the client and the answer has not: [`AfterData`] says what happens there.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::listener::Listener;
use super::tls::Channel;

/// What the server does once a message has arrived in full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterData {
    /// Keeps the message and says 250.
    Take,
    /// Says nothing and keeps nothing until told otherwise; a client that has gone by then is not taken.
    Stall,
    /// Keeps the message and cuts the connection without an answer: the client cannot know.
    TakeAndDrop,
    /// Keeps nothing and cuts the connection without an answer: the client cannot know.
    DropUntaken,
    /// Keeps nothing and answers with this code: 4xx for later, 5xx for never.
    Refuse(u16),
}

/// How the line is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    Clear,
    /// In the clear until the client says STARTTLS; mail is refused before.
    Starttls,
    /// From the first byte.
    Tls,
}

/// One message with its envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    pub from: String,
    pub to: Vec<String>,
    /// Header and body as they were before dot-stuffing, lines ended by CRLF.
    pub data: String,
}

/// The server; connections are refused once it is dropped.
pub struct SmtpServer {
    shared: Arc<Shared>,
    listener: Listener,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    after_data: AfterData,
    taken: Vec<Mail>,
    stalled: usize,
    /// Who is not known here, and the code that says so.
    strangers: Vec<(String, u16)>,
}

impl SmtpServer {
    /// Starts on a free loopback port.
    #[track_caller]
    pub fn start() -> Self {
        Self::start_on(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
    }

    /// Starts on a given address, to come back where an earlier one was.
    #[track_caller]
    pub fn start_on(address: SocketAddr) -> Self {
        Self::start_with(address, Protection::Clear)
    }

    /// Starts on a free loopback port, with the certificate of the tests where it is protected.
    #[track_caller]
    pub fn protected(protection: Protection) -> Self {
        Self::start_with(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), protection)
    }

    #[track_caller]
    fn start_with(address: SocketAddr, protection: Protection) -> Self {
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                after_data: AfterData::Take,
                taken: Vec::new(),
                stalled: 0,
                strangers: Vec::new(),
            }),
            changed: Condvar::new(),
        });
        let serving = Arc::clone(&shared);
        let listener = Listener::start(address, move |connection| {
            // The client's end of a conversation is its own affair; what it sent is in `taken`.
            serving.converse(&connection, protection).ok();
        });
        Self { shared, listener }
    }

    pub fn address(&self) -> SocketAddr {
        self.listener.address()
    }

    /// From now on, also for messages that are stalled right now.
    pub fn after_data(&self, after_data: AfterData) {
        self.shared.lock().after_data = after_data;
        self.shared.changed.notify_all();
    }

    /// From now on this recipient is refused with this code.
    pub fn refuse_recipient(&self, address: &str, code: u16) {
        self.shared.lock().strangers.push((address.to_owned(), code));
    }

    /// What was taken so far, oldest first.
    pub fn mails(&self) -> Vec<Mail> {
        self.shared.lock().taken.clone()
    }

    /// Waits until at least `count` messages were taken, and gives all of them.
    #[track_caller]
    pub fn wait_for_mails(&self, count: usize, timeout: Duration) -> Vec<Mail> {
        let state = self.wait(&format!("{count} mails"), timeout, |state| state.taken.len() >= count);
        state.taken.clone()
    }

    /// Waits until a message has arrived in full and stands stalled: the moment to kill its sender.
    #[track_caller]
    pub fn wait_until_stalled(&self, timeout: Duration) {
        drop(self.wait("a stalled message", timeout, |state| state.stalled > 0));
    }

    #[track_caller]
    fn wait(&self, what: &str, timeout: Duration, there: impl Fn(&State) -> bool) -> MutexGuard<'_, State> {
        let deadline = Instant::now() + timeout;
        let mut state = self.shared.lock();
        while !there(&state) {
            let left = deadline.saturating_duration_since(Instant::now());
            let (taken, stalled) = (state.taken.len(), state.stalled);
            assert!(!left.is_zero(), "no {what} within {timeout:?}: {taken} taken, {stalled} stalled");
            (state, _) =
                self.shared.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner);
        }
        state
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        self.after_data(AfterData::DropUntaken);
    }
}

/// Whether the conversation goes on.
enum Next {
    GoOn,
    HangUp,
}

#[derive(Default)]
struct Envelope {
    from: Option<String>,
    to: Vec<String>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn converse(&self, connection: &TcpStream, protection: Protection) -> io::Result<()> {
        // RFC 5321 section 4.5.3.2.7 gives the client five minutes; no test needs as many.
        connection.set_read_timeout(Some(Duration::from_secs(60)))?;
        let mut protected = protection != Protection::Starttls;
        let mut input = BufReader::new(match protection {
            Protection::Clear | Protection::Starttls => Channel::Clear(connection),
            Protection::Tls => Channel::tls(connection)?,
        });
        let mut envelope = Envelope::default();
        say(input.get_mut(), "220 mail.test ESMTP")?;
        loop {
            let mut line = String::new();
            if input.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let line = line.trim_end();
            let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
            match verb.as_str() {
                "STARTTLS" if !protected => {
                    say(input.get_mut(), "220 go on in TLS")?;
                    input = BufReader::new(Channel::tls(connection)?);
                    (protected, envelope) = (true, Envelope::default());
                }
                "MAIL" if !protected => say(input.get_mut(), "530 STARTTLS comes first")?,
                "EHLO" if !protected => say(input.get_mut(), "250-mail.test\r\n250 STARTTLS")?,
                "EHLO" => {
                    envelope = Envelope::default();
                    say(input.get_mut(), "250-mail.test\r\n250-8BITMIME\r\n250 SMTPUTF8")?;
                }
                "HELO" | "RSET" => {
                    envelope = Envelope::default();
                    say(input.get_mut(), "250 mail.test")?;
                }
                "NOOP" => say(input.get_mut(), "250 here")?,
                "MAIL" if envelope.from.is_some() => say(input.get_mut(), "503 one sender at a time")?,
                "MAIL" => match address(line) {
                    Some(from) => {
                        envelope.from = Some(from);
                        say(input.get_mut(), "250 sender noted")?;
                    }
                    None => say(input.get_mut(), "501 write MAIL FROM:<address>")?,
                },
                "RCPT" if envelope.from.is_none() => say(input.get_mut(), "503 MAIL comes first")?,
                "RCPT" => match address(line) {
                    Some(to) if self.refusal(&to).is_some() => {
                        let code = self.refusal(&to).unwrap_or_default();
                        say(input.get_mut(), &format!("{code} not known here"))?;
                    }
                    Some(to) => {
                        envelope.to.push(to);
                        say(input.get_mut(), "250 recipient noted")?;
                    }
                    None => say(input.get_mut(), "501 write RCPT TO:<address>")?,
                },
                "DATA" => {
                    let Envelope { from: Some(from), to } = std::mem::take(&mut envelope) else {
                        say(input.get_mut(), "503 MAIL comes first")?;
                        continue;
                    };
                    if to.is_empty() {
                        say(input.get_mut(), "554 no recipients")?;
                        continue;
                    }
                    say(input.get_mut(), "354 go on, end with a dot")?;
                    let data = read_data(&mut input)?;
                    if let Next::HangUp =
                        self.arrived(connection, input.get_mut(), Mail { from, to, data })?
                    {
                        return Ok(());
                    }
                }
                "QUIT" => return say(input.get_mut(), "221 bye"),
                _ => say(input.get_mut(), "502 not here")?,
            }
        }
    }

    fn refusal(&self, recipient: &str) -> Option<u16> {
        let state = self.lock();
        state.strangers.iter().find(|(stranger, _)| stranger == recipient).map(|(_, code)| *code)
    }

    fn arrived(&self, connection: &TcpStream, channel: &mut Channel<'_>, mail: Mail) -> io::Result<Next> {
        let mut state = self.lock();
        if state.after_data == AfterData::Stall {
            state.stalled += 1;
            self.changed.notify_all();
            while state.after_data == AfterData::Stall {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            state.stalled -= 1;
            if has_gone(connection)? {
                return Ok(Next::HangUp);
            }
        }
        let after_data = state.after_data;
        if matches!(after_data, AfterData::Take | AfterData::TakeAndDrop) {
            state.taken.push(mail);
        }
        drop(state);
        self.changed.notify_all();
        match after_data {
            AfterData::Take => say(channel, "250 taken")?,
            AfterData::Refuse(code) => say(channel, &format!("{code} refused, as the test asked"))?,
            AfterData::Stall | AfterData::TakeAndDrop | AfterData::DropUntaken => return Ok(Next::HangUp),
        }
        Ok(Next::GoOn)
    }
}

fn say(channel: &mut impl Write, reply: &str) -> io::Result<()> {
    channel.write_all(format!("{reply}\r\n").as_bytes())?;
    channel.flush()
}

/// The address between the angle brackets; empty for the null sender.
fn address(line: &str) -> Option<String> {
    let (_, rest) = line.split_once('<')?;
    let (address, _) = rest.split_once('>')?;
    Some(address.to_owned())
}

fn read_data(input: &mut impl BufRead) -> io::Result<String> {
    let mut data = Vec::new();
    loop {
        let mut line = Vec::new();
        if input.read_until(b'\n', &mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if line == b".\r\n" {
            return Ok(String::from_utf8_lossy(&data).into_owned());
        }
        // Section 4.5.2: a leading dot of a longer line was added by the sender.
        data.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
    }
}

fn has_gone(connection: &TcpStream) -> io::Result<bool> {
    connection.set_nonblocking(true)?;
    let gone = match connection.peek(&mut [0]) {
        Ok(length) => length == 0,
        Err(error) => error.kind() != io::ErrorKind::WouldBlock,
    };
    connection.set_nonblocking(false)?;
    Ok(gone)
}
