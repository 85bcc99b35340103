//! What needs no hub: checks, the manual, completions.

use std::process::{Command, Stdio};

use crate::hub::{Hub, PROGRAM};

fn run(home: &tempfile::TempDir, args: &[&str]) -> (String, String, i32) {
    let output = Command::new(PROGRAM)
        .args(args)
        .env_clear()
        .env("HOME", home.path())
        .env("TERM", "xterm-256color")
        .env("LANG", "C.UTF-8")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.code().unwrap())
}

#[test]
fn the_manual_and_completions_know_every_command() {
    let home = tempfile::tempdir().unwrap();
    let (page, _, code) = run(&home, &["man"]);
    assert_eq!(code, 0);
    assert!(page.contains(".TH warroom 1") && page.contains("accept\\-journal\\-loss"), "{page}");
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let (script, _, code) = run(&home, &["completions", shell]);
        assert_eq!(code, 0, "{shell}");
        for command in ["incident", "token", "doctor", "tail"] {
            assert!(script.contains(command), "{shell} lacks {command}");
        }
    }
    assert_eq!(run(&home, &["completions", "dos"]).2, 2);
}

#[test]
fn completions_for_bash_are_a_script_that_bash_takes() {
    let home = tempfile::tempdir().unwrap();
    let (script, _, _) = run(&home, &["completions", "bash"]);
    let path = home.path().join("warroom.bash");
    std::fs::write(&path, script).unwrap();
    let taken = Command::new("bash").arg("-n").arg(&path).status().unwrap();
    assert!(taken.success());
}

#[test]
fn check_prints_what_is_in_force_with_secrets_masked() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("mine.toml");
    std::fs::write(&file, "[hub]\nprometheus = \"http://u:s3cret@p.example:9090\"\n").unwrap();
    let (out, _, code) = run(&home, &["check", "--config", file.to_str().unwrap()]);
    assert_eq!(code, 0);
    assert!(out.contains("u:***@p.example") && !out.contains("s3cret"), "{out}");
    let table: toml::Table = out.parse().unwrap();
    assert_eq!(table["hub"]["listen"].as_str(), Some("127.0.0.1:7373"));
}

#[test]
fn check_names_every_theme_keymap_and_destination_that_is_wrong() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join(".config/warroom");
    for (name, text) in [
        ("themes/mine.toml", "[roles]\n'sve.0' = { fg = 'red' }\n"),
        ("keymaps/mine.toml", "[global]\n\"x\" = \"aknowledge\"\n"),
        (
            "config.toml",
            "[hub.destinations.page]\nkind = 'webhook'\nurl = 'https://h.example/x'\nsecret_file = 'gone'\n",
        ),
    ] {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let (_, why, code) = run(&home, &["check"]);
    assert_eq!(code, 1, "{why}");
    for expected in
        ["no role “sve.0”", "no action “aknowledge”", "hub.destinations.page", "3 things are wrong"]
    {
        assert!(why.contains(expected), "{expected}: {why}");
    }
}

#[test]
fn a_theme_or_keymap_that_is_there_and_cannot_be_read_is_told_with_its_path() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join(".config/warroom");
    // A folder in the place of a file is what nobody can read, whoever runs this.
    let unreadable = ["themes/mine.toml", "keymaps/user.toml"].map(|name| folder.join(name));
    for path in &unreadable {
        std::fs::create_dir_all(path).unwrap();
    }
    std::fs::write(folder.join("themes/child.toml"), "inherits = 'mine'\n").unwrap();
    let (_, why, code) = run(&home, &["check"]);
    assert_eq!(code, 1, "{why}");
    for path in &unreadable {
        let told = format!("error: {}: Is a directory", path.display());
        assert_eq!(why.matches(&told).count(), 1, "{why}");
    }
    assert!(!why.contains("there is no theme") && !why.contains("is not there"), "{why}");
}

#[test]
fn slo_documents_are_checked_as_the_hub_reads_them() {
    let home = tempfile::tempdir().unwrap();
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/slos");
    let (_, words, code) = run(&home, &["slo", "check", shipped]);
    assert_eq!(code, 0, "{words}");
    let wrong = home.path().join("wrong.yaml");
    std::fs::write(&wrong, "apiVersion: openslo/v1\nkind: SLO\nmetadata:\n  name: x\nspec: {}\n").unwrap();
    let (out, _, code) = run(&home, &["slo", "check", wrong.to_str().unwrap()]);
    assert_eq!(code, 1, "{out}");
    assert!(out.contains("wrong.yaml:") && out.contains("error: "), "{out}");
    assert_eq!(run(&home, &["slo", "check", "/nowhere"]).2, 2);
}

