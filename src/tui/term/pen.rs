//! How a character looks on the terminal, and the shortest way (SGR) from one look to the next.

use std::fmt::Write as _;

use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier};

use super::caps::ColorDepth;

/// What the next character will look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pen {
    pub fg: Color,
    pub bg: Color,
    pub modifier: Modifier,
}

pub(super) const PLAIN: Pen = Pen { fg: Color::Reset, bg: Color::Reset, modifier: Modifier::empty() };

impl Pen {
    pub fn of(cell: &Cell) -> Self {
        Pen { fg: cell.fg, bg: cell.bg, modifier: cell.modifier }
    }

    /// Whether a blank in this look cannot be told from one that was never written.
    pub fn leaves_blanks_empty(self) -> bool {
        let seen_on_blanks = Modifier::REVERSED | Modifier::UNDERLINED | Modifier::CROSSED_OUT;
        self.bg == Color::Reset && !self.modifier.intersects(seen_on_blanks)
    }

    /// Writes what the terminal must be told so that the next character looks like `to`.
    pub fn change(self, to: Pen, depth: ColorDepth, out: &mut String) {
        let from = self;
        let mut codes: Vec<u32> = Vec::new();
        let added = to.modifier - from.modifier;
        let mut base = from;
        if !(from.modifier - to.modifier).is_empty() || (to == PLAIN && from != PLAIN) {
            // Taking a single attribute back is not the same on all terminals; beginning anew is.
            codes.push(0);
            base = PLAIN;
        }
        let attributes = if base == PLAIN { to.modifier } else { added };
        for (modifier, code) in ATTRIBUTES {
            if attributes.contains(modifier) {
                codes.push(code);
            }
        }
        if depth != ColorDepth::Mono {
            if to.fg != base.fg {
                color_codes(to.fg, 30, &mut codes);
            }
            if to.bg != base.bg {
                color_codes(to.bg, 40, &mut codes);
            }
        }
        if codes.is_empty() {
            return;
        }
        out.push_str("\x1b[");
        for (index, code) in codes.iter().enumerate() {
            if index > 0 {
                out.push(';');
            }
            // A lone 0 can be left out.
            if !(codes.len() == 1 && *code == 0) {
                // Writing into a String does not fail.
                let _ = write!(out, "{code}");
            }
        }
        out.push('m');
    }
}

const ATTRIBUTES: [(Modifier, u32); 6] = [
    (Modifier::BOLD, 1),
    (Modifier::DIM, 2),
    (Modifier::ITALIC, 3),
    (Modifier::UNDERLINED, 4),
    (Modifier::REVERSED, 7),
    (Modifier::CROSSED_OUT, 9),
];

/// SGR codes; `base` is 30 for the foreground and 40 for the background. The 16 basic colours have their own codes, which
/// every terminal knows.
fn color_codes(color: Color, base: u32, codes: &mut Vec<u32>) {
    let bright = base + 60;
    let code = match color {
        Color::Reset => base + 9,
        Color::Black => base,
        Color::Red => base + 1,
        Color::Green => base + 2,
        Color::Yellow => base + 3,
        Color::Blue => base + 4,
        Color::Magenta => base + 5,
        Color::Cyan => base + 6,
        Color::Gray => base + 7,
        Color::DarkGray => bright,
        Color::LightRed => bright + 1,
        Color::LightGreen => bright + 2,
        Color::LightYellow => bright + 3,
        Color::LightBlue => bright + 4,
        Color::LightMagenta => bright + 5,
        Color::LightCyan => bright + 6,
        Color::White => bright + 7,
        Color::Indexed(index) => {
            codes.extend([base + 8, 5, u32::from(index)]);
            return;
        }
        Color::Rgb(red, green, blue) => {
            codes.extend([base + 8, 2, u32::from(red), u32::from(green), u32::from(blue)]);
            return;
        }
    };
    codes.push(code);
}
