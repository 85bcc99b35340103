//! The supports of the other tests, tested: a screen that lies or a mail server that loses mail proves nothing.
#![allow(clippy::panic, clippy::expect_used, reason = "tests")]

mod support;

use std::time::Duration;

use support::exporter::{Exporter, Health};
use support::servers::{Alertmanager, Program, Prometheus};
use support::terminal::{Terminal, keys};
use support::{eventually, http, require_or_skip};

/// Generous: these run beside a compiler.
const SOON: Duration = Duration::from_secs(20);

fn sh(script: &str) -> Terminal {
    Terminal::spawn("sh", &["-c", script], &[], 80, 24)
}

mod terminal {
    use super::*;

    #[test]
    fn what_is_typed_is_echoed_and_given_back_by_cat() {
        let terminal = Terminal::spawn("cat", &[], &[], 80, 24);
        terminal.send_keys("good evening");
        terminal.send_keys(keys::ENTER);
        terminal.wait_for(|screen| screen.contents() == "good evening\ngood evening", SOON);
        assert_eq!(terminal.exit_status().map(|status| status.success()), None);
        terminal.send_keys(keys::CTRL_D);
        assert!(terminal.wait_for_exit(SOON).success());
        assert_eq!(terminal.screen_text(), "good evening\ngood evening");
    }

    #[test]
    fn the_exit_code_and_every_byte_are_kept() {
        let terminal = sh("printf '\\033[1mbold\\033[0m'; exit 7");
        assert_eq!(terminal.wait_for_exit(SOON).exit_code(), 7);
        terminal.wait_for_text("bold", SOON);
        assert_eq!(terminal.raw(), b"\x1b[1mbold\x1b[0m");
        assert!(terminal.screen().cell(0, 0).is_some_and(vt100::Cell::bold));
    }

    #[test]
    fn the_environment_is_what_the_test_says_and_no_more() {
        let terminal =
            Terminal::spawn("sh", &["-c", "echo $TERM/$LANG/$OURS/$HOME/"], &[("OURS", "yes")], 80, 24);
        terminal.wait_for_text("xterm-256color/C.UTF-8/yes//", SOON);
    }

    #[test]
    fn a_resize_reaches_the_program() {
        let terminal = sh("trap 'stty size' WINCH; echo ready; while read line; do :; done");
        terminal.wait_for_text("ready", SOON);
        terminal.resize(120, 40);
        // dash runs the trap once `read` comes back; ours may need the line.
        terminal.send_keys(keys::ENTER);
        terminal.wait_for_text("40 120", SOON);
        assert_eq!(terminal.screen().size().1.get(), 120);
    }

    #[test]
    fn questions_to_the_terminal_are_answered() {
        let terminal = sh("stty raw -echo; printf 'ab\\033[6n'; head -c 6 | od -An -c; \
                           printf '\\033[c'; head -c 9 | od -An -c; stty sane");
        terminal.wait_for_text("033   [   1   ;   3   R", SOON);
        terminal.wait_for_text("033   [   ?   6   2   ;   2   2   c", SOON);
    }

    #[test]
    fn a_frame_is_not_looked_at_before_it_is_whole() {
        let terminal = sh("printf '\\033[?2026hhalf'; read go; printf ' whole\\033[?2026l'; read end");
        eventually("the first half is written", SOON, || {
            terminal.screen_text().contains("half").then_some(())
        });
        terminal.send_keys(keys::ENTER);
        // The enter is echoed into the frame; what matters is that "half" was never seen alone.
        terminal.wait_for(
            |screen| {
                assert!(screen.contents().contains("whole"), "half a frame was shown");
                true
            },
            SOON,
        );
    }

    #[test]
    fn a_paused_terminal_stops_a_program_that_writes_on() {
        let terminal = sh("while :; do echo yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy; done");
        terminal.wait_for_text("yyy", SOON);
        terminal.pause();
        // One read may come through; after that the count stands.
        let mut last = 0;
        eventually("the reader stands still", SOON, || {
            let now = terminal.bytes_written();
            (std::mem::replace(&mut last, now) == now).then_some(())
        });
        terminal.resume();
        eventually("the reader goes on", SOON, || (terminal.bytes_written() > last).then_some(()));
    }

    #[test]
    fn signals_and_kill_end_the_program() {
        let terminal = sh("trap 'echo caught; exit 3' TERM; echo ready; while :; do read x; done");
        terminal.wait_for_text("ready", SOON);
        let settings = terminal.line_settings();
        assert!(settings.contains("icanon"), "{settings}");
        terminal.signal("TERM");
        terminal.send_keys(keys::ENTER);
        assert_eq!(terminal.wait_for_exit(SOON).exit_code(), 3);

        let terminal = sh("trap '' TERM HUP INT; echo ready; while :; do read x; done");
        terminal.wait_for_text("ready", SOON);
        terminal.kill();
        assert_eq!(terminal.wait_for_exit(SOON).signal(), Some("Killed"));
    }

