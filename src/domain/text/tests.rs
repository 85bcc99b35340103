use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::PathBuf;

use proptest::prelude::*;

use super::*;

/// Written down apart from `Kind`, from the list of what must never reach a screen.
fn can_act_or_hide(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}')
        || matches!(c, '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}')
        || matches!(c, '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF9}'..='\u{FFFB}')
        || matches!(c, '\u{FE00}'..='\u{FE0F}' | '\u{E000}'..='\u{F8FF}' | '\u{E0000}'..='\u{10FFFF}')
        || matches!(c, '\u{FDD0}'..='\u{FDEF}' | '\u{FFFE}' | '\u{FFFF}' | '\u{1FFFE}' | '\u{1FFFF}')
}

fn assert_clean(raw: &str) {
    let text = Text::clean(raw);
    assert!(!text.chars().any(|c| c != '\n' && can_act_or_hide(c)), "{raw:?} → {text:?}");
    assert!(text.len() <= MAX_TEXT_BYTES, "{} bytes", text.len());
    assert!(text.lines().count() <= MAX_LINES, "{} lines", text.lines().count());

    let line = Line::clean(raw);
    assert!(!line.chars().any(can_act_or_hide), "{raw:?} → {line:?}");
    assert!(line.len() <= MAX_LINE_BYTES, "{} bytes", line.len());
    assert_eq!(line.trim(), line.as_str());

    for (shape, once) in
        [(Shape::Text, text.as_str()), (Shape::Line, line.as_str()), (Shape::Text, line.as_str())]
    {
        let twice = clean(once, shape);
        assert_eq!(twice, once, "cleaning what is clean changes nothing");
        assert!(matches!(twice, Cow::Borrowed(_)), "what is clean is borrowed");
    }

    let json = serde_json::to_string(&(&text, &line)).unwrap();
    assert_eq!(serde_json::from_str::<(Text, Line)>(&json).unwrap(), (text, line));
}

/// Everyday text and everything nasty in about equal parts, sometimes long enough to be cut.
fn nasty() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-z ./:=-]{1,12}",
        prop::char::range('\0', '\u{FF}').prop_map(String::from),
        prop::char::range('\u{300}', '\u{370}').prop_map(String::from),
        prop::char::range('\u{2000}', '\u{206F}').prop_map(String::from),
        prop::char::range('\u{E0000}', '\u{E01FF}').prop_map(String::from),
        prop::sample::select(vec![
            "\r\n",
            "\r",
            "\n",
            "\t",
            " ",
            "\u{FE0F}",
            "\u{200D}",
            "\u{115F}각",
            "👩",
            "語",
            "…"
        ])
        .prop_map(String::from),
        any::<char>().prop_map(String::from),
    ];
    (prop::collection::vec(piece, 0..40), prop_oneof![4 => Just(1_usize), 1 => 1_usize..2_500])
        .prop_map(|(pieces, times)| pieces.concat().repeat(times))
}

proptest! {
    #[test]
    fn whatever_comes_in_is_clean_within_limits_stable_and_survives_json(raw in nasty()) {
        assert_clean(&raw);
    }

    #[test]
    fn bytes_of_any_kind_become_clean_text(raw in prop::collection::vec(any::<u8>(), 0..600)) {
        assert_clean(&String::from_utf8_lossy(&raw));
        prop_assert_eq!(Text::from_bytes(&raw), Text::clean(&String::from_utf8_lossy(&raw)));
    }

    #[test]
    fn plain_ascii_is_borrowed_as_it_is(raw in "[!-~]([ -~]{0,200}[!-~])?") {
        for shape in [Shape::Text, Shape::Line] {
            let Cow::Borrowed(same) = clean(&raw, shape) else { panic!("{raw:?} was copied") };
            prop_assert_eq!(same, &raw);
        }
    }
}

#[test]
fn every_character_comes_out_clean() {
    // Planes 4 to 13 hold nothing but their two noncharacters, which random input tests.
    let all: Vec<char> = ('\0'..='\u{3FFFF}').chain('\u{E0000}'..='\u{E1FFF}').collect();
    for some in all.chunks(1_000) {
        assert_clean(&some.iter().collect::<String>());
    }
}

#[test]
fn the_shortcut_for_ascii_and_the_long_way_agree() {
    for c in '\0'..='\u{7F}' {
        for shape in [Shape::Text, Shape::Line] {
            let long_way = clean(&format!("{c}a{c}bé"), shape).into_owned();
            let shortcut = clean(&format!("{c}a{c}b"), shape).into_owned();
            assert_eq!(format!("{shortcut}é"), long_way);
        }
    }
}

