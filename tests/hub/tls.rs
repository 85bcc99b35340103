use std::path::PathBuf;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
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

/// Requests that were collected to break servers: each is answered with an error or the connection ends.
#[tokio::test(flavor = "multi_thread")]
async fn no_hostile_request_breaks_the_hub() {
    let Some(folder) = std::env::var_os("WARROOM_HOSTILE").map(PathBuf::from) else {
        eprintln!("skipped: WARROOM_HOSTILE does not name a folder of hostile inputs");
        return;
    };
    let room = Room::open().await;
    let mut tried = 0;
    for entry in std::fs::read_dir(folder.join("http")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "txt") {
            continue;
        }
        let mut stream = TcpStream::connect(room.hub.address).await.unwrap();
        // It may be refused and closed before all of it is sent.
        drop(stream.write_all(&std::fs::read(&path).unwrap()).await);
        let mut answer = [0; 12];
        let read = tokio::time::timeout(Duration::from_secs(15), stream.read_exact(&mut answer)).await;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        match read.unwrap_or_else(|_| panic!("{path:?} is neither answered nor closed")) {
            Ok(_) => assert!(answer.starts_with("HTTP/1.1 4"), "{path:?}: {answer}"),
            Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::UnexpectedEof, "{path:?}"),
        }
        tried += 1;
    }
    assert!(tried > 15, "{tried}");
    room.get("oli", "/incidents").await;
    room.close().await;
}