    #[test]
    #[should_panic(expected = "│all that there is")]
    fn a_wait_in_vain_shows_the_screen() {
        let terminal = sh("echo all that there is; read x");
        terminal.wait_for_text("all that", SOON);
        terminal.wait_for_text("more", Duration::from_millis(10));
    }

    #[test]
    #[should_panic(expected = "Exited with code 4")]
    fn a_wait_ends_with_the_program() {
        sh("exit 4").wait_for_text("never", Duration::from_secs(3600));
    }
}

mod exporter {
    use super::*;

    #[test]
    fn counters_and_gauges_are_served_as_text() {
        let exporter = Exporter::start();
        exporter.add("http_requests_total", &[("code", "200")], 2.0);
        exporter.add("http_requests_total", &[("code", "200")], 3.0);
        exporter.add("http_requests_total", &[("code", "500")], 1.0);
        exporter.set("queue_length", &[], 7.5);
        let answer = http::get(exporter.address(), "/metrics").expect("metrics");
        assert_eq!(
            answer.body,
            "# TYPE http_requests_total counter\nhttp_requests_total{code=\"200\"} 5\n\
             http_requests_total{code=\"500\"} 1\n# TYPE queue_length gauge\nqueue_length{} 7.5\n"
        );
        assert_eq!(exporter.scrapes(), 1);
    }

    #[test]
    fn it_fails_and_falls_silent_when_told() {
        let exporter = Exporter::start();
        exporter.become_health(Health::Failing);
        assert_eq!(http::get(exporter.address(), "/metrics").map(|answer| answer.status).ok(), Some(503));
        exporter.become_health(Health::Silent);
        assert!(http::get(exporter.address(), "/metrics").is_err());
        let address = exporter.address();
        drop(exporter);
        assert!(http::get(address, "/metrics").is_err());
    }
}

mod servers {
    use super::*;

    #[test]
    fn prometheus_answers_about_the_exporter() {
        require_or_skip!(Program::Prometheus);
        let exporter = Exporter::start();
        exporter.add("http_requests_total", &[("code", "200")], 41.0);
        let config = format!(
            "global: {{ scrape_interval: 200ms, evaluation_interval: 200ms }}\n\
             rule_files: [rules.yml]\n\
             scrape_configs: [{{ job_name: shop, static_configs: [{{ targets: ['{}'] }}] }}]\n",
            exporter.address()
        );
        let rules =
            "groups: [{ name: shop, rules: [{ alert: ManyRequests, expr: http_requests_total > 41 }] }]";
        let prometheus = Prometheus::start(&config, &[("rules.yml", rules)]);
        prometheus.wait_for(r#"http_requests_total{code="200"}"#, SOON, |value| value == 41.0);
        assert_eq!(prometheus.value("nobody_knows_this"), None);
        assert_eq!(prometheus.value("scalar(up)"), Some(1.0));
        assert!(prometheus.alerts().is_empty());

        exporter.add("http_requests_total", &[("code", "200")], 1.0);
        exporter.wait_for_scrapes(2, SOON);
        let alert = eventually("the rule fires", SOON, || prometheus.alerts().pop());
        assert_eq!(alert["labels"]["alertname"], "ManyRequests");
    }

    #[test]
    fn a_server_that_cannot_start_shows_its_log() {
        require_or_skip!(Program::Prometheus);
        let panic = std::panic::catch_unwind(|| Prometheus::start("this: is no configuration", &[])).err();
        let words = panic.and_then(|panic| panic.downcast::<String>().ok()).expect("a panic with words");
        assert!(
            words.contains("ended instead of starting") && words.contains("field this not found"),
            "{words}"
        );
    }

    #[test]
    fn alertmanager_takes_an_alert_and_hands_it_out_again() {
        require_or_skip!(Program::Alertmanager);
        let alertmanager =
            Alertmanager::start("route: { receiver: nobody }\nreceivers: [{ name: nobody }]\n");
        let posted = http::post_json(
            alertmanager.address(),
            "/api/v2/alerts",
            r#"[{ "labels": { "alertname": "HighErrorRate", "severity": "critical" } }]"#,
        );
        assert_eq!(posted.map(|answer| answer.status).ok(), Some(200), "{}", alertmanager.log());
        let alert = eventually("the alert is listed", SOON, || alertmanager.alerts().pop());
        assert_eq!(alert["labels"]["alertname"], "HighErrorRate");
    }

    #[test]
    fn what_is_missing_is_said_in_one_line() {
        assert_eq!(support::servers::available(&[]), Ok(()));
        if let Err(missing) = support::servers::available(&[Program::Prometheus, Program::Alertmanager]) {
            assert!(missing.contains("apt-get install prometheus") && !missing.contains('\n'), "{missing}");
        }
    }
}

#[cfg(feature = "hub")]
mod smtp {
    use lettre::transport::smtp::response::Response;
    use lettre::{Message, SmtpTransport, Transport as _};

