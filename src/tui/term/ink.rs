//! Turns what changed on the screen into bytes: only moves, text and colours that the terminal has. Nothing is written
//! here and nothing is asked; the bytes of a frame are taken out whole.

use std::convert::Infallible;
use std::fmt::Write as _;

use ratatui::backend::{Backend, ClearType, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};

use super::caps::ColorDepth;
use super::pen::{PLAIN, Pen};
use super::shown::Shown;

/// Erasing to the end of the line, with the look that this takes, is shorter than more blanks than this.
const ERASE_PAYS: usize = 6;

/// A ratatui backend that collects.
#[derive(Debug)]
pub struct Ink {
    out: String,
    size: Size,
    depth: ColorDepth,
    /// What the terminal's cursor is like, as far as it was told; repetitions cost bytes and make it blink.
    cursor: Option<Cursor>,
    position: Position,
    shown: Shown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cursor {
    Hidden,
    Shown,
}

impl Ink {
    pub fn new(columns: u16, rows: u16, depth: ColorDepth) -> Self {
        let size = Size::new(columns, rows);
        Ink {
            out: String::new(),
            size,
            depth,
            cursor: None,
            position: Position::ORIGIN,
            shown: Shown::empty(size),
        }
    }

    /// The bytes of the frame; nothing when nothing changed.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out).into_bytes()
    }

    pub fn resize(&mut self, columns: u16, rows: u16) {
        self.size = Size::new(columns, rows);
        // Whatever the terminal did with its cursor and its text meanwhile.
        self.cursor = None;
        self.shown = Shown::unknown(self.size);
    }

    fn push(&mut self, arguments: std::fmt::Arguments<'_>) {
        // Writing into a String does not fail.
        let _ = self.out.write_fmt(arguments);
    }

    /// The changed cells of one row, from left to right.
    fn draw_row(&mut self, y: u16, changed: &[(u16, &Cell)], mut pen: Pen) -> Pen {
        for &(x, cell) in changed {
            self.shown.put(x, y, cell);
        }
        let empty_from = self.shown.empty_from(y);
        // Where the terminal's cursor surely is; after anything but plain ASCII nobody knows how wide it was.
        let mut at: Option<u16> = None;
        for (index, &(x, cell)) in changed.iter().enumerate() {
            let look = Pen::of(cell);
            if at != Some(x) {
                self.move_within(y, at, x, pen);
            }
            if x >= empty_from && changed.len() - index > ERASE_PAYS {
                pen.change(PLAIN, self.depth, &mut self.out);
                self.out.push_str("\x1b[K");
                return PLAIN;
            }
            pen.change(look, self.depth, &mut self.out);
            pen = look;
            let symbol = cell.symbol();
            self.out.push_str(symbol);
            at = (symbol.len() == 1 || is_our_own(symbol)).then(|| x.saturating_add(1));
            self.position = Position { x: x.saturating_add(1), y };
        }
        pen
    }

    /// To the column `to`: over what stands between in the same look by writing it again, where that is shorter.
    fn move_within(&mut self, y: u16, at: Option<u16>, to: u16, pen: Pen) {
        let Some(from) = at.filter(|from| *from < to) else {
            self.go_to(Position { x: to, y });
            return;
        };
        let forward = format!("\x1b[{}C", to - from);
        match self.shown.between(y, from..to, pen) {
            Some(between) if between.len() <= forward.len() => self.out.push_str(&between),
            Some(_) | None => self.out.push_str(&forward),
        }
    }

    fn go_to(&mut self, position: Position) {
        self.push(format_args!("\x1b[{};{}H", u32::from(position.y) + 1, u32::from(position.x) + 1));
    }
}

impl Backend for Ink {
    type Error = Infallible;

