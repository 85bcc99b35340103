//! `warroom token`: who may do what.

use std::time::Duration;

use super::args::Token;
use super::exit::Exit;
use super::output::Output;
use super::session::Session;
use crate::wire::body::NewToken;

pub async fn token(session: &Session, output: Output, command: Token) -> Result<(), Exit> {
    match command {
        Token::Create { name, role, expires_in } => {
            let end = |days| session.now().plus(Duration::from_secs(u64::from(days) * 86_400));
            let wanted = NewToken { handle: name.clone(), access: role, expires_at: expires_in.map(end) };
            let made = session.client.create_token(&wanted).await?;
            match output {
                Output::Programs => output.json(&made),
                Output::People => {
                    output.say(&format!("A token for {name} ({role}). It is shown this once:"));
                    output.line(&made.token)
                }
            }
        }
        Token::List => {
            let tokens = session.all(async |client, part| client.tokens(part).await).await?;
            match output {
                Output::Programs => output.json(&tokens),
                Output::People => tokens.iter().try_for_each(|token| {
                    let expires =
                        token.expires_at.map_or_else(|| "never ends".to_owned(), |at| format!("ends {at}"));
                    output.line(&format!(
                        "{}  {:<20} {:<10} made {}  {expires}",
                        token.id,
                        token.handle.as_str(),
                        token.access.name(),
                        token.created_at
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
