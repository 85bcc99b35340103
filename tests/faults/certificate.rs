//! A hub whose certificate is replaced while it runs.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::PATIENCE;
use crate::support::eventually;
use crate::support::servers::free_address;
use crate::watcher::Watcher;

/// Certificates for localhost of one key and one issuer, whom nobody else trusts.
fn made(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/e2e/tls").join(name)
}

/// A hub with TLS, by itself in a folder.
struct Hub {
    folder: TempDir,
    watcher: Watcher,
    process: Option<Child>,
}

impl Hub {
    fn with(certificate: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (address, metrics) = (free_address(), free_address());
        let path = |name: &str| folder.path().join(name).display().to_string();
        fs::copy(made("key.pem"), path("hub.key")).unwrap();
        let settings = format!(
            "[hub]\nlisten = '{address}'\nmetrics_listen = '{metrics}'\njournal = '{}'\ntls_cert = '{}'\n\
             tls_key = '{}'\n",
            path("data/journal.db"),
            path("hub.crt"),
            path("hub.key")
        );
        let watcher = Watcher::with(&[
            ("WARROOM_HUB", &format!("https://localhost:{}", address.port())),
            ("WARROOM_TOKEN_FILE", &path("data/token")),
            ("SSL_CERT_FILE", &made("ca.pem").display().to_string()),
        ]);
        fs::write(watcher.setting("config.toml"), settings).unwrap();
        let mut hub = Hub { folder, watcher, process: None };
        hub.renew(certificate);
        hub.start();
        hub
    }

    /// As a tool that renews certificates does it: a new file in the place of the old one.
    fn renew(&self, certificate: &str) {
        let new = self.folder.path().join("new.crt");
        fs::copy(made(certificate), &new).unwrap();
        fs::rename(new, self.folder.path().join("hub.crt")).unwrap();
    }

    fn command(&self) -> Command {
        let mut command = self.watcher.command(&["hub"]);
        let log = File::options().create(true).append(true).open(self.folder.path().join("log")).unwrap();
        command.stdout(Stdio::null()).stderr(log);
        command
    }

    #[track_caller]
    fn start(&mut self) {
        self.process = Some(self.command().spawn().unwrap());
        eventually("the hub speaks TLS", PATIENCE, || {
            let said = self.list().1;
            (!said.contains("cannot be reached") && !said.contains("token file")).then_some(())
        });
    }

    fn end(&mut self) {
        let mut process = self.process.take().unwrap();
        Command::new("kill").args(["-TERM", &process.id().to_string()]).status().unwrap();
        let ended = eventually("the hub ends", PATIENCE, || process.try_wait().unwrap());
        assert!(ended.success(), "{ended}");
    }

    /// The exit code and words of a command to the hub.
    fn list(&self) -> (Option<i32>, String) {
        let ran = self.watcher.run(&["incident", "list"]);
        (ran.code, ran.err)
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().ok();
            process.wait().ok();
        }
    }
}

#[test]
fn a_renewed_certificate_counts_from_the_next_start_and_a_broken_one_stops_only_a_start() {
    let mut hub = Hub::with("expired.pem");
    let (code, said) = hub.list();
    assert!(code == Some(4) && said.contains("certificate expired on 2020-02-01"), "{code:?} {said}");
    let room = hub.watcher.terminal((100, 30), &[], &[]);
    room.wait_for_text("certificate expired", PATIENCE);

    hub.renew("valid.pem");
    let (code, said) = hub.list();
    assert!(code == Some(4) && said.contains("expired"), "it is read at the start: {code:?} {said}");
    hub.end();
    hub.start();
    assert_eq!(hub.list(), (Some(0), String::new()));
    // The room that was refused comes in by itself.
    room.wait_for_text("LIVE", PATIENCE);

    let file = hub.folder.path().join("hub.crt");
    fs::write(&file, "-----BEGIN CERTIFICATE-----\nhalf a").unwrap();
    assert_eq!(hub.list(), (Some(0), String::new()), "the hub that runs keeps the one it has");
    hub.end();
    let refused = hub.watcher.run(&["hub"]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    let said = format!("{} cannot be used: it is no whole PEM file", file.display());
    assert!(refused.err.contains(&said), "{refused:?}");

    hub.renew("valid.pem");
    room.wait_for_text("OFFLINE", PATIENCE);
    hub.start();
    room.wait_for_text("LIVE", PATIENCE);
}
