//! Stand-in until the themes are merged.
use ratatui::style::{Color, Modifier, Style};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    Text,
    TextMuted,
    TextStrong,
    Title,
    Key,
    Border,
    BorderFocus,
    Select,
    Sev0,
    Sev1,
    Sev2,
    Sev3,
    Ok,
    Warn,
    Danger,
    BurnFast,
    BurnSlow,
    Pending,
    Offline,
    Link,
    Alarm,
    Unacknowledged,
    Demo,
    Burn,
}

#[derive(Debug, Clone, Copy)]
pub struct Theme {
    pub kind: u8,
}

impl Theme {
    pub fn style(&self, role: Role) -> Style {
        let s = Style::new();
        let c = |color| if self.kind == 2 { s } else { s.fg(color) };
        match role {
            Role::Text => s,
            Role::TextMuted | Role::Border | Role::Offline => c(Color::DarkGray),
            Role::TextStrong | Role::Title | Role::Key => s.add_modifier(Modifier::BOLD),
            Role::BorderFocus | Role::Link => c(Color::Cyan),
            Role::Select => s.add_modifier(Modifier::REVERSED),
            Role::Sev0 | Role::Danger | Role::BurnFast => c(Color::Red).add_modifier(Modifier::BOLD),
            Role::Sev1 => c(Color::LightRed).add_modifier(Modifier::BOLD),
            Role::Sev2 | Role::Warn | Role::BurnSlow => c(Color::Yellow),
            Role::Sev3 => c(Color::Blue),
            Role::Ok | Role::Burn => c(Color::Green),
            Role::Pending | Role::Demo => c(Color::Magenta),
            Role::Alarm | Role::Unacknowledged => {
                c(Color::Red).add_modifier(Modifier::REVERSED | Modifier::BOLD)
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glyphs {
    pub ascii: bool,
    pub ellipsis: &'static str,
    pub dot: &'static str,
    pub severity: [&'static str; 4],
    pub cursor: &'static str,
    pub rule: &'static str,
    pub rule_focus: &'static str,
    pub vertical: &'static str,
    pub corners: [&'static str; 4],
    pub bar: [&'static str; 8],
    pub bar_track: &'static str,
    pub done: &'static str,
    pub failed: &'static str,
    pub live: &'static str,
    pub absent: &'static str,
    pub pending: &'static str,
    pub pin: &'static str,
    pub more: &'static str,
    pub less: &'static str,
    pub arrow: &'static str,
    pub times: &'static str,
}

impl Glyphs {
    pub const UNICODE: Glyphs = Glyphs {
        ascii: false,
        ellipsis: "…",
        dot: "·",
        severity: ["◆", "▲", "●", "○"],
        cursor: "▌",
        rule: "─",
        rule_focus: "━",
        vertical: "│",
        corners: ["╭", "╮", "╰", "╯"],
        bar: ["▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"],
        bar_track: "·",
        done: "✓",
        failed: "✗",
        live: "●",
        absent: "○",
        pending: "⋯",
        pin: "◆",
        more: "▼",
        less: "▲",
        arrow: "→",
        times: "×",
    };
    pub const ASCII: Glyphs = Glyphs {
        ascii: true,
        ellipsis: "~",
        dot: "-",
        severity: ["#", "^", "*", "o"],
        cursor: ">",
        rule: "-",
        rule_focus: "=",
        vertical: "|",
        corners: ["+", "+", "+", "+"],
        bar: [".", ".", "-", "=", "=", "=", "=", "#"],
        bar_track: ".",
        done: "x",
        failed: "!",
        live: "*",
        absent: "o",
        pending: "~",
        pin: "#",
        more: "v",
        less: "^",
        arrow: "->",
        times: "x",
    };
}
