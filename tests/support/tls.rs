//! The server's end of TLS for the servers in tests: a certificate for localhost, its key, which is no secret, and its issuer,
//! whom only those trust who are told to.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// `ca.pem`, `cert.pem` or `key.pem`.
pub fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/hub/tls").join(name)
}

/// One connection, in the clear or not.
pub enum Channel<'a> {
    Clear(&'a TcpStream),
    Tls(Box<StreamOwned<ServerConnection, &'a TcpStream>>),
}

impl<'a> Channel<'a> {
    /// The handshake takes place with the first byte that is read or written.
    pub fn tls(stream: &'a TcpStream) -> io::Result<Self> {
        let connection = ServerConnection::new(server_config()).map_err(io::Error::other)?;
        Ok(Channel::Tls(Box::new(StreamOwned::new(connection, stream))))
    }
}

impl Read for Channel<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Channel::Clear(stream) => stream.read(into),
            Channel::Tls(stream) => stream.read(into),
        }
    }
}

impl Write for Channel<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Channel::Clear(stream) => stream.write(bytes),
            Channel::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Channel::Clear(stream) => stream.flush(),
            Channel::Tls(stream) => stream.flush(),
        }
    }
}

#[track_caller]
fn server_config() -> Arc<ServerConfig> {
    let chain = CertificateDer::pem_file_iter(file("cert.pem")).expect("the tests' certificate");
    let chain = chain.collect::<Result<Vec<_>, _>>().expect("a certificate in PEM");
    let key = PrivateKeyDer::from_pem_file(file("key.pem")).expect("the tests' key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.expect("protocol versions that the provider has").with_no_client_auth();
    Arc::new(config.with_single_cert(chain, key).expect("a key that fits its certificate"))
}