#[test]
fn findings_about_slos_are_for_programs_as_well() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("odd.yaml");
    let shipped = include_str!("../../slos/checkout.yaml");
    std::fs::write(&file, shipped.replace("duration: 28d", "duration: 28")).unwrap();
    let (out, _, code) = run(&home, &["--json", "slo", "check", file.to_str().unwrap()]);
    assert_eq!(code, 1, "{out}");
    let findings: serde_json::Value = serde_json::from_str(&out).unwrap();
    let finding = &findings[0];
    assert_eq!(
        (&finding["level"], &finding["path"]),
        (&"error".into(), &"spec.timeWindow[0].duration".into())
    );
    assert!(finding["line"].as_u64() > Some(40) && finding["file"].as_str().unwrap().ends_with("odd.yaml"));
    assert!(finding["message"].as_str().unwrap().contains("write 5m for five minutes"), "{finding}");
}

#[test]
fn slos_of_other_tools_are_written_as_openslo_and_pass_the_check() {
    let home = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = home.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let pyrra = "apiVersion: pyrra.dev/v1alpha1\nkind: ServiceLevelObjective\nmetadata: {name: nginx}\nspec:\n  target: '99'\n  \
        window: 2w\n  indicator:\n    ratio:\n      errors: {metric: 'x{code=\"500\"}'}\n      total: {metric: x}\n";
    let (yaml, lost, code) = run(&home, &["slo", "import", &write("pyrra.yaml", pyrra)]);
    assert_eq!(code, 0, "{lost}");
    assert!(lost.contains("pyrra.yaml:3: warning: ") && yaml.contains("duration: 2w"), "{lost}{yaml}");
    let (findings, words, code) = run(&home, &["slo", "check", &write("openslo.yaml", &yaml)]);
    assert_eq!((findings.as_str(), code), ("", 0), "{words}");
    assert!(words.contains("1 SLO can be computed"), "{words}");

    let (out, words, code) = run(&home, &["slo", "import", &write("other.yaml", "groups: []\n")]);
    assert_eq!((out.as_str(), code), ("", 1), "{words}");
    assert!(words.contains("neither of sloth"), "{words}");
    let (out, _, code) = run(&home, &["--json", "slo", "import", &write("pyrra.yaml", pyrra)]);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &json["documents"], &json["slos"]), (0, &yaml.into(), &1.into()));
    assert_eq!(run(&home, &["slo", "import", "/nowhere"]).2, 2);
}

#[test]
fn doctor_says_what_it_sees_and_what_to_do() {
    let home = tempfile::tempdir().unwrap();
    let (out, _, code) = run(&home, &["doctor"]);
    assert_eq!(code, 0, "{out}");
    assert!(out.contains("256 colours") && out.contains("start one with `warroom hub`"), "{out}");
    let hub = Hub::start("");
    let seen = hub.json(&["doctor"]);
    let about =
        |name: &str| seen.as_array().unwrap().iter().find(|finding| finding["about"] == name).cloned();
    for name in ["hub", "token", "clock", "terminal", "journal"] {
        assert_eq!(about(name).unwrap()["verdict"], "ok", "{seen}");
    }
    let gone = hub.command(&["doctor", "--hub", "http://127.0.0.1:9"]).output().unwrap();
    assert_eq!(gone.status.code(), Some(1));
}

#[test]
fn verify_finds_a_journal_whole_or_says_what_is_wrong() {
    let mut hub = Hub::start("");
    hub.json(&["incident", "declare", "Verified"]);
    let journal = hub.journal().display().to_string();
    let report = hub.json(&["verify", &journal]);
    assert_eq!(report["entries"].to_string().trim_matches('"'), "1", "{report}");
    hub.kill();
    let mut bytes = std::fs::read(&journal).unwrap();
    bytes.truncate(4096);
    let damaged = tempfile::tempdir().unwrap();
    let path = damaged.path().join("journal.db");
    std::fs::write(&path, bytes).unwrap();
    assert_eq!(hub.run(&["verify", path.to_str().unwrap()]).1, 1);
    assert_eq!(hub.run(&["verify", "/nowhere/journal.db"]).1, 2);
}
