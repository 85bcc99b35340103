//! TLS has one provider of its algorithms in a process, and somebody has to name it before the first connection. And it
//! has its own words for what is wrong with a certificate, which say nothing to who is on call.

use std::error::Error;
use std::io;

use chrono::DateTime;
use rustls::CertificateError;
use rustls::pki_types::UnixTime;

/// Names ring. Whoever came first wins, and that is ring too.
pub fn name_provider() {
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        tracing::trace!("the TLS provider had been named before");
    }
}

/// What stands against the hub's certificate and what to do about it, when that is behind an error. It begins with what
/// matters: in a narrow header the rest is cut.
pub fn complaint(error: &(dyn Error + 'static)) -> Option<String> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref::<rustls::Error>() {
            return of_tls(error);
        }
        // What an I/O error holds is not its source, but that one's source is.
        let held = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = match held {
            Some(held) => Some(held),
            None => error.source(),
        };
    }
    None
}

fn of_tls(error: &rustls::Error) -> Option<String> {
    match error {
        rustls::Error::InvalidCertificate(error) => Some(of_certificate(error)),
        rustls::Error::InvalidMessage(_) => {
            Some("what listens there does not speak TLS; is it an http:// address?".to_owned())
        }
        _ => None,
    }
}

fn of_certificate(error: &CertificateError) -> String {
    match error {
        CertificateError::Expired => "certificate has expired; whoever runs the hub has to renew it".to_owned(),
        CertificateError::ExpiredContext { time, not_after } => format!(
            "certificate expired on {}; whoever runs the hub has to renew it (here it is {})",
            day(*not_after),
            day(*time)
        ),
        CertificateError::NotValidYet => {
            "certificate is not valid yet; is the clock of this machine right?".to_owned()
        }
        CertificateError::NotValidYetContext { time, not_before } => format!(
            "certificate is not valid before {}; is the clock of this machine right? Here it is {}",
            day(*not_before),
            day(*time)
        ),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "certificate for another name; check WARROOM_HUB".to_owned()
        }
        CertificateError::UnknownIssuer => {
            "certificate of an issuer whom this machine does not trust; add the issuer to the system's certificates, or \
             name a file with it in SSL_CERT_FILE"
                .to_owned()
        }
        CertificateError::Revoked => "certificate revoked; whoever runs the hub needs a new one".to_owned(),
        other => format!("certificate is not accepted ({other})"),
    }
}

/// `2026-11-23`, of UTC.
fn day(time: UnixTime) -> String {
    let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    DateTime::from_timestamp(seconds, 0)
        .map_or_else(|| "a day that no calendar has".to_owned(), |day| day.format("%Y-%m-%d").to_string())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(seconds: u64) -> UnixTime {
        UnixTime::since_unix_epoch(Duration::from_secs(seconds))
    }

    #[test]
    fn a_certificate_out_of_its_time_is_told_with_the_days() {
        let error =
            CertificateError::ExpiredContext { time: at(1_795_392_000), not_after: at(1_580_515_200) };
        let wrapped = io::Error::other(io::Error::other(rustls::Error::InvalidCertificate(error)));
        assert_eq!(
            complaint(&wrapped).unwrap(),
            "certificate expired on 2020-02-01; whoever runs the hub has to renew it (here it is 2026-11-23)"
        );
    }

    #[test]
    fn what_has_nothing_to_do_with_certificates_is_no_complaint() {
        assert_eq!(complaint(&io::Error::from(io::ErrorKind::ConnectionRefused)), None);
        assert_eq!(complaint(&io::Error::other(rustls::Error::HandshakeNotComplete)), None);
    }
}
