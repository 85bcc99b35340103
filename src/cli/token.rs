//! `warroom token`: who may do what.

use super::args::Token;
use super::output::Output;
use super::session::{Exit, Session};

pub async fn token(session: &Session, output: Output, command: Token) -> Result<(), Exit> {
    match command {
        Token::Create { name, role, expires_in } => {
            let made = session.client.create_token(&name, role, expires_in).await?;
            match output {
                Output::Programs => output.json(&made),
                Output::People => {
                    output.say(&format!("A token for {name} ({role}). It is shown this once:"));
                    output.line(&made.token)
                }
            }
        }
        Token::List => {
            let tokens = session.client.tokens().await?;
            match output {
                Output::Programs => output.json(&tokens),
                Output::People => tokens.iter().try_for_each(|token| {
                    let expires = token.expires_at.map_or_else(|| "never ends".to_owned(), |at| format!("ends {at}"));
                    output.line(&format!(
                        "{}  {:<20} {:<10} made {}  {expires}",
                        token.id, token.name, token.role, token.created_at
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
