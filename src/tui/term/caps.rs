//! What the terminal can do, as far as the environment tells. Nothing is asked of the terminal itself: on a bad link the
//! answer may come seconds later, or as somebody's next keystrokes.

use std::collections::BTreeMap;

/// How many colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ColorDepth {
    Mono,
    Ansi16,
    Ansi256,
    TrueColor,
}

impl ColorDepth {
    pub const fn name(self) -> &'static str {
        match self {
            ColorDepth::Mono => "no colours",
            ColorDepth::Ansi16 => "16 colours",
            ColorDepth::Ansi256 => "256 colours",
            ColorDepth::TrueColor => "true colour",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    pub color: ColorDepth,
    /// The locale is UTF-8; otherwise everything has its ASCII twin.
    pub unicode: bool,
    /// At the other end of an ssh connection: frames come a little less often.
    pub remote: bool,
    /// `TERM=dumb` or none: there is no screen to draw on.
    pub dumb: bool,
}

/// Reads the environment that is handed in. `forced` is what the person said with `--color`.
pub fn detect(env: &BTreeMap<String, String>, forced: Option<ColorDepth>) -> Capabilities {
    let get = |name: &str| env.get(name).map(String::as_str).filter(|value| !value.is_empty());
    let term = get("TERM").unwrap_or("");
    let dumb = term.is_empty() || term == "dumb";
    let color = forced.unwrap_or_else(|| color(get("NO_COLOR").is_some(), get("COLORTERM"), term));
    // The first of these that is set decides, as in setlocale(3).
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(get).unwrap_or("");
    let locale = locale.to_ascii_lowercase();
    Capabilities {
        color,
        unicode: locale.contains("utf-8") || locale.contains("utf8"),
        remote: get("SSH_CONNECTION").is_some() || get("SSH_TTY").is_some(),
        dumb,
    }
}

fn color(no_color: bool, colorterm: Option<&str>, term: &str) -> ColorDepth {
    if no_color || term.is_empty() || term == "dumb" || term.starts_with("vt") {
        return ColorDepth::Mono;
    }
    // Terminals whose name says it; over ssh COLORTERM does not come along.
    const TRUE_COLOR: [&str; 8] =
        ["-direct", "kitty", "alacritty", "wezterm", "ghostty", "foot", "contour", "rio"];
    let says_so = matches!(colorterm, Some("truecolor" | "24bit"));
    if says_so || TRUE_COLOR.iter().any(|name| term.contains(name)) {
        return ColorDepth::TrueColor;
    }
    if term.contains("256color") || term.starts_with("xterm") || colorterm.is_some() {
        return ColorDepth::Ansi256;
    }
    ColorDepth::Ansi16
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(pairs: &[(&str, &str)]) -> Capabilities {
        let env = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        detect(&env.collect(), None)
    }

    #[test]
    fn colours_are_told_by_the_environment() {
        let color = |pairs: &[(&str, &str)]| seen(pairs).color;
        assert_eq!(color(&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")]), ColorDepth::TrueColor);
        assert_eq!(color(&[("TERM", "xterm-kitty")]), ColorDepth::TrueColor);
        assert_eq!(color(&[("TERM", "tmux-256color")]), ColorDepth::Ansi256);
        assert_eq!(color(&[("TERM", "xterm")]), ColorDepth::Ansi256);
        assert_eq!(color(&[("TERM", "linux")]), ColorDepth::Ansi16);
        assert_eq!(color(&[("TERM", "screen")]), ColorDepth::Ansi16);
        assert_eq!(color(&[("TERM", "xterm-256color"), ("NO_COLOR", "1")]), ColorDepth::Mono);
        assert_eq!(color(&[("TERM", "xterm-256color"), ("NO_COLOR", "")]), ColorDepth::Ansi256);
        assert_eq!(color(&[("TERM", "dumb")]), ColorDepth::Mono);
        assert_eq!(color(&[("TERM", "vt100")]), ColorDepth::Mono);
    }

    #[test]
    fn without_a_utf_8_locale_everything_is_ascii() {
        assert!(seen(&[("LANG", "de_DE.UTF-8")]).unicode);
        assert!(seen(&[("LC_ALL", "C.utf8"), ("LANG", "C")]).unicode);
        assert!(!seen(&[("LC_ALL", "C"), ("LANG", "de_DE.UTF-8")]).unicode);
        assert!(!seen(&[]).unicode);
    }
}
