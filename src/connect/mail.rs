//! Mail over SMTP. The dialogue is led command by command, so that it is known on which side of the handover a failure
//! lies: until the final dot the server certainly has no message.

use std::time::Duration;

use lettre::address::Envelope;
use lettre::message::Mailbox;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail as MailCommand, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::Severity;
use lettre::{Address, Message};
use secrecy::{ExposeSecret as _, SecretString};

use super::settings::{MailSecurity, MailSettings, SettingsError, read_secret};
use super::{Handover, NotReady, Parcel, Patience};
use crate::domain::text::Line;

/// Mail servers look at a message before they answer. RFC 5321 (section 4.5.3.2) would wait longer, but people do not.
const PATIENCE: Patience = Patience { ready: Duration::from_secs(60), answer: Duration::from_secs(60) };

/// How long the server may take to say goodbye.
const GOODBYE: Duration = Duration::from_secs(2);

pub struct Mail {
    server: String,
    port: u16,
    security: MailSecurity,
    login: Option<(String, SecretString)>,
    from: Mailbox,
    to: Vec<Address>,
    patience: Patience,
}

impl std::fmt::Debug for Mail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mail").field("server", &self.server).field("port", &self.port).finish_non_exhaustive()
    }
}

impl Mail {
    /// # Errors
    ///
    /// When an address is none, nobody is named, or the password cannot be read.
    pub fn new(settings: &MailSettings) -> Result<Self, SettingsError> {
        let from = mailbox("from", &settings.from)?;
        let to = settings.to.iter().map(|raw| Ok(mailbox("to", raw)?.email));
        let to = to.collect::<Result<Vec<_>, SettingsError>>()?;
        if to.is_empty() {
            return Err(SettingsError("to: nobody is named; add at least one address".to_owned()));
        }
        let login = match (&settings.username, &settings.password_file) {
            (Some(username), Some(file)) => Some((username.clone(), read_secret(file)?)),
            (None, None) => None,
            _ => {
                return Err(SettingsError(
                    "username and password_file go together; give both or none".to_owned(),
                ));
            }
        };
        if login.is_some() && settings.security == MailSecurity::None {
            return Err(SettingsError(
                "a password would go over the wire in the clear; set security to starttls or tls".to_owned(),
            ));
        }
        let port = settings.port.unwrap_or(match settings.security {
            MailSecurity::Tls => 465,
            MailSecurity::Starttls | MailSecurity::None => 587,
        });
        let (server, security) = (settings.server.clone(), settings.security);
        Ok(Mail { server, port, security, login, from, to, patience: PATIENCE })
    }

    #[must_use]
    pub fn with_patience(self, patience: Patience) -> Self {
        Mail { patience, ..self }
    }

    /// Connects, logs in, and names sender and recipients.
    pub(super) async fn prepare(&self, parcel: &Parcel) -> Result<Ready, NotReady> {
        let message = self.compose(parcel)?;
        let connected = tokio::time::timeout(self.patience.ready, self.connect()).await;
        let (connection, left_out) = connected
            .unwrap_or_else(|_| Err(NotReady::later(&format!("{} does not answer", self.server))))?;
        Ok(Ready { connection, message, server: self.server.clone(), patience: self.patience, left_out })
    }

    fn compose(&self, parcel: &Parcel) -> Result<Vec<u8>, NotReady> {
        let domain = self.from.email.domain();
        // The key in the Message-ID lets mailboxes and people see a repetition for what it is.
        let message = Message::builder()
            .from(self.from.clone())
            .to(self.from.clone())
            .subject(parcel.subject.to_string())
            .message_id(Some(format!("<{}@{domain}>", parcel.key())))
            .date(parcel.published_at.to_utc().into())
            .envelope(self.envelope()?)
            .header(lettre::message::header::ContentType::TEXT_PLAIN)
            .body(parcel.body.to_string());
        match message {
            Ok(message) => Ok(message.formatted()),
            Err(error) => Err(NotReady::Never(Line::clean(&format!("the mail cannot be written: {error}")))),
        }
    }

    fn envelope(&self) -> Result<Envelope, NotReady> {
        Envelope::new(Some(self.from.email.clone()), self.to.clone())
            .map_err(|error| NotReady::Never(Line::clean(&format!("the mail cannot be addressed: {error}"))))
    }

    /// Those whom the server does not take are left out and named, so that the others get it. When it takes nobody, nothing
    /// goes; as long as it may take one of them later, that is worth another try.
    async fn connect(&self) -> Result<(AsyncSmtpConnection, Vec<String>), NotReady> {
        let mut connection = self.log_in().await.map_err(|error| self.not_ready(&error, ""))?;
        let sender = MailCommand::new(Some(self.from.email.clone()), vec![]);
        connection.command(sender).await.map_err(|error| self.not_ready(&error, ""))?;
        let (mut left_out, mut perhaps_later) = (Vec::new(), false);
        for recipient in &self.to {
            match connection.command(Rcpt::new(recipient.clone(), vec![])).await {
                Ok(_) => {}
                Err(error) if error.is_permanent() || error.is_transient() => {
                    perhaps_later |= error.is_transient();
                    left_out.push(format!("{recipient}: {error}"));
                }
                Err(error) => return Err(self.not_ready(&error, &format!("{recipient}: "))),
            }
        }
        if left_out.len() < self.to.len() {
            return Ok((connection, left_out));
        }
        let detail = Line::clean(&format!("{}: {}", self.server, left_out.join("; ")));
        Err(if perhaps_later {
            NotReady::Later { detail, retry_after: None }
        } else {
            NotReady::Never(detail)
        })
    }