    use super::support::smtp::{AfterData, SmtpServer};
    use super::*;

    type Sent = Result<Response, lettre::transport::smtp::Error>;

    fn send(server: &SmtpServer, body: &str) -> Sent {
        let mail = Message::builder()
            .from("Shop <incidents@shop.test>".parse().expect("a sender"))
            .to("a@customers.test".parse().expect("a recipient"))
            .bcc("b@customers.test".parse().expect("a recipient"))
            .subject("Checkout is slow")
            .body(body.to_owned())
            .expect("a message");
        let address = server.address();
        SmtpTransport::builder_dangerous(address.ip().to_string())
            .port(address.port())
            .timeout(Some(SOON))
            .build()
            .send(&mail)
    }

    #[test]
    fn a_mail_arrives_once_as_it_was_written() {
        let server = SmtpServer::start();
        assert!(send(&server, "We know.\r\n.\r\n..two dots\r\nNext update at 14:30.").is_ok());
        let [mail] = server.mails().try_into().expect("one mail");
        assert_eq!(mail.from, "incidents@shop.test");
        assert_eq!(mail.to, ["a@customers.test", "b@customers.test"]);
        assert!(mail.data.contains("Subject: Checkout is slow\r\n"), "{}", mail.data);
        assert!(
            mail.data.ends_with("We know.\r\n.\r\n..two dots\r\nNext update at 14:30.\r\n"),
            "{}",
            mail.data
        );
    }

    #[test]
    fn a_cut_after_the_dot_leaves_the_sender_without_an_answer() {
        let server = SmtpServer::start();
        server.after_data(AfterData::TakeAndDrop);
        assert!(send(&server, "taken").is_err());
        assert_eq!(server.mails().len(), 1);
        server.after_data(AfterData::DropUntaken);
        assert!(send(&server, "not taken").is_err());
        assert_eq!(server.mails().len(), 1);
    }

    #[test]
    fn refusals_are_for_later_or_for_ever() {
        let server = SmtpServer::start();
        server.after_data(AfterData::Refuse(451));
        assert!(send(&server, "later").is_err_and(|error| error.is_transient()));
        server.after_data(AfterData::Refuse(554));
        assert!(send(&server, "never").is_err_and(|error| error.is_permanent()));
        assert!(server.mails().is_empty());
    }

    #[test]
    fn a_stalled_mail_is_taken_when_the_server_goes_on() {
        let server = SmtpServer::start();
        server.after_data(AfterData::Stall);
        std::thread::scope(|scope| {
            let sending = scope.spawn(|| send(&server, "patience"));
            server.wait_until_stalled(SOON);
            assert!(server.mails().is_empty());
            server.after_data(AfterData::Take);
            assert_eq!(server.wait_for_mails(1, SOON).len(), 1);
            assert!(sending.join().expect("the sender's thread").is_ok());
        });
    }

    #[test]
    fn a_stalled_mail_of_a_sender_that_has_gone_is_not_taken() {
        use std::io::{Read as _, Write as _};

        let server = SmtpServer::start();
        server.after_data(AfterData::Stall);
        let mut client = std::net::TcpStream::connect(server.address()).expect("a connection");
        let script = "EHLO x\r\nMAIL FROM:<a@x.test>\r\nRCPT TO:<b@x.test>\r\nDATA\r\nhello\r\n.\r\n";
        client.write_all(script.as_bytes()).expect("a listening server");
        server.wait_until_stalled(SOON);
        drop(client);
        server.after_data(AfterData::Take);

        // Another one, through the whole conversation, to know that the server has gone on.
        assert!(send(&server, "second").is_ok());
        let mails = server.wait_for_mails(1, SOON);
        assert!(mails.iter().all(|mail| mail.data.contains("second")), "{mails:?}");

        let mut client = std::net::TcpStream::connect(server.address()).expect("a connection");
        client.write_all(b"RCPT TO:<b@x.test>\r\nDATA\r\nQUIT\r\n").expect("a listening server");
        let mut answers = String::new();
        client.read_to_string(&mut answers).expect("answers until the server hangs up");
        let codes: Vec<&str> = answers.lines().filter_map(|line| line.get(..3)).collect();
        assert_eq!(codes, ["220", "503", "503", "221"]);
    }
}
