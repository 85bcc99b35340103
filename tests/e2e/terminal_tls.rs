//! A hub behind TLS, and certificates that are out of their time.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Stdio};

use crate::alone::Alone;
use crate::hub::{PATIENCE, PROGRAM};
use crate::support::eventually;
use crate::support::terminal::Terminal;

/// Certificates for localhost, their key, which is no secret, and their issuer, whom nobody else trusts.
fn file(name: &str) -> String {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/e2e/tls").join(name).display().to_string()
}

struct Served {
    alone: Alone,
    process: Child,
    url: String,
    token_file: String,
}

impl Served {
    fn with(certificate: &str) -> Self {
        let alone = Alone::new();
        let (cert, key) = (file(certificate), file("key.pem"));
        let process = alone
            .command(&["hub", "--tls-cert", &cert, "--tls-key", &key])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let token = alone.path("state/warroom/token");
        eventually("the hub has a token and listens", PATIENCE, || {
            (token.exists() && alone.listens()).then_some(())
        });
        let url = format!("https://localhost:{}", alone.address.port());
        Served { url, token_file: token.display().to_string(), alone, process }
    }

    /// What a client needs beside its folders.
    fn env(&self, issuer: &str) -> [(&str, String); 3] {
        [
            ("WARROOM_HUB", self.url.clone()),
            ("WARROOM_TOKEN_FILE", self.token_file.clone()),
            ("SSL_CERT_FILE", file(issuer)),
        ]
    }

    fn room(&self, issuer: &str) -> Terminal {
        let env = self.env(issuer);
        let env: Vec<(&str, &str)> = env.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.alone.terminal(PROGRAM, &[], &env)
    }

    /// The exit code and the words of a command.
    fn run(&self, issuer: &str, args: &[&str]) -> (Option<i32>, String) {
        let output = self.alone.command(args).envs(self.env(issuer)).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_room_follows_its_hub_over_tls() {
    let hub = Served::with("valid.pem");
    let terminal = hub.room("ca.pem");
    terminal.wait_for_text("LIVE", PATIENCE);
    let (code, words) = hub.run("ca.pem", &["incident", "declare", "Over TLS"]);
    assert_eq!(code, Some(0), "{words}");
    terminal.wait_for_text("Over TLS", PATIENCE);
    terminal.send_keys("a");
    terminal.wait_for_text("investigating", PATIENCE);
}

#[test]
fn a_certificate_out_of_its_time_or_of_a_stranger_is_told_in_the_room_and_by_commands() {
    let cases = [
        ("expired.pem", "ca.pem", "certificate expired on 2020-02-01"),
        ("early.pem", "ca.pem", "certificate is not valid before 2110-01-01"),
        ("valid.pem", "../../hub/tls/ca.pem", "certificate of an issuer whom this machine does not"),
    ];
    for (certificate, issuer, words) in cases {
        let hub = Served::with(certificate);
        let (code, said) = hub.run(issuer, &["incident", "list"]);
        assert_eq!(code, Some(4), "{said}");
        assert!(said.contains(words), "{certificate}: {said}");
        let terminal = hub.room(issuer);
        terminal.wait_for_text(words, PATIENCE);
        terminal.send_keys("q");
        terminal.wait_for_exit(PATIENCE);
        // What does not fit on the screen is in the log.
        let log = fs::read_to_string(hub.alone.log()).unwrap();
        assert!(log.contains(words), "{certificate}: {log}");
    }
}