    async fn log_in(&self) -> Result<AsyncSmtpConnection, lettre::transport::smtp::Error> {
        let hello = ClientId::default();
        let tls = || TlsParameters::new(self.server.clone());
        let implicit = match self.security {
            MailSecurity::Tls => Some(tls()?),
            MailSecurity::Starttls | MailSecurity::None => None,
        };
        let (address, timeout) = ((self.server.as_str(), self.port), Some(self.patience.ready));
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(address, timeout, &hello, implicit, None).await?;
        if self.security == MailSecurity::Starttls {
            connection.starttls(tls()?, &hello).await?;
        }
        if let Some((username, password)) = &self.login {
            let credentials = Credentials::new(username.clone(), password.expose_secret().to_owned());
            connection.auth(DEFAULT_MECHANISMS, &credentials).await?;
        }
        Ok(connection)
    }

    fn not_ready(&self, error: &lettre::transport::smtp::Error, about: &str) -> NotReady {
        let detail = Line::clean(&format!("{}: {about}{error}", self.server));
        if error.is_permanent() || error.is_client() {
            NotReady::Never(detail)
        } else {
            NotReady::Later { detail, retry_after: None }
        }
    }
}

/// Every server takes ASCII addresses; the others need an extension that many have not.
fn mailbox(key: &str, raw: &str) -> Result<Mailbox, SettingsError> {
    let mailbox: Mailbox = raw.parse().map_err(|_| {
        SettingsError(format!("{key}: “{raw}” is not a mail address such as Status <status@shop.example>"))
    })?;
    let address: &str = mailbox.email.as_ref();
    if address.is_ascii() {
        return Ok(mailbox);
    }
    Err(SettingsError(format!("{key}: “{raw}” is not ASCII; write its domain as xn--…")))
}

/// A server that waits for the message.
pub struct Ready {
    connection: AsyncSmtpConnection,
    message: Vec<u8>,
    server: String,
    patience: Patience,
    /// Who does not get it, and why.
    left_out: Vec<String>,
}

impl std::fmt::Debug for Ready {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ready").field("server", &self.server).finish_non_exhaustive()
    }
}

impl Ready {
    pub(super) async fn hand_over(mut self) -> Handover {
        let handover = match tokio::time::timeout(self.patience.ready, self.connection.command(Data)).await {
            Ok(Ok(response)) if response.code().severity == Severity::PositiveIntermediate => {
                self.send_message().await
            }
            Ok(Ok(response)) => self.not_now(&format!("it answers DATA with {}", response.code())),
            Ok(Err(error)) => self.not_taken(&error),
            Err(_) => self.not_now("it does not answer"),
        };
        let handover = self.name_left_out(handover);
        if !matches!(handover, Handover::Unknown(_)) {
            // Politeness only: the outcome is known.
            let _ = tokio::time::timeout(GOODBYE, self.connection.quit()).await;
        }
        handover
    }

    /// Only where others got it or may have got it; otherwise nobody did.
    fn name_left_out(&self, handover: Handover) -> Handover {
        if self.left_out.is_empty() {
            return handover;
        }
        let name =
            |detail: Line| Line::clean(&format!("it did not go to {}; {detail}", self.left_out.join("; ")));
        match handover {
            Handover::Taken(detail) => Handover::Taken(name(detail)),
            Handover::Unknown(detail) => Handover::Unknown(name(detail)),
            other @ (Handover::NotNow { .. } | Handover::Refused(_)) => other,
        }
    }

    async fn send_message(&mut self) -> Handover {
        match tokio::time::timeout(self.patience.answer, self.connection.message(&self.message)).await {
            Ok(Ok(response)) => {
                let said = response.message().collect::<Vec<_>>().join(" ");
                let detail = Line::clean(&format!("{}: {} {said}", self.server, response.code()));
                match response.code().severity {
                    Severity::PositiveCompletion => Handover::Taken(detail),
                    Severity::PositiveIntermediate
                    | Severity::TransientNegativeCompletion
                    | Severity::PermanentNegativeCompletion => Handover::Unknown(detail),
                }
            }
            Ok(Err(error)) if error.is_permanent() || error.is_transient() => self.not_taken(&error),
            Ok(Err(error)) => Handover::Unknown(Line::clean(&format!("{}: {error}", self.server))),
            Err(_) => {
                Handover::Unknown(Line::clean(&format!("{} took the text and did not answer", self.server)))
            }
        }
    }

    /// The server answered with a "no", or the line broke before the text went: it has no message.
    fn not_taken(&self, error: &lettre::transport::smtp::Error) -> Handover {
        if error.is_permanent() {
            return Handover::Refused(Line::clean(&format!("{}: {error}", self.server)));
        }
        self.not_now(&error.to_string())
    }

    fn not_now(&self, why: &str) -> Handover {
        Handover::NotNow { detail: Line::clean(&format!("{}: {why}", self.server)), retry_after: None }
    }
}
