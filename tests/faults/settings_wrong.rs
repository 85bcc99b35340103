//! Files that people write, and that are wrong: they stop a start, with a sentence, and nothing that runs.

use std::fs;

use serde_json::json;

use crate::PATIENCE;
use crate::hub::{Hub, Setup};
use crate::scene::Scene;
use crate::support::eventually;
use crate::watcher::Watcher;

#[test]
fn a_settings_file_that_became_wrong_disturbs_no_hub_that_runs_and_stops_the_next_start_with_its_line() {
    let mut scene = Scene::open(Setup::default());
    let file = scene.hub.data().parent().unwrap().join("config/warroom/config.toml");
    let good = fs::read(&file).unwrap();
    let place = |line: usize| format!("{}:{line}: ", file.display());
    let cases: [(&[u8], String); 6] = [
        (
            b"[hub]\nlisen = '127.0.0.1:1'\n",
            format!("{}unknown key “lisen”; did you mean “listen”?", place(2)),
        ),
        (b"[hub]\n\nslo_interval = 'often'\n", place(3)),
        (b"[hub\n", place(1)),
        (b"[hub]\nlisten = 'here'\nlisten = 'there'\n", place(3)),
        (b"[hub.policy.declares]\ncritical = 'SEV9'\n", "SEV9".to_owned()),
        (b"[hub]\nlisten = \"\xff\"\n", file.display().to_string()),
    ];
    scene.load();
    for (text, _) in &cases {
        fs::write(&file, text).unwrap();
        scene.accepts(20);
    }
    scene.settle();
    scene.hub.end();
    for (text, words) in &cases {
        fs::write(&file, text).unwrap();
        // To a file and not to a log: what stops a start is one sentence.
        let said = scene.hub.refused();
        assert!(said.contains(words), "{}: {said}", String::from_utf8_lossy(text));
    }
    fs::write(&file, good).unwrap();
    scene.hub.start_again();
    scene.load();
    scene.accepts(20);
    scene.check();
}

#[test]
fn a_theme_or_keymap_that_is_wrong_ends_the_room_before_it_begins_with_its_line_and_the_nearest_name() {
    let hub = Hub::start(Setup::default());
    let watcher = Watcher::of(&hub);
    let (theme, keys) = ([("WARROOM_THEME", "mine")], [("WARROOM_KEYMAP", "mine")]);
    let user: [(&str, &str); 0] = [];
    type Case<'a> = (&'a str, &'a [u8], &'a [(&'a str, &'a str)], &'a [&'a str]);
    let cases: [Case<'_>; 7] = [
        ("themes/mine.toml", b"inherits = 'drak'\n", &theme, &["mine", "drak", "did you mean", "dark"]),
        (
            "themes/mine.toml",
            b"inherits = 'dark'\n[roles]\n'sev.0' = { fg = 'rde' }\n",
            &theme,
            &["mine:3", "rde"],
        ),
        ("themes/mine.toml", b"inherits = \"\xff\"\n", &theme, &["mine.toml"]),
        (
            "keymaps/mine.toml",
            b"[global]\n\n'x' = 'acknowlege'\n",
            &keys,
            &["mine:3", "acknowlege", "acknowledge"],
        ),
        ("keymaps/user.toml", b"[globl]\n'x' = 'quit'\n", &user, &["user.toml", "globl", "global"]),
        ("keymaps/user.toml", b"[global]\n'x' = \"\xff\"\n", &user, &["user.toml"]),
        ("keymaps/user.toml", b"[global]\n'x' = 'quit'\n'x' = 'undo'\n", &user, &["user.toml:3"]),
    ];
    for (below, text, env, words) in cases {
        let file = watcher.setting(below);
        fs::write(&file, text).unwrap();
        let room = watcher.terminal((120, 30), &[], env);
        let ended = room.wait_for_exit(PATIENCE);
        assert_eq!(ended.exit_code(), 2, "{below}: {}", room.screen_text());
        let all = |screen: &vt100::Screen| words.iter().all(|word| screen.contents().contains(word));
        eventually(&format!("{below} is told with {words:?}, not: {}", room.screen_text()), PATIENCE, || {
            all(&room.screen()).then_some(())
        });
        assert!(!room.raw().contains(&0x1b), "{below}: the terminal is not touched");
        fs::remove_file(&file).unwrap();
    }
    let room = watcher.terminal((120, 30), &[], &[]);
    room.wait_for_text("LIVE", PATIENCE);
}

#[test]
fn an_slo_document_that_is_wrong_is_named_in_the_log_and_stops_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let good = include_str!("../../slos/checkout.yaml");
    fs::write(folder.path().join("b.yaml"), good).unwrap();
    let broken: [(&str, &[u8]); 4] = [
        ("a.yaml", b"apiVersion: openslo/v1\nkind: SLO\nmetadata: [\n"),
        ("c.yaml", b"\xff\xfe\x00"),
        ("d.yaml", b"apiVersion: openslo/v1\nkind: SLO\nmetadata: {name: UPPER CASE}\nspec: {}\n"),
        ("e.json", b"{"),
    ];
    for (name, text) in broken {
        fs::write(folder.path().join(name), text).unwrap();
    }
    // Before the tables of the harness's own limits stands nothing else of the hub: a flag says where they lie.
    let env = vec![("WARROOM_SLOS".to_owned(), folder.path().display().to_string())];
    let mut scene = Scene::open(Setup { env, ..Setup::default() });
    for (name, _) in broken {
        scene.hub.wait_for_log(name);
    }
    let names = eventually("the good one is watched", PATIENCE, || {
        let url = format!("http://{}/api/v1/slos", scene.driver.address);
        let answer = scene.runtime.block_on(async {
            let answer = scene.driver.http.get(url).bearer_auth(&scene.driver.token).send().await.unwrap();
            answer.json::<serde_json::Value>().await.unwrap()
        });
        let items = answer["items"].as_array().unwrap().clone();
        let names: Vec<_> = items.into_iter().map(|item| item["name"].clone()).collect();
        (!names.is_empty()).then_some(names)
    });
    assert_eq!(names, [json!("checkout-availability")]);
    scene.load();
    scene.accepts(20);
    scene.check();
}