#[test]
fn the_table_of_marks_is_in_order() {
    assert!(marks::MARKS.is_sorted_by(|(_, before), (after, _)| before < after));
    assert!(marks::MARKS.iter().all(|(low, high)| low <= high));
}

#[test]
fn each_kind_of_character_becomes_what_a_reader_can_see() {
    let cases: &[(&str, &str, &str)] = &[
        // raw, as Text, as Line
        ("checkout is slow", "checkout is slow", "checkout is slow"),
        ("Größe: 日本語 ok", "Größe: 日本語 ok", "Größe: 日本語 ok"),
        ("\x1b[2J\x07", "␛[2J␇", "␛[2J␇"),
        ("a\0b\x7fc", "a␀b␡c", "a␀b␡c"),
        ("\u{9b}31m", "<U+009B>31m", "<U+009B>31m"),
        ("a\r\nb\rc\nd", "a\nb␍c\nd", "a␤b␍c␤d"),
        ("a\r\r\nb", "a␍\nb", "a␍␤b"),
        ("a\u{2028}b\u{2029}c\u{85}d", "a\nb\nc\nd", "a␤b␤c␤d"),
        ("a\tb\n\tc", "a       b\n        c", "a b␤ c"),
        ("1234567\t8\t", "1234567 8       ", "1234567 8"),
        ("  ends \r\n", "  ends \n", "ends"),
        ("\u{a0}\t \u{3000}", "\u{a0}        \u{3000}", ""),
        ("file\u{202e}gpj.exe", "file<U+202E>gpj.exe", "file<U+202E>gpj.exe"),
        ("pay\u{200b}ments\u{feff}", "pay<U+200B>ments<U+FEFF>", "pay<U+200B>ments<U+FEFF>"),
        ("x\u{e0041}\u{e0042}\u{200d}\u{e0043}y", "x<U+E0041 x3>y", "x<U+E0041 x3>y"),
        ("x\u{e0001}y", "x<U+E0001>y", "x<U+E0001>y"),
        ("👩\u{200d}🚒 ❤\u{fe0f}", "👩🚒 ❤", "👩🚒 ❤"),
        ("\u{200d}\n\u{200d}a \u{fe0f}", "\na ", "a"),
        ("\u{fdd0}\u{ffff}\u{10ffff}", "\u{fffd}\u{fffd}\u{fffd}", "\u{fffd}\u{fffd}\u{fffd}"),
        ("\u{e0b0}\u{f8ff}", "<U+E0B0><U+F8FF>", "<U+E0B0><U+F8FF>"),
        ("e\u{301}", "e\u{301}", "e\u{301}"),
        (
            "z\u{301}\u{302}\u{303}\u{200d}\u{304}\u{305}\u{306}!",
            "z\u{301}\u{302}\u{303}\u{304}!",
            "z\u{301}\u{302}\u{303}\u{304}!",
        ),
        ("\u{301}a\n\u{301}", "◌\u{301}a\n◌\u{301}", "◌\u{301}a␤\u{301}"),
    ];
    for (raw, text, line) in cases {
        assert_eq!(Text::clean(raw), *text, "{raw:?} as text");
        assert_eq!(Line::clean(raw), *line, "{raw:?} as a line");
        assert_clean(raw);
    }
}

#[test]
fn what_is_too_long_ends_in_an_ellipsis_behind_a_whole_character() {
    let cut = Line::clean(&"x".repeat(MAX_LINE_BYTES + 1));
    assert_eq!(cut.len(), MAX_LINE_BYTES);
    assert!(cut.ends_with("x…"));
    assert_eq!(Line::clean(&"x".repeat(MAX_LINE_BYTES)).len(), MAX_LINE_BYTES);

    let cut = Line::clean(&format!("{}e\u{301}zzz", "x".repeat(MAX_LINE_BYTES - 4)));
    assert_eq!(cut.len(), MAX_LINE_BYTES - 1, "a letter and its mark go together");

    let unit = "e\u{301}\u{302}";
    let cut = Line::clean(&unit.repeat(MAX_LINE_BYTES));
    assert_eq!(cut.strip_suffix('…').map(|kept| kept.replace(unit, "")).as_deref(), Some(""));

    let cut = Text::clean(&"\x07\u{202e}".repeat(MAX_TEXT_BYTES));
    assert!(cut.len() > MAX_TEXT_BYTES - 16 && (cut.ends_with("␇…") || cut.ends_with("<U+202E>…")));

    assert_eq!(
        Line::clean(&format!("a{}", " ".repeat(MAX_LINE_BYTES))),
        "a",
        "blanks at the end do not count"
    );
}

