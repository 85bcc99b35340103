//! A webhook receiver and a mail server that count what reaches people, by the driver's id.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};

use crate::PATIENCE;
use crate::support::listener::Listener;
use crate::support::smtp::SmtpServer;

/// What the webhooks are signed with; it must not be seen anywhere.
pub const SECRET: &str = "whsec_YSBzZWNyZXQgdGhhdCBvbmx5IHR3byBrbm93";

/// How often an id reached people, by destination and id.
pub type Effects = BTreeMap<(String, String), usize>;

pub struct Vendors {
    hook: Listener,
    posted: Arc<Mutex<Vec<String>>>,
    mail: SmtpServer,
}

impl Vendors {
    /// Where the hub can reach them.
    pub fn start(ip: IpAddr) -> Self {
        let posted = Arc::new(Mutex::new(Vec::new()));
        let keeping = Arc::clone(&posted);
        let hook = Listener::start(SocketAddr::new(ip, 0), move |connection| {
            // A hub that dies while it asks has asked for nothing.
            take(&connection, &keeping).ok();
        });
        Vendors { hook, posted, mail: SmtpServer::start_on(SocketAddr::new(ip, 0)) }
    }

    /// The hub's tables of audiences and destinations.
    pub fn settings(&self, secret_file: &str) -> String {
        let (hook, mail) = (self.hook.address(), self.mail.address());
        format!(
            "[hub.audiences.customers]\nlabel = 'Customers'\ndestinations = ['hook', 'list']\n\
             [hub.destinations.hook]\nkind = 'webhook'\nurl = 'http://{hook}/hook'\nsecret_file = '{secret_file}'\n\
             allow_private = true\n\
             [hub.destinations.list]\nkind = 'mail'\nserver = '{}'\nport = {}\nsecurity = 'none'\n\
             from = 'Shop status <status@shop.example>'\nto = ['one@shop.example']\n",
            mail.ip(),
            mail.port()
        )
    }

    pub fn effects(&self) -> Effects {
        let mut effects = Effects::new();
        for id in self.posted.lock().unwrap().iter() {
            *effects.entry(("hook".to_owned(), id.clone())).or_default() += 1;
        }
        for mail in self.mail.mails() {
            let id = mail.data.lines().find_map(|line| line.strip_prefix("Subject: ")).unwrap_or_default();
            let id = id.split(' ').next().unwrap_or_default().to_owned();
            *effects.entry(("list".to_owned(), id)).or_default() += 1;
        }
        effects
    }
}

/// Keeps the id of what was posted, and only then answers.
fn take(connection: &TcpStream, posted: &Mutex<Vec<String>>) -> io::Result<()> {
    connection.set_read_timeout(Some(PATIENCE))?;
    let mut input = BufReader::new(connection);
    let mut length = 0;
    loop {
        let mut line = String::new();
        if input.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let line = line.trim().to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().map_err(io::Error::other)?;
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    input.read_exact(&mut body)?;
    let body: serde_json::Value = serde_json::from_slice(&body)?;
    let subject = body["data"]["subject"].as_str().unwrap_or_default();
    posted.lock().unwrap().push(subject.split(' ').next().unwrap_or_default().to_owned());
    (&mut &*connection).write_all(b"HTTP/1.1 204 Taken\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
}