    fn draw<'a, I>(&mut self, content: I) -> Result<(), Infallible>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let mut content = content.peekable();
        let mut pen = PLAIN;
        let mut row = Vec::new();
        while let Some(&(_, y, _)) = content.peek() {
            row.clear();
            row.extend(
                std::iter::from_fn(|| content.next_if(|(_, at, _)| *at == y)).map(|(x, _, cell)| (x, cell)),
            );
            pen = self.draw_row(y, &row, pen);
        }
        pen.change(PLAIN, self.depth, &mut self.out);
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
        self.shown = Shown::empty(self.size);
        self.out.push_str("\x1b[m\x1b[2J");
        Ok(())
    }

    fn clear_region(&mut self, region: ClearType) -> Result<(), Infallible> {
        self.shown = Shown::unknown(self.size);
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
pub(super) fn is_our_own(symbol: &str) -> bool {
    let mut characters = symbol.chars();
    matches!((characters.next(), characters.next()), (Some('\u{2500}'..='\u{259f}'), None))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::draw::whole_glyphs;
    use proptest::prelude::*;
    use ratatui::layout::Rect;
    use ratatui::style::{Color, Modifier, Style};
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

    #[test]
    fn what_stands_between_is_written_again_where_that_is_shorter_than_a_move() {
        let mut terminal = terminal(ColorDepth::Mono);
        draw(&mut terminal, "1 b 2 long enough 3", Style::new());
        assert_eq!(draw(&mut terminal, "4 b 5 long enough 6", Style::new()), "\x1b[2;1H4 b 5\x1b[13C6");
    }

    #[test]
    fn a_line_that_becomes_shorter_is_erased() {
        let mut terminal = terminal(ColorDepth::Mono);
        draw(&mut terminal, "a long line", Style::new());
        terminal.draw(|frame| frame.buffer_mut().set_string(0, 1, "a", Style::new())).unwrap();
        let bytes = String::from_utf8(terminal.backend_mut().take()).unwrap();
        assert_eq!(bytes, "\x1b[2;3H\x1b[K");
    }

    fn looks() -> impl Strategy<Value = Style> {
        prop::sample::select(vec![
            Style::new(),
            Style::new().fg(Color::Red),
            Style::new().bg(Color::Blue),
            Style::new().add_modifier(Modifier::REVERSED),
            Style::new().add_modifier(Modifier::BOLD).fg(Color::Green),
        ])
    }

    type Written = (u16, u16, String, Style);

    /// Frames of texts at places, in looks or with wide glyphs: what colour the second half of one leaves behind, terminals
    /// do not agree on.
    fn frames() -> impl Strategy<Value = Vec<Vec<Written>>> {
        let in_looks = (0..20_u16, 0..3_u16, "[a-c ─é]{1,9}", looks());
        let with_wide = (0..20_u16, 0..3_u16, "[a-c ─é]{1,9}|(漢| [ab])(漢|  |c )", Just(Style::new()));
        let frames = |written: BoxedStrategy<Written>| {
            prop::collection::vec(prop::collection::vec(written, 0..8), 1..6)
        };
        prop_oneof![frames(in_looks.boxed()), frames(with_wide.boxed())]
    }

    proptest! {
        /// Whatever was shown before: what a terminal shows after the bytes of a frame is that frame.
        #[test]
        fn a_terminal_shows_what_was_drawn(frames in frames()) {
            let mut terminal = terminal(ColorDepth::TrueColor);
            let mut screen = vt100::Parser::new(3.try_into().unwrap(), 20.try_into().unwrap(), 0);
            for frame in frames {
                let drawn = terminal.draw(|canvas| {
                    for (x, y, text, look) in &frame {
                        canvas.buffer_mut().set_string(*x, *y, text, *look);
                    }
                    whole_glyphs(canvas.buffer_mut());
                }).unwrap().buffer.clone();
                screen.process(&terminal.backend_mut().take());
                for (y, x) in (0..3).flat_map(|y| (0..20).map(move |x| (y, x))) {
                    let (want, got) = (&drawn[(x, y)], screen.screen().cell(y, x).unwrap());
                    if got.is_wide_continuation() {
                        continue;
                    }
                    let shown = if got.contents().is_empty() { " " } else { got.contents() };
                    let of = |reversed, plain, bold| (shown.to_owned(), reversed, plain, bold);
                    // Nobody sees a bold blank.
                    let is_blank = shown == " ";
                    let bold = want.modifier.contains(Modifier::BOLD) && !is_blank;
                    let wanted = (
                        want.symbol().to_owned(),
                        want.modifier.contains(Modifier::REVERSED),
                        want.bg == Color::Reset,
                        bold,
                    );
                    let plain = got.bgcolor() == vt100::Color::Default;
                    prop_assert_eq!(wanted, of(got.inverse(), plain, got.bold() && !is_blank), "at {},{}", x, y);
                }
            }
        }
    }
}