#[test]
fn the_last_line_may_end_in_a_newline_and_nothing_may_follow_it() {
    let full = "x\n".repeat(MAX_LINES);
    assert_eq!(Text::clean(&full), full.as_str());
    let over = Text::clean(&format!("{full}y"));
    assert_eq!(over.lines().count(), MAX_LINES);
    assert!(over.ends_with("x\nx…"));
    assert_eq!(Text::clean(&"\n".repeat(MAX_LINES * 3)).lines().count(), MAX_LINES);
}

#[test]
fn json_cannot_bring_in_what_cleaning_would_not() {
    let line: Line = serde_json::from_str(r#""a\u001b[0m\nb""#).unwrap();
    assert_eq!(line, "a␛[0m␤b");
    let labels: BTreeMap<Line, Text> = serde_json::from_str(r#"{"na\u202eme": "a\tb"}"#).unwrap();
    assert_eq!(labels.get("na<U+202E>me").map(Text::as_str), Some("a       b"));
    let refused = serde_json::from_str::<Line>("7").unwrap_err().to_string();
    assert!(refused.contains("expected a string of one line"), "{refused}");
}

#[test]
fn a_text_gives_its_first_line_and_a_line_is_a_text() {
    let text = Text::clean(" payments down\nsince 14:03\n");
    assert_eq!(text.first_line(), "payments down");
    assert_eq!(Text::default().first_line(), "");
    assert_eq!(Text::from(Line::clean("a\nb")), "a␤b");
    assert_eq!(format!("{:>4}|{:?}", Line::clean("ab"), Line::clean("a\"b")), "  ab|\"a\\\"b\"");
}

#[test]
fn the_schema_of_both_is_a_string() {
    for schema in [schemars::schema_for!(Text), schemars::schema_for!(Line)] {
        assert_eq!(schema.get("type").and_then(|kind| kind.as_str()), Some("string"));
    }
}

#[test]
fn the_hostile_strings_come_out_clean() {
    let shared = std::env::var_os("WARROOM_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let folder = shared.join("hostile/strings");
    let Ok(files) = std::fs::read_dir(&folder) else {
        eprintln!("skipped: no {} (WARROOM_SHARED names the folder above hostile/)", folder.display());
        return;
    };
    let mut seen = 0;
    for file in files {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "bin") {
            let raw = std::fs::read(&path).unwrap();
            assert_clean(&String::from_utf8_lossy(&raw));
            assert_eq!(
                Text::from_bytes(&raw),
                Text::clean(&String::from_utf8_lossy(&raw)),
                "{}",
                path.display()
            );
            seen += 1;
        }
    }
    assert!(seen > 0, "{} has no *.bin", folder.display());
}

#[test]
fn all_of_an_output_is_kept_however_long_and_what_acts_in_it_is_shown() {
    let long = format!("{}\u{1b}[2J\u{202e}\tx\n", "words\n".repeat(MAX_LINES * 2));
    let shown = clean(&long, Shape::Output);
    assert!(shown.ends_with("words\n␛[2J<U+202E>    x\n"), "{}", &shown[shown.len() - 40..]);
    assert_eq!(shown.lines().count(), MAX_LINES * 2 + 1);
    assert_eq!(clean(&"x".repeat(MAX_TEXT_BYTES * 2), Shape::Output).len(), MAX_TEXT_BYTES * 2);
}

#[test]
fn in_json_only_what_acts_is_escaped() {
    let words = "\u{1b}[2J \u{9b}31m \u{7f} a\u{202e}b \u{200b} \u{e0041} naïve – 火";
    let line = serde_json::json!({ "message": words }).to_string() + "\n";
    let clean = clean_json(&line);
    assert!(clean.ends_with("naïve – 火\"}\n") && clean.contains("a\\u202eb"), "{clean}");
    assert_eq!(serde_json::from_str::<serde_json::Value>(&clean).unwrap()["message"], words);
}

proptest! {
    #[test]
    fn json_says_the_same_after_cleaning_and_holds_nothing_that_acts(raw in nasty()) {
        let json = serde_json::to_string(&[&raw]).unwrap();
        let clean = clean_json(&json);
        prop_assert!(!clean.chars().any(can_act_or_hide), "{clean:?}");
        prop_assert_eq!(serde_json::from_str::<[String; 1]>(&clean).unwrap(), [raw]);
    }
}
