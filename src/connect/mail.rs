//! Mail over SMTP. The dialogue is led command by command, so that it is known on which side of the handover a failure
//! lies: until the final dot the server certainly has no message.

use std::time::Duration;

use lettre::address::Envelope;
use lettre::message::Mailbox;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail as MailCommand, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, Message};
use secrecy::{ExposeSecret as _, SecretString};

use super::settings::{MailSecurity, MailSettings, SettingsError, read_secret};
use super::{Handover, NotReady, Parcel};
use crate::domain::text::Line;

/// How long each reply of the server may take.
const PATIENCE: Duration = Duration::from_secs(30);

pub struct Mail {
    server: String,
    port: u16,
    security: MailSecurity,
    login: Option<(String, SecretString)>,
    from: Mailbox,
    to: Vec<Address>,
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
        let from: Mailbox = settings.from.parse().map_err(|_| {
            SettingsError(format!(
                "from: “{}” is not a mail address such as Status <status@shop.example>",
                settings.from
            ))
        })?;
        let to = settings.to.iter().map(|raw| {
            let address = raw.parse::<Mailbox>().map(|mailbox| mailbox.email);
            address.map_err(|_| SettingsError(format!("to: “{raw}” is not a mail address")))
        });
        let to = to.collect::<Result<Vec<_>, _>>()?;
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
        Ok(Mail { server: settings.server.clone(), port, security: settings.security, login, from, to })
    }

    /// Connects, logs in, and names sender and recipients.
    pub(super) async fn prepare(&self, parcel: &Parcel) -> Result<Ready, NotReady> {
        let message = self.compose(parcel)?;
        match tokio::time::timeout(PATIENCE * 2, self.connect()).await {
            Ok(Ok(connection)) => Ok(Ready { connection, message, server: self.server.clone() }),
            Ok(Err(error)) => Err(self.not_ready(&error)),
            Err(_) => Err(NotReady::later(&format!("{} does not answer", self.server))),
        }
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

    async fn connect(&self) -> Result<AsyncSmtpConnection, lettre::transport::smtp::Error> {
        let hello = ClientId::default();
        let tls = || TlsParameters::new(self.server.clone());
        let implicit = match self.security {
            MailSecurity::Tls => Some(tls()?),
            MailSecurity::Starttls | MailSecurity::None => None,
        };
        let address = (self.server.as_str(), self.port);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(address, Some(PATIENCE), &hello, implicit, None).await?;
        if self.security == MailSecurity::Starttls {
            connection.starttls(tls()?, &hello).await?;
        }
        if let Some((username, password)) = &self.login {
            let credentials = Credentials::new(username.clone(), password.expose_secret().to_owned());
            connection.auth(DEFAULT_MECHANISMS, &credentials).await?;
        }
        connection.command(MailCommand::new(Some(self.from.email.clone()), vec![])).await?;
        for recipient in &self.to {
            connection.command(Rcpt::new(recipient.clone(), vec![])).await?;
        }
        Ok(connection)
    }

    fn not_ready(&self, error: &lettre::transport::smtp::Error) -> NotReady {
        let detail = Line::clean(&format!("{}: {error}", self.server));
        if error.is_permanent() || error.is_client() {
            NotReady::Never(detail)
        } else {
            NotReady::Later { detail, retry_after: None }
        }
    }
}

/// A server that waits for the message.
pub struct Ready {
    connection: AsyncSmtpConnection,
    message: Vec<u8>,
    server: String,
}

impl std::fmt::Debug for Ready {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ready").field("server", &self.server).finish_non_exhaustive()
    }
}

impl Ready {
    pub(super) async fn hand_over(mut self) -> Handover {
        let handover = match tokio::time::timeout(PATIENCE, self.connection.command(Data)).await {
            Ok(Ok(_)) => self.send_message().await,
            Ok(Err(error)) => self.not_taken(&error),
            Err(_) => Handover::NotNow {
                detail: Line::clean(&format!("{} does not answer", self.server)),
                retry_after: None,
            },
        };
        // Politeness only: the outcome is known.
        let _ = tokio::time::timeout(Duration::from_secs(2), self.connection.quit()).await;
        handover
    }

    async fn send_message(&mut self) -> Handover {
        match tokio::time::timeout(PATIENCE * 2, self.connection.message(&self.message)).await {
            Ok(Ok(response)) => {
                let said = response.message().collect::<Vec<_>>().join(" ");
                Handover::Taken(Line::clean(&format!("{}: {} {said}", self.server, response.code())))
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
        let detail = Line::clean(&format!("{}: {error}", self.server));
        if error.is_permanent() {
            Handover::Refused(detail)
        } else {
            Handover::NotNow { detail, retry_after: None }
        }
    }
}
