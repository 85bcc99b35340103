//! TLS has one provider of its algorithms in a process, and somebody has to name it before the first connection.

/// Names ring. Whoever came first wins, and that is ring too.
pub fn name_provider() {
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        tracing::trace!("the TLS provider had been named before");
    }
}
