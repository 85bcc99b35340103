//! A receiver of webhooks that keeps what it gets and answers as it is told.

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use super::SOON;
use super::support::eventually;
use super::support::listener::Listener;
use super::support::tls::Channel;

#[derive(Debug, Clone)]
pub struct Request {
    pub path: String,
    /// Names in lower case.
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
    pub at: Instant,
}

/// How one request is answered.
#[derive(Debug, Clone)]
pub enum Answer {
    /// A status, and further header lines, each ended by CRLF.
    Status(u16, String),
    /// Keeps the request and cuts the connection.
    HangUp,
    /// Keeps the request and the connection, and says nothing.
    Silence,
}

pub fn status(code: u16) -> Answer {
    Answer::Status(code, String::new())
}

#[derive(Debug, Default)]
struct State {
    answers: VecDeque<Answer>,
    requests: Vec<Request>,
    /// Connections that are kept open.
    silent: Vec<TcpStream>,
}

pub struct Receiver {
    state: Arc<Mutex<State>>,
    listener: Listener,
    tls: bool,
}

impl Receiver {
    /// Gives these answers one after another, and then 204.
    pub fn start(answers: impl IntoIterator<Item = Answer>) -> Self {
        Self::start_with(answers, false)
    }

    /// The same behind TLS, with the certificate of the tests.
    pub fn start_tls(answers: impl IntoIterator<Item = Answer>) -> Self {
        Self::start_with(answers, true)
    }

    fn start_with(answers: impl IntoIterator<Item = Answer>, tls: bool) -> Self {
        let state = State { answers: answers.into_iter().collect(), ..State::default() };
        let state = Arc::new(Mutex::new(state));
        let serving = Arc::clone(&state);
        let listener = Listener::start(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), move |connection| {
            // Whoever only looks whether somebody listens says nothing.
            let channel = if tls { Channel::tls(&connection) } else { Ok(Channel::Clear(&connection)) };
            let Ok(mut channel) = channel else { return };
            if let Ok(Some(request)) =
                connection.set_read_timeout(Some(SOON)).and_then(|()| read(&mut channel))
            {
                answer(&serving, request, &connection, &mut channel).ok();
            }
        });
        Receiver { state, listener, tls }
    }

    pub fn address(&self) -> SocketAddr {
        self.listener.address()
    }

    /// The destination's table in the settings file.
    pub fn destination(&self) -> String {
        let scheme = if self.tls { "https" } else { "http" };
        format!(
            "kind = 'webhook'\nurl = '{scheme}://{}/hook'\nsecret_file = 'SECRET_FILE'\nallow_private = true",
            self.address()
        )
    }

    pub fn requests(&self) -> Vec<Request> {
        self.state.lock().unwrap().requests.clone()
    }

    #[track_caller]
    pub fn wait_for_requests(&self, count: usize) -> Vec<Request> {
        eventually(&format!("{count} requests"), SOON, || {
            let requests = self.requests();
            (requests.len() >= count).then_some(requests)
        })
    }
}

fn read(channel: &mut Channel<'_>) -> io::Result<Option<Request>> {
    let mut input = BufReader::new(channel);
    let mut line = String::new();
    if input.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        input.read_line(&mut line)?;
        let Some((name, value)) = line.split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    input.read_exact(&mut body)?;
    Ok(Some(Request { path, headers, body, at: Instant::now() }))
}

fn answer(
    state: &Mutex<State>,
    request: Request,
    connection: &TcpStream,
    channel: &mut Channel<'_>,
) -> io::Result<()> {
    let answer = {
        let mut state = state.lock().unwrap();
        state.requests.push(request);
        state.answers.pop_front().unwrap_or(status(204))
    };
    match answer {
        Answer::Status(code, more) => {
            write!(
                channel,
                "HTTP/1.1 {code} As Told\r\nContent-Length: 0\r\nConnection: close\r\n{more}\r\n"
            )?;
            channel.flush()
        }
        Answer::HangUp => Ok(()),
        Answer::Silence => {
            state.lock().unwrap().silent.push(connection.try_clone()?);
            Ok(())
        }
    }
}
