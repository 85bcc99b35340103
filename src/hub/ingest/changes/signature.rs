//! Who signs what they send: checked over the bytes as they came, before anything reads them, in the same time whatever
//! the answer.

use axum::http::HeaderMap;
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use super::Sender;
use crate::connect::read_secret;
use crate::hub::error::{ApiError, HubError, Kind};
use crate::hub::settings::SignatureSettings;

/// The secrets of those who sign. A sender without one is known by its token alone.
#[derive(Debug, Default)]
pub struct Signatures {
    github: Vec<SecretString>,
    launchdarkly: Vec<SecretString>,
}

impl Signatures {
    /// Reads the files. Each line of a file is a secret that counts, so that one can be replaced without a gap.
    ///
    /// # Errors
    ///
    /// When a file cannot be read, is empty, or others can read it.
    pub fn open(settings: &SignatureSettings) -> Result<Self, HubError> {
        let secrets = |name: &str, file: &Option<std::path::PathBuf>| match file {
            None => Ok(Vec::new()),
            Some(file) => match read_secret(file) {
                Ok(secrets) => Ok(lines(&secrets)),
                Err(error) => Err(HubError::Settings(format!("signatures.{name}: {error}"))),
            },
        };
        Ok(Signatures {
            github: secrets("github", &settings.github)?,
            launchdarkly: secrets("launchdarkly", &settings.launchdarkly)?,
        })
    }

    /// The same secrets for everybody.
    #[cfg(test)]
    pub(super) fn of(secrets: Vec<SecretString>) -> Self {
        Signatures { github: secrets.clone(), launchdarkly: secrets }
    }

    /// # Errors
    ///
    /// 401 where the sender has a secret and the body does not have its signature.
    pub(super) fn check(&self, sender: Sender, headers: &HeaderMap, body: &[u8]) -> Result<(), ApiError> {
        let (secrets, header, prefix, name) = match sender {
            Sender::GitHub => (&self.github, "x-hub-signature-256", "sha256=", "github"),
            Sender::LaunchDarkly => (&self.launchdarkly, "x-ld-signature", "", "launchdarkly"),
            Sender::CloudEvents | Sender::Unleash | Sender::Flagger | Sender::Argo => return Ok(()),
        };
        if secrets.is_empty() {
            return Ok(());
        }
        let mut given = headers.get_all(header).iter();
        // Two of them is somebody trying which one counts.
        let given = match (given.next(), given.next()) {
            (Some(only), None) => only.as_bytes(),
            (_, _) => b"",
        };
        let is_one = secrets.iter().fold(false, |found, secret| {
            let expected = signature(secret.expose_secret().as_bytes(), body);
            let expected = expected.map(|hex| format!("{prefix}{hex}"));
            found | expected.is_some_and(|expected| bool::from(expected.as_bytes().ct_eq(given)))
        });
        if is_one {
            return Ok(());
        }
        let detail = format!(
            "the header {header} is missing or is not the signature of this body; the same secret belongs into the \
             sender's settings and into the file that `hub.signatures.{name}` names"
        );
        Err(ApiError::new(Kind::Unauthorized, detail))
    }
}

fn lines(secrets: &SecretString) -> Vec<SecretString> {
    let lines = secrets.expose_secret().lines().map(|line| line.trim_end_matches('\r'));
    lines.filter(|line| !line.is_empty()).map(SecretString::from).collect()
}

/// HMAC-SHA256 in lower-case hexadecimal digits.
fn signature(secret: &[u8], body: &[u8]) -> Option<String> {
    // HMAC takes a key of any length, so this never is none.
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).ok()?;
    mac.update(body);
    Some(mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed_by(secrets: &[&str]) -> Signatures {
        Signatures::of(secrets.iter().map(|secret| SecretString::from(*secret)).collect())
    }

    fn with(headers: &[(&'static str, &str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        headers.iter().for_each(|(name, value)| _ = map.append(*name, value.parse().unwrap()));
        map
    }

    /// docs.github.com, "Validating webhook deliveries".
    const SECRET: &str = "It's a Secret to Everybody";
    const SIGNED: &str = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

    #[test]
    fn a_delivery_is_taken_with_its_signature_under_any_of_the_secrets_and_not_without() {
        let check = |signatures: &Signatures, headers: &[(&'static str, &str)], body: &str| {
            signatures.check(Sender::GitHub, &with(headers), body.as_bytes()).map_err(|error| error.status())
        };
        let right = [("x-hub-signature-256", SIGNED)];
        for signatures in [signed_by(&[SECRET]), signed_by(&["another", SECRET])] {
            assert_eq!(check(&signatures, &right, "Hello, World!"), Ok(()));
        }
        let signatures = signed_by(&[SECRET]);
        for (headers, body) in [
            (&right[..], "Hello, World"),
            (&[], "Hello, World!"),
            (&[("x-hub-signature-256", &SIGNED[7..])], "Hello, World!"),
            (&[("x-hub-signature-256", &*SIGNED.to_uppercase())], "Hello, World!"),
            (&[("x-hub-signature", "sha1=94af6d5f03142cde8160693e40d9f0f8698d5320")], "Hello, World!"),
            (&[right[0], right[0]], "Hello, World!"),
        ] {
            assert_eq!(check(&signatures, headers, body).unwrap_err(), 401, "{headers:?}");
        }
        assert!(check(&signed_by(&["another"]), &right, "Hello, World!").is_err());
        assert_eq!(check(&Signatures::default(), &[], "Hello, World!"), Ok(()), "no secret is set");
    }

    #[test]
    fn each_line_of_the_file_is_a_secret() {
        let secrets = lines(&SecretString::from("It's one\r\n\nand another\n"));
        let shown: Vec<&str> = secrets.iter().map(|secret| secret.expose_secret()).collect();
        assert_eq!(shown, ["It's one", "and another"]);
    }
}
