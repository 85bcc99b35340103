//! Colours for terminals that have fewer of them.

use ratatui::style::Color;

use crate::tui::term::caps::ColorDepth;

/// The nearest colour that the terminal has.
pub(super) fn degrade(color: Color, depth: ColorDepth) -> Color {
    match (depth, color) {
        (ColorDepth::Mono, _) => Color::Reset,
        (ColorDepth::Ansi256, Color::Rgb(red, green, blue)) => Color::Indexed(to_256([red, green, blue])),
        (ColorDepth::Ansi16, Color::Rgb(red, green, blue)) => to_16([red, green, blue]),
        (ColorDepth::Ansi16, Color::Indexed(index)) => to_16(rgb_of_256(index)),
        (_, color) => color,
    }
}

/// Levels of the 6x6x6 cube.
const LEVELS: [u8; 6] = [0, 95, 135, 175, 215, 255];

fn to_256(rgb: [u8; 3]) -> u8 {
    (16..=255).min_by_key(|index| distance(rgb, rgb_of_256(*index))).unwrap_or(15)
}

fn rgb_of_256(index: u8) -> [u8; 3] {
    let level = |at: u8| LEVELS.get(usize::from(at)).copied().unwrap_or(255);
    match index {
        0..=15 => SIXTEEN.get(usize::from(index)).map_or([255; 3], |(rgb, _)| *rgb),
        16..=231 => {
            let cube = index - 16;
            [level(cube / 36), level(cube / 6 % 6), level(cube % 6)]
        }
        232..=255 => [8 + 10 * (index - 232); 3],
    }
}

/// As xterm has them.
const SIXTEEN: [([u8; 3], Color); 16] = [
    ([0, 0, 0], Color::Black),
    ([205, 0, 0], Color::Red),
    ([0, 205, 0], Color::Green),
    ([205, 205, 0], Color::Yellow),
    ([0, 0, 238], Color::Blue),
    ([205, 0, 205], Color::Magenta),
    ([0, 205, 205], Color::Cyan),
    ([229, 229, 229], Color::Gray),
    ([127, 127, 127], Color::DarkGray),
    ([255, 0, 0], Color::LightRed),
    ([0, 255, 0], Color::LightGreen),
    ([255, 255, 0], Color::LightYellow),
    ([92, 92, 255], Color::LightBlue),
    ([255, 0, 255], Color::LightMagenta),
    ([0, 255, 255], Color::LightCyan),
    ([255, 255, 255], Color::White),
];

fn to_16(rgb: [u8; 3]) -> Color {
    let nearest = SIXTEEN.iter().min_by_key(|(other, _)| distance(rgb, *other));
    nearest.map_or(Color::Reset, |(_, color)| *color)
}

/// The colour's values, where it has any of its own.
pub(super) fn rgb(color: Color) -> Option<[u8; 3]> {
    match color {
        Color::Reset => None,
        Color::Rgb(red, green, blue) => Some([red, green, blue]),
        Color::Indexed(index) => Some(rgb_of_256(index)),
        named => SIXTEEN.iter().find(|(_, color)| *color == named).map(|(rgb, _)| *rgb),
    }
}

/// Weighted as eyes are: green counts most.
fn distance(a: [u8; 3], b: [u8; 3]) -> u32 {
    let [red, green, blue] = [0, 1, 2].map(|at: usize| {
        let difference = i32::from(*a.get(at).unwrap_or(&0)) - i32::from(*b.get(at).unwrap_or(&0));
        difference.unsigned_abs().pow(2)
    });
    2 * red + 4 * green + 3 * blue
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_become_the_nearest_there_is() {
        assert_eq!(degrade(Color::Rgb(255, 0, 0), ColorDepth::Ansi256), Color::Indexed(196));
        assert_eq!(degrade(Color::Rgb(128, 128, 128), ColorDepth::Ansi256), Color::Indexed(244));
        assert_eq!(degrade(Color::Rgb(250, 20, 20), ColorDepth::Ansi16), Color::LightRed);
        assert_eq!(degrade(Color::Rgb(1, 2, 3), ColorDepth::Mono), Color::Reset);
        assert_eq!(degrade(Color::Rgb(1, 2, 3), ColorDepth::TrueColor), Color::Rgb(1, 2, 3));
    }
}
