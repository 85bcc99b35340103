//! `warroom token`: who may do what.

use std::time::Duration;

use super::args::Token;
use super::output::Output;
use super::session::{Exit, Session, all};
use crate::domain::time::Timestamp;
use crate::wire::body::NewToken;

pub async fn token(session: &Session, output: Output, command: Token) -> Result<(), Exit> {
    match command {
        Token::Create { name, role, expires_in } => {
            let made = {
                let days = expires_in.map(|days| Duration::from_secs(u64::from(days) * 86_400));
                let expires_at = days.map(|days| Timestamp::from(chrono::Utc::now()).plus(days));
                session
                    .client
                    .create_token(&NewToken { handle: name.clone(), access: role, expires_at })
                    .await?
            };
            match output {
                Output::Programs => output.json(&made),
                Output::People => {
                    output.say(&format!("A token for {name} ({role}). It is shown this once:"));
                    output.line(&made.token)
                }
            }
        }
        Token::List => {
            let tokens = all(|part| async move { session.client.tokens(&part).await }).await?;
            match output {
                Output::Programs => output.json(&tokens),
                Output::People => tokens.iter().try_for_each(|token| {
                    let expires =
                        token.expires_at.map_or_else(|| "never ends".to_owned(), |at| format!("ends {at}"));
                    output.line(&format!(
                        "{}  {:<20} {:<10} made {}  {expires}",
                        token.id, token.handle, token.access, token.created_at
                    ))
                }),
            }
        }
        Token::Revoke { id } => {
            session.client.revoke_token(&id).await?;
            output.line(&format!("{id} is worth nothing any more"))
        }
    }
}
