//! What a terminal says when a program asks it something, and whether a frame is whole.

/// Begin and end of synchronized output: `CSI ? 2026 h` and `l`.
const SYNCHRONIZED_OUTPUT: u16 = 2026;

/// Gathers the answers that an xterm would type back. Our terminal knows synchronized output and no kitty keyboard.
#[derive(Debug, Default)]
pub struct Answers {
    waiting: Vec<u8>,
    frame: Frame,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Frame {
    #[default]
    Whole,
    BeingDrawn,
}

impl Answers {
    pub fn frame_is_whole(&self) -> bool {
        self.frame == Frame::Whole
    }

    /// The answers to be typed back now.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.waiting)
    }
}

impl vt100::Callbacks for Answers {
    fn unhandled_csi(
        &mut self,
        screen: &mut vt100::Screen,
        first: Option<u8>,
        second: Option<u8>,
        params: &[&[u16]],
        last: char,
    ) {
        let param = params.first().and_then(|param| param.first()).copied().unwrap_or(0);
        let synchronized = params.iter().any(|param| param.first() == Some(&SYNCHRONIZED_OUTPUT));
        match (first, second, last) {
            (Some(b'?'), None, 'h') if synchronized => self.frame = Frame::BeingDrawn,
            (Some(b'?'), None, 'l') if synchronized => self.frame = Frame::Whole,
            // Device status: fine; cursor position, counted from 1.
            (None, None, 'n') if param == 5 => self.waiting.extend(b"\x1b[0n"),
            (None, None, 'n') if param == 6 => {
                let (row, col) = screen.cursor_position();
                self.waiting.extend(format!("\x1b[{};{}R", row + 1, col + 1).bytes());
            }
            // Primary device attributes: a VT220 with colours.
            (None, None, 'c') => self.waiting.extend(b"\x1b[?62;22c"),
            // DECRQM: 2 = known and off, 0 = not known.
            (Some(b'?'), Some(b'$'), 'p') => {
                let state = if synchronized { 2 } else { 0 };
                self.waiting.extend(format!("\x1b[?{param};{state}$y").bytes());
            }
            _ => {}
        }
    }
}
