//! Dialogs: each on a small screen, and at any size the one that owns the frame.

use ratatui::buffer::Buffer;

use super::{compose, dialogs};
use crate::tui::draw::draw;
use crate::tui::fixture::{busy, dark, key, line, now, screen, text, text_of};
use crate::tui::modal::{ComposeStage, Modal};
use crate::tui::theme::Glyphs;
use crate::tui::vm::chrome::{Chrome, WhichKey};
use crate::tui::widgets::Look;

#[test]
fn what_is_wrong_with_an_update_is_whole_at_80_columns() {
    let mut model = busy();
    let mut compose = compose(&model);
    let error =
        "what is wrong is said in many words, so many that they do not fit into one row of it, to the end.";
    compose.stage = ComposeStage::Editing { error: Some(line(error)) };
    model.ui.modals.open(Modal::Compose(Box::new(compose)));
    assert!(text(&model, (80, 24)).contains("to the end."));
}

#[test]
fn every_dialog_on_a_small_screen() {
    let model = busy();
    for (name, modal) in dialogs(&model) {
        let mut model = busy();
        model.ui.modals.open(modal);
        insta::assert_snapshot!(format!("dialog_{name}_80x24"), text(&model, (80, 24)));
    }
}

#[test]
fn a_dialog_owns_the_frame_and_its_cursor_at_any_size() {
    let model = busy();
    for (name, modal) in dialogs(&model) {
        let typing =
            matches!(modal, Modal::Picker(_) | Modal::Prompt(_) | Modal::Editor(_) | Modal::Palette { .. });
        let mut model = busy();
        model.ui.modals.open(modal);
        for (width, height) in [(1, 1), (5, 3), (20, 6), (40, 10), (59, 19), (60, 20), (80, 24), (250, 70)] {
            let (buffer, drawn) = screen(&model, (width, height), &dark(), &Glyphs::UNICODE);
            if typing && width >= 20 {
                let at =
                    drawn.cursor.unwrap_or_else(|| panic!("{name} {width}x{height}\n{}", text_of(&buffer)));
                assert!(at.x < width && at.y < height);
            }
        }
        if name == "compose_preview" {
            let (buffer, _) = screen(&model, (40, 10), &dark(), &Glyphs::UNICODE);
            insta::assert_snapshot!("dialog_on_40x10", text_of(&buffer));
        }
    }
}

#[test]
fn the_keys_of_a_prefix_show_in_the_corner() {
    let which = WhichKey {
        prefix: "g".into(),
        keys: vec![key("i", "go to incidents", true), key("t", "go to the timeline", true)],
    };
    let mut buffer = Buffer::empty(ratatui::layout::Rect::new(0, 0, 80, 24));
    let chrome = Chrome { which_key: Some(&which), ..Chrome::default() };
    draw(&mut buffer, &busy(), Look { theme: &dark(), glyphs: &Glyphs::UNICODE }, &chrome, now());
    insta::assert_snapshot!("which_key_80x24", text_of(&buffer));
}
