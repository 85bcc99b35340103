use std::borrow::Cow;
use std::time::Instant;

use proptest::prelude::*;

use super::*;

/// Each beside what it becomes.
const SECRETS: &[(&str, &str)] = &[
    ("key AKIAIOSFODNN7EXAMPLE denied", "key [masked: AWS key] denied"),
    ("ASIAIOSFODNN7EXAMPLE", "[masked: AWS key]"),
    ("(ghp_abcdefghijklmnopqrstuvwxyz0123456789).", "([masked: GitHub token])."),
    ("gho_abcdefghijklmnopqrstuvwxyz0123456789.", "[masked: GitHub token]."),
    ("ghs_123456_eyJhbGciOiJSUzI1NiJ9.eyJpYXQiOjE3.c2lnbmF0dXJl", "[masked: GitHub token]"),
    ("github_pat_11ABCDEFG0abcdefghijkl_mnopqrstuv", "[masked: GitHub token]"),
    ("glpat-abcdefghij_-0123456789", "[masked: GitLab token]"),
    ("xoxb-123456789012-abcdefABCDEF", "[masked: Slack token]"),
    ("key=AIzaSyA1234567890abcdefghijklmnopqrstuv&q=1", "key=[masked: Google key]&q=1"),
    ("sk_live_abcdefghijklmnop0123", "[masked: Stripe key]"),
    ("x-rk_live_abcdefghijklmnop0123", "x-[masked: Stripe key]"),
    ("a eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl b", "a [masked: JWT] b"),
    ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0", "[masked: JWT]"),
    ("Authorization: Bearer abc", "Authorization: Bearer [masked: credentials]"),
    ("authorization: basic dXNlcjpwYXNz, more", "authorization: basic [masked: credentials], more"),
    (r#"{"Authorization": "Bearer abc.def"}"#, r#"{"Authorization": "Bearer [masked: credentials]"}"#),
    ("curl -H 'Bearer abcdef12345'", "curl -H 'Bearer [masked: credentials]'"),
    ("https://bob:hunter2@db.example/x", "https://bob:[masked: password]@db.example/x"),
    ("redis://:p@ss@cache:6379", "redis://:[masked: password]@cache:6379"),
    ("password=hunter2", "password=[masked: password]"),
    ("DB_PASSWORD = 'hunter 2' next", "DB_PASSWORD = '[masked: password]' next"),
    ("login failed, password: hunter2.", "login failed, password: [masked: password]"),
    (r#"{"password": "hun\"ter2", "a": 1}"#, r#"{"password": "[masked: password]", "a": 1}"#),
    (r#"{\"passwd\":\"hunter2\",\"a\":1}"#, r#"{\"passwd\":\"[masked: password]\",\"a\":1}"#),
    ("map[password:hunter2 user:bob]", "map[password:[masked: password] user:bob]"),
    ("/hook?a=1&token=abc&b=2", "/hook?a=1&token=[masked: token]&b=2"),
    (
        "/graph?g0.expr=x%7Bpassword%3D%22hunter2%22%7D",
        "/graph?g0.expr=x%7Bpassword%3D%22[masked: password]%22%7D",
    ),
    ("client_secret=s3cr3t;", "client_secret=[masked: secret];"),
    ("secret: 9f8e7d6c5b4a", "secret: [masked: secret]"),
    ("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG", "aws_secret_access_key = [masked: API key]"),
    ("X-Api-Key: 12", "X-Api-Key: [masked: API key]"),
    ("apiKey => 'abc'", "apiKey => '[masked: API key]'"),
    ("password='never closed\nnext line", "password='[masked: password]\nnext line"),
    ("card 4111111111111111 declined", "card [masked: card number] declined"),
    ("4111 1111 1111 1111", "[masked: card number]"),
    ("5555-5555-5555-4444,", "[masked: card number],"),
    ("3782 822463 10005", "[masked: card number]"),
    ("amex 378282246310005", "amex [masked: card number]"),
    ("30569309025904", "[masked: card number]"),
    ("6011111111111117", "[masked: card number]"),
    ("2223003122003222", "[masked: card number]"),
];

/// What monitoring says, and what looks a little like a secret.
const HARMLESS: &[&str] = &[
    "",
    "error rate above 5% on node-17 (0.0731 > 0.05)",
    "http://prometheus.example:9090/graph?g0.expr=rate%28http_requests_total%7Bcode%3D~%225..%22%7D%5B5m%5D%29&g0.tab=1",
    "kube_secret_info{secret=~\"tls-.*\"} and token!=\"\"",
    "secret \"shop/tls\" not found; token: expired; secret: missing",
    "max_tokens=4096 tokens: 12 token_bucket=5 secretName=tls use_token=true password=null \"token\": null",
    "password= password=\"\" password: ",
    "since 1795442597250000000 ns, 1795442597250 ms, 1795442597250000 us",
    "0.4111111111111111 and 4111111111111111.5 and 4111111111111112 and 44111111111111111",
    "550e8400-e29b-41d4-a716-446655440000 trace 4bf92f3577b34da6a3ce929d0e0e4736",
    "disk_live_abcdefghijklmnop0123 task_live_connections",
    "basic authentication failed, bearer of bad news, Basic: true",
    "NOKIAKIA ASIAN markets, AKIA and eyJ are beginnings; eyJhbGciOiJIUzI1NiJ9 alone too",
    "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
    "ssh://git@example.org:22/repo, mailto:bob@example.org, http://[::1]:9090/a@b",
    "std::token::parse(token::Kind) at 12:00:00, a <U+202E> mark, C:\\users",
    "[masked: password] [masked: AWS key]",
];

#[test]
fn each_known_form_is_masked_and_what_is_around_it_stays() {
    for (raw, masked) in SECRETS {
        assert_eq!(mask(raw), *masked, "{raw}");
    }
}

/// A random text found it: with the password gone, what stood around it read as the beginning of a key.
#[test]
fn what_is_left_around_a_masked_value_becomes_no_secret_by_that() {
    let once = mask("-----BEGIN password=-----\"PRIVATE KEY-----BEGIN ").into_owned();
    assert_eq!(once, "-----BEGIN password=[masked: password]\"PRIVATE KEY-----BEGIN ");
    assert_eq!(mask(&once), once);
}

#[test]
fn what_monitoring_says_stays_as_it_is() {
    for text in HARMLESS {
        assert!(matches!(mask(text), Cow::Borrowed(same) if same == *text), "{text} became {}", mask(text));
    }
}

#[test]
fn a_private_key_is_masked_to_its_end_or_that_of_the_text_also_within_one_line() {
    let key = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nIBAAK\n-----END RSA PRIVATE KEY-----";
    assert_eq!(mask(&format!("a {key} b")), "a [masked: private key] b");
    assert_eq!(&*line(&format!("a {key} b")), "a [masked: private key] b");
    assert_eq!(mask(key.split("-----END").next().unwrap_or_default()), "[masked: private key]");
}

#[test]
fn a_value_is_masked_whatever_it_is_where_its_name_says_so() {
    assert_eq!(value("db_password", "x"), "[masked: password]");
    assert_eq!(value("X-Api-Key", "x"), "[masked: API key]");
    for (name, kept) in
        [("password", ""), ("secret", "tls-2026"), ("severity", "critical"), ("passwords", "9")]
    {
        assert_eq!(value(name, kept), kept);
    }
}

#[test]
fn half_a_secret_does_not_survive_where_a_text_is_cut() {
    let secret = "ghp_abcdefghijklmnopqrstuvwxyz0123456789";
    for before in 2_000..2_060 {
        let cut = line(&format!("{} {secret} and more", "a".repeat(before)));
        assert!(!cut.contains("ghp_"), "{before}: {}", cut.get(1_990..).unwrap_or_default());
    }
}

/// A square of the length would take minutes for each of these.
#[test]
fn a_text_made_to_be_slow_is_not() {
    let pieces = [
        "token:",
        "token%3D",
        "password='",
        "password=\"",
        "password=\\\"",
        "authorization:",
        "bearer+",
        "eyJ",
        "eyJ-",
        "eyJaaaaaaaaa.",
        "_eyJ",
        "ghp_",
        "ghp_.",
        "sk_live_",
        "xoxb-",
        "AKIA",
        "AIza",
        "://",
        "://a:b",
        "://a@",
        "-----BEGIN ",
        "-----BEGIN PRIVATE KEY",
        "4111 ",
        "4111-",
        "4",
        "<U+200B>",
        "\\u200b",
        "<U+",
        "a",
        "=",
        ":",
        "\"",
        "password=[masked",
        "authorization=\"a",
        "token=\"",
    ];
    for piece in pieces {
        for behind in ["", "\"", "ghp_\u{200b}"] {
            let text = format!("{}{behind}", piece.repeat(400_000 / piece.len()));
            let began = Instant::now();
            assert!(mask(&text).len() <= 30 * text.len() + 30, "{piece}");
            assert!(began.elapsed().as_secs() < 10, "{piece}{behind}: {:?}", began.elapsed());
        }
    }
}

/// A secret and the part of it that must not be seen.
fn planted() -> impl Strategy<Value = (String, String)> {
    let whole = |pattern: &str| {
        proptest::string::string_regex(pattern)
            .expect("a pattern")
            .prop_map(|secret| (secret.clone(), secret))
            .boxed()
    };
    let named = |before: &'static str, behind: &'static str| {
        "[a-zA-Z0-9!$*.^~/?-]{6,40}[0-9]"
            .prop_map(move |secret| (format!("{before}{secret}{behind}"), secret))
            .boxed()
    };
    prop::strategy::Union::new(vec![
        whole("AKIA[A-Z2-7]{16}"),
        whole("gh[pousr]_[A-Za-z0-9]{36}"),
        whole("github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}"),
        whole("glpat-[A-Za-z0-9]{20}"),
        whole("xox[abeprs]-[0-9]{12}-[A-Za-z0-9]{24}"),
        whole("AIza[A-Za-z0-9]{35}"),
        whole("[sr]k_live_[A-Za-z0-9]{24}"),
        whole("eyJ[A-Za-z0-9]{20,40}\\.eyJ[A-Za-z0-9]{20,40}\\.[A-Za-z0-9_-]{20,40}"),
        whole("-----BEGIN PRIVATE KEY-----[A-Za-z0-9+/]{64,128}-----END PRIVATE KEY-----"),
        named("password=", ""),
        named("DB_PASSWD: ", ""),
        named("{\"api_key\": \"", "\"}"),
        named("secret=", ""),
        named("token=", ""),
        named("Authorization: Bearer ", ""),
        named("Authorization: Basic ", ""),
        "[a-zA-Z0-9!$*.^~-]{6,40}"
            .prop_map(|secret| (format!("postgres://app:{secret}@db/shop"), secret))
            .boxed(),
        prop::sample::select(vec![
            "4111111111111111",
            "5555555555554444",
            "378282246310005",
            "6011111111111117",
        ])
        .prop_map(|card| (card.to_owned(), card.to_owned()))
        .boxed(),
    ])
}

/// Pieces of secrets and what is around them, in any order.
fn scraps() -> impl Strategy<Value = String> {
    let scrap = prop::sample::select(vec![
        "AKIA",
        "ABCDEFGHIJKLMNOP",
        "ghp_",
        "abcdefghijklmnopqrst",
        "glpat-",
        "xoxb-",
        "1234567890",
        "AIza",
        "sk_live_",
        "eyJ",
        "hbGciOiJI",
        ".",
        "-----BEGIN ",
        "PRIVATE KEY",
        "-----",
        "-----END ",
        "Authorization",
        "Bearer",
        "basic",
        "password",
        "secret",
        "token",
        "api_key",
        "://",
        "user",
        "@",
        "host",
        "4111111111111111",
        "4111",
        "=",
        ":",
        "%3D",
        "%3A",
        "%22",
        "%20",
        "\"",
        "\\\"",
        "'",
        "\\",
        " ",
        "&",
        ",",
        "+",
        "<U+200B>",
        "\\u200b",
        "<U+",
        "\u{200b}",
        "\u{200d}",
        "\n",
        "␤",
        "ä",
        "…",
        "[",
        "]",
        "[masked",
        "[masked: token]",
        "0",
        "a",
        "B",
        "_",
        "-",
    ]);
    prop::collection::vec(scrap, 0..24).prop_map(|scraps| scraps.concat())
}

const UNSEEN: &[char] = &[
    '\u{200b}',
    '\u{200c}',
    '\u{200d}',
    '\u{2060}',
    '\u{feff}',
    '\u{ad}',
    '\u{202e}',
    '\u{e0041}',
    '\u{fe0f}',
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn masking_again_changes_nothing(raw in prop_oneof![scraps(), ".{0,200}"]) {
        let once = mask(&raw).into_owned();
        prop_assert_eq!(&*mask(&once), &*once, "{}", raw);
        let once = text(&raw);
        prop_assert_eq!(text(&once), once);
        let once = line(&raw);
        prop_assert_eq!(line(&once), once);
    }

    #[test]
    fn no_planted_secret_survives((planted, secret) in planted(), before in "([ -~]{0,40}[ (,;>])?", behind in "([ ),;<][ -~]{0,40})?") {
        let raw = format!("{before}{planted}{behind}");
        prop_assert!(!mask(&raw).contains(&secret) || before.contains(&secret) || behind.contains(&secret), "{} became {}", raw, mask(&raw));
    }

    #[test]
    fn what_nobody_sees_within_a_secret_does_not_save_it((planted, secret) in planted(), at in 1_usize..200, unseen in prop::sample::select(UNSEEN)) {
        let mut raw = planted.clone();
        let at = at % raw.len();
        raw.insert(at, unseen);
        // Whatever part of it is looked at: neither what is before nor what is behind, in as far as either is long.
        let start = planted.find(&secret).unwrap_or_default();
        let (first, second) = secret.split_at(at.saturating_sub(start).min(secret.len()));
        for masked in [line(&raw).to_string(), text(&raw).to_string()] {
            for part in [first, second].into_iter().filter(|part| part.len() > 5) {
                prop_assert!(!masked.contains(part), "{:?} became {}", raw, masked);
            }
        }
        // As it stands in JSON that is kept as it came, and in a parser's complaint about it.
        for escape in ["\\u200b", "\\u{200b}"] {
            let escaped = raw.replace(unseen, escape);
            let masked = mask(&escaped).into_owned();
            prop_assert!(!masked.contains(&secret) && masked.contains("[masked: "), "{} became {}", escaped, masked);
        }
    }

    #[test]
    fn text_without_a_sign_of_a_secret_is_borrowed(raw in "[ac-zAC-HK-Z ,;.!?()äöü\n]{0,300}") {
        prop_assert!(matches!(mask(&raw), Cow::Borrowed(_)));
    }

    #[test]
    fn times_and_measurements_are_no_cards(seconds in 1_000_000_000_u64..2_200_000_000, part in 0_u64..1_000_000_000, value in any::<f64>()) {
        for raw in [
            format!("{seconds}{part:09}"),
            format!("{seconds}{:06}", part / 1_000),
            format!("{seconds}{:03}", part / 1_000_000),
            format!("value: {:e}", value),
            format!("value: 0.{part:09}{seconds}"),
        ] {
            prop_assert!(matches!(mask(&raw), Cow::Borrowed(_)), "{}", raw);
        }
    }
}
