use std::path::PathBuf;

use warroom::hub::Settings;

use crate::room::{Room, memory, settings};

/// A certificate for localhost, its key, which is no secret, and its issuer, whom nobody else trusts.
fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/hub/tls").join(name)
}

async fn room() -> Room {
    let (tls_cert, tls_key) = (Some(file("cert.pem")), Some(file("key.pem")));
    Room::with(memory(), Settings { tls_cert, tls_key, ..settings() }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_certificate_the_hub_speaks_tls_and_nothing_else() {
    let room = room().await;
    let trusted = reqwest::Certificate::from_pem(&std::fs::read(file("ca.pem")).unwrap()).unwrap();
    let client = reqwest::Client::builder().tls_certs_only([trusted]).build().unwrap();
    let address = room.hub.address;
    let answer = client.get(format!("https://{address}/healthz")).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(room.http.get(format!("http://{address}/healthz")).send().await.is_err());
    room.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_without_its_key_is_refused_at_the_start() {
    let refused = async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let parts = warroom::hub::Parts {
            journal: memory(),
            clock: std::sync::Arc::new(warroom::hub::clock::SystemClock),
            random: std::sync::Arc::new(warroom::hub::clock::SystemRandom),
            tokens: warroom::hub::auth::TokenSource::Memory(Vec::new()),
            demo: false,
        };
        let alone = Settings { tls_cert: Some(file("cert.pem")), ..settings() };
        warroom::hub::start(alone, parts, listener, Default::default()).await.unwrap_err()
    };
    assert!(refused.await.to_string().contains("give both"));
}
