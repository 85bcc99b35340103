//! Themes and terminals without UTF-8: the styles change, what is said does not.

use ratatui::buffer::Buffer;
use ratatui::style::Style;

use super::SIZES;
use crate::tui::fixture::{busy, dark, screen, shipped, text, text_of};
use crate::tui::theme::{Glyphs, Theme};

/// A letter a style, in the order in which they appear, and which style each is.
fn styles_of(buffer: &Buffer) -> String {
    let mut letters: Vec<Style> = Vec::new();
    let mut rows = String::new();
    for y in 0..buffer.area.height {
        for x in 0..buffer.area.width {
            let cell = &buffer[(x, y)];
            let plain = cell.style()
                == Style::new()
                    .fg(ratatui::style::Color::Reset)
                    .bg(ratatui::style::Color::Reset)
                    .underline_color(ratatui::style::Color::Reset);
            let place = letters.iter().position(|style| *style == cell.style()).unwrap_or_else(|| {
                letters.push(cell.style());
                letters.len() - 1
            });
            let letter = char::from(b'a' + u8::try_from(place % 26).unwrap());
            rows.push(if plain { '.' } else { letter });
        }
        rows.push('\n');
    }
    for (place, style) in letters.iter().enumerate() {
        let letter = char::from(b'a' + u8::try_from(place % 26).unwrap());
        rows.push_str(&format!(
            "{letter} {:?} on {:?} {:?}\n",
            style.fg.unwrap(),
            style.bg.unwrap(),
            style.add_modifier
        ));
    }
    rows
}

#[test]
fn themes_change_the_styles_and_never_a_word() {
    for (name, theme) in themes() {
        let (buffer, _) = screen(&busy(), (120, 40), &theme, &Glyphs::UNICODE);
        assert_eq!(text_of(&buffer), text(&busy(), (120, 40)));
        insta::assert_snapshot!(format!("styles_{name}"), styles_of(&buffer));
    }
}

#[test]
fn without_unicode_every_character_is_ascii() {
    for size in SIZES {
        let (buffer, _) = screen(&busy(), size, &dark(), &Glyphs::ASCII);
        assert!(text_of(&buffer).is_ascii());
    }
    insta::assert_snapshot!("ascii_80x24", text_of(&screen(&busy(), (80, 24), &dark(), &Glyphs::ASCII).0));
}

fn themes() -> [(&'static str, Theme); 3] {
    ["dark", "light", "mono"].map(|name| (name, shipped(name)))
}
