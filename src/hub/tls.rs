//! TLS for the listener: a certificate and its key, read once at the start.

use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use super::error::HubError;

/// Reads the PEM files.
pub(super) fn acceptor(cert: &Path, key: &Path) -> Result<TlsAcceptor, HubError> {
    let chain = CertificateDer::pem_file_iter(cert)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| HubError::file(cert, no_pem(&error)))?;
    if chain.is_empty() {
        return Err(HubError::file(cert, "there is no certificate in it; it must be a PEM file"));
    }
    let secret = PrivateKeyDer::from_pem_file(key).map_err(|error| HubError::file(key, no_pem(&error)))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, secret))
        .map_err(|error| HubError::file(key, error))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// In words; the library's own quote bytes.
fn no_pem(error: &pem::Error) -> String {
    match error {
        pem::Error::Io(error) => error.to_string(),
        pem::Error::NoItemsFound => "there is no key in it; it must be a PEM file".to_owned(),
        _ => "it is no whole PEM file; was it cut off?".to_owned(),
    }
}
