//! Turns what changed on the screen into bytes: only moves, text and colours that the terminal has. Nothing is written
//! here and nothing is asked; the bytes of a frame are taken out whole.

use std::convert::Infallible;
use std::fmt::Write as _;

use ratatui::backend::{Backend, ClearType, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use ratatui::style::{Color, Modifier};

use super::caps::ColorDepth;

/// A ratatui backend that collects.
#[derive(Debug)]
pub struct Ink {
    out: String,
    size: Size,
    depth: ColorDepth,
    /// What the terminal's cursor is like, as far as it was told; repetitions cost bytes and make it blink.
    cursor: Option<Cursor>,
    position: Position,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cursor {
    Hidden,
    Shown,
}

/// What the next character will look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Pen {
    fg: Color,
    bg: Color,
    modifier: Modifier,
}

const PLAIN: Pen = Pen { fg: Color::Reset, bg: Color::Reset, modifier: Modifier::empty() };

impl Ink {
    pub fn new(columns: u16, rows: u16, depth: ColorDepth) -> Self {
        let size = Size::new(columns, rows);
        Ink { out: String::new(), size, depth, cursor: None, position: Position::ORIGIN }
    }

    /// The bytes of the frame; nothing when nothing changed.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out).into_bytes()
    }

    pub fn resize(&mut self, columns: u16, rows: u16) {
        self.size = Size::new(columns, rows);
        // Whatever the terminal did with its cursor meanwhile.
        self.cursor = None;
    }

    fn push(&mut self, arguments: std::fmt::Arguments<'_>) {
        // Writing into a String does not fail.
        let _ = self.out.write_fmt(arguments);
    }

    fn go_to(&mut self, position: Position) {
        self.push(format_args!("\x1b[{};{}H", u32::from(position.y) + 1, u32::from(position.x) + 1));
    }

    fn change(&mut self, from: Pen, to: Pen) {
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
        if self.depth != ColorDepth::Mono {
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
        self.out.push_str("\x1b[");
        for (index, code) in codes.iter().enumerate() {
            if index > 0 {
                self.out.push(';');
            }
            // A lone 0 can be left out.
            if !(codes.len() == 1 && *code == 0) {
                self.push(format_args!("{code}"));
            }
        }
        self.out.push('m');
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

impl Backend for Ink {
    type Error = Infallible;

    fn draw<'a, I>(&mut self, content: I) -> Result<(), Infallible>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let mut pen = PLAIN;
        // Where the terminal's cursor surely is; after anything but plain ASCII nobody knows how wide it was.
        let mut at: Option<Position> = None;
        for (x, y, cell) in content {
            if at != Some(Position { x, y }) {
                self.go_to(Position { x, y });
            }
            let next = Pen { fg: cell.fg, bg: cell.bg, modifier: cell.modifier };
            if next != pen {
                self.change(pen, next);
                pen = next;
            }
            let symbol = cell.symbol();
            self.out.push_str(symbol);
            at = (symbol.len() == 1 || is_our_own(symbol)).then(|| Position { x: x.saturating_add(1), y });
        }
        if pen != PLAIN {
            self.change(pen, PLAIN);
        }
        if let Some(position) = at {
            self.position = position;
        }
        Ok(())
    }

    fn hide_cursor(&mut self) -> Result<(), Infallible> {
        if self.cursor != Some(Cursor::Hidden) {
            self.out.push_str("\x1b[?25l");
            self.cursor = Some(Cursor::Hidden);
        }
        Ok(())
    }

    fn show_cursor(&mut self) -> Result<(), Infallible> {
        if self.cursor != Some(Cursor::Shown) {
            self.out.push_str("\x1b[?25h");
            self.cursor = Some(Cursor::Shown);
        }
        Ok(())
    }

    fn get_cursor_position(&mut self) -> Result<Position, Infallible> {
        Ok(self.position)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> Result<(), Infallible> {
        let position = position.into();
        // Drawing moves the real cursor, so the place has to be said again after it, and only then.
        if self.position != position || !self.out.is_empty() {
            self.go_to(position);
            self.position = position;
        }
        Ok(())
    }

    fn clear(&mut self) -> Result<(), Infallible> {
        self.out.push_str("\x1b[m\x1b[2J");
        Ok(())
    }

    fn clear_region(&mut self, region: ClearType) -> Result<(), Infallible> {
        self.out.push_str(match region {
            ClearType::All => "\x1b[m\x1b[2J",
            ClearType::AfterCursor => "\x1b[m\x1b[J",
            ClearType::BeforeCursor => "\x1b[m\x1b[1J",
            ClearType::CurrentLine => "\x1b[m\x1b[2K",
            ClearType::UntilNewLine => "\x1b[m\x1b[K",
        });
        Ok(())
    }

    fn size(&self) -> Result<Size, Infallible> {
        Ok(self.size)
    }

    fn window_size(&mut self) -> Result<WindowSize, Infallible> {
        Ok(WindowSize { columns_rows: self.size, pixels: Size::ZERO })
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

/// Lines, blocks and arrows of our own: one column on every terminal.
fn is_our_own(symbol: &str) -> bool {
    let mut characters = symbol.chars();
    matches!((characters.next(), characters.next()), (Some('\u{2500}'..='\u{259f}'), None))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::layout::Rect;
    use ratatui::style::Style;
    use ratatui::{Terminal, TerminalOptions, Viewport};

    fn terminal(depth: ColorDepth) -> Terminal<Ink> {
        let options = TerminalOptions { viewport: Viewport::Fixed(Rect::new(0, 0, 20, 3)) };
        Terminal::with_options(Ink::new(20, 3, depth), options).unwrap()
    }

    fn draw(terminal: &mut Terminal<Ink>, text: &str, style: Style) -> String {
        terminal.draw(|frame| frame.buffer_mut().set_string(0, 1, text, style)).unwrap();
        String::from_utf8(terminal.backend_mut().take()).unwrap()
    }

    #[test]
    fn a_frame_in_which_nothing_changed_costs_nothing() {
        let mut terminal = terminal(ColorDepth::TrueColor);
        assert!(!draw(&mut terminal, "calm", Style::new()).is_empty());
        assert_eq!(draw(&mut terminal, "calm", Style::new()), "");
    }

    #[test]
    fn sixteen_colours_use_the_codes_that_every_terminal_has() {
        let mut terminal = terminal(ColorDepth::Ansi16);
        draw(&mut terminal, "", Style::new());
        let bytes = draw(&mut terminal, "x", Style::new().fg(Color::LightRed).add_modifier(Modifier::BOLD));
        assert_eq!(bytes, "\x1b[2;1H\x1b[1;91mx\x1b[m");
    }

    #[test]
    fn without_colours_bold_and_reverse_remain() {
        let mut terminal = terminal(ColorDepth::Mono);
        draw(&mut terminal, "", Style::new());
        let bytes = draw(&mut terminal, "x", Style::new().fg(Color::Red).add_modifier(Modifier::REVERSED));
        assert_eq!(bytes, "\x1b[2;1H\x1b[7mx\x1b[m");
    }

    #[test]
    fn after_a_glyph_of_unsure_width_the_cursor_is_placed_anew() {
        let mut terminal = terminal(ColorDepth::Mono);
        draw(&mut terminal, "", Style::new());
        assert_eq!(draw(&mut terminal, "a漢b", Style::new()), "\x1b[2;1Ha漢\x1b[2;4Hb");
    }
}
