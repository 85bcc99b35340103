//! Where the hub is. A token must not cross a network readably, so plain HTTP is for this machine alone.

use std::fmt;
use std::str::FromStr;

use url::{Host, Url};

use crate::domain::ids::Cursor;
use crate::domain::text::Line;
use crate::wire::route::BASE;

/// A hub's address: scheme, host, port, and perhaps a path that a proxy put before it. Never a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct HubUrl(Url);

/// Why this cannot be a hub's address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    #[error("“{0}” is not a hub's address; write it as https://warroom.example.com")]
    Malformed(Line),
    #[error("a hub's address begins with https:// (or http:// for a hub on this machine), not with “{0}:”")]
    Scheme(Line),
    #[error(
        "http:// to {0} would show the token to everybody on the way; use https://, or allow plain HTTP explicitly \
         where something else encrypts"
    )]
    Readable(Line),
    #[error("a hub's address holds no user, password, query or fragment; the token is given apart")]
    Extras,
}

/// Where plain HTTP may go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PlainHttp {
    #[default]
    ThisMachine,
    /// Something else encrypts: a tunnel, a mesh. Said explicitly by whoever sets it up.
    Anywhere,
}

impl HubUrl {
    /// # Errors
    ///
    /// A sentence that says how an address is written.
    pub fn parse(raw: &str, plain: PlainHttp) -> Result<Self, AddressError> {
        let malformed = || AddressError::Malformed(Line::clean(raw));
        let mut url = Url::parse(raw.trim()).map_err(|_| malformed())?;
        match url.scheme() {
            "https" => {}
            "http" if plain == PlainHttp::Anywhere || is_this_machine(&url) => {}
            "http" => {
                return Err(AddressError::Readable(Line::clean(url.host_str().unwrap_or_default())));
            }
            other => return Err(AddressError::Scheme(Line::clean(other))),
        }
        let extras = !url.username().is_empty()
            || url.password().is_some()
            || url.query().is_some()
            || url.fragment().is_some();
        if extras {
            return Err(AddressError::Extras);
        }
        if url.host().is_none() {
            return Err(malformed());
        }
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        Ok(HubUrl(url))
    }

    /// The address of a path that begins with `/`, as in `/healthz`.
    pub(super) fn at(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        let whole = format!("{}{path}", self.0.path().trim_end_matches('/'));
        url.set_path(&whole);
        url
    }

    /// The feed's address after a place in a journal, with long frames packed.
    pub(super) fn feed(&self, after: Option<Cursor>) -> Url {
        let mut url = self.at(&format!("{BASE}/feed"));
        let scheme = if self.is_encrypted() { "wss" } else { "ws" };
        // Both are "special" schemes, as http and https are, and so the change cannot be refused.
        if url.set_scheme(scheme).is_err() {
            tracing::error!(%url, "the feed's address could not be made");
        }
        url.query_pairs_mut().append_pair("pack", "gzip");
        if let Some(cursor) = after {
            url.query_pairs_mut().append_pair("after", &cursor.to_string());
        }
        url
    }

    pub fn is_encrypted(&self) -> bool {
        self.0.scheme() == "https"
    }
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

impl fmt::Display for HubUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

impl fmt::Debug for HubUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HubUrl({self})")
    }
}

impl FromStr for HubUrl {
    type Err = AddressError;

    /// With plain HTTP to this machine only.
    fn from_str(raw: &str) -> Result<Self, AddressError> {
        HubUrl::parse(raw, PlainHttp::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{JournalId, Seq};

    #[test]
    fn plain_http_is_for_this_machine_unless_somebody_says_otherwise() {
        for raw in ["http://127.0.0.1:7373", "http://[::1]:7373", "http://localhost", "https://w.example.com"]
        {
            assert!(raw.parse::<HubUrl>().is_ok(), "{raw}");
        }
        for raw in ["http://10.0.0.1", "http://localhost.example.com", "http://w.example.com"] {
            assert!(matches!(raw.parse::<HubUrl>(), Err(AddressError::Readable(_))), "{raw}");
            assert!(HubUrl::parse(raw, PlainHttp::Anywhere).is_ok(), "{raw}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused_in_a_sentence() {
        for raw in ["", "w.example.com", "ftp://w.example.com", "https://", "https://u:p@w", "https://w?x=1"]
        {
            assert!(raw.parse::<HubUrl>().is_err(), "{raw}");
        }
    }

    #[test]
    fn a_path_before_the_hub_is_kept() {
        let hub: HubUrl = "https://example.com/warroom/".parse().unwrap();
        assert_eq!(hub.to_string(), "https://example.com/warroom");
        assert_eq!(hub.at("/healthz").as_str(), "https://example.com/warroom/healthz");
        let after = Cursor { journal: JournalId(uuid::Uuid::nil()), seq: Seq(7) };
        let feed = hub.feed(Some(after)).to_string();
        assert!(
            feed.starts_with("wss://example.com/warroom/api/v1/feed?pack=gzip&after=00000000-"),
            "{feed}"
        );
        let here: HubUrl = "http://127.0.0.1:7373".parse().unwrap();
        assert_eq!(here.feed(None).as_str(), "ws://127.0.0.1:7373/api/v1/feed?pack=gzip");
    }
}
