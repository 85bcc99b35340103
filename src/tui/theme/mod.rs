//! Themes: styles by meaning. A widget asks for the style of [`Role::Sev0`], never for red.

mod degrade;
mod file;
mod glyph;
pub mod lint;

use ratatui::style::Style;

pub use file::{ThemeError, load};
pub use glyph::Glyphs;

/// The themes that are shipped, by name.
pub const SHIPPED: [(&str, &str); 3] = [
    ("dark", include_str!("../../../themes/dark.toml")),
    ("light", include_str!("../../../themes/light.toml")),
    ("mono", include_str!("../../../themes/mono.toml")),
];

macro_rules! roles {
    ($($role:ident $name:literal),* $(,)?) => {
        /// What something on the screen means.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Role {
            $($role),*
        }

        impl Role {
            pub const ALL: &[Role] = &[$(Role::$role),*];

            /// The name in theme files.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Role::$role => $name),*
                }
            }
        }
    };
}

roles! {
    Text "text",
    TextMuted "text.muted",
    TextStrong "text.strong",
    Title "title",
    Key "key",
    Border "border",
    BorderFocus "border.focus",
    Select "select",
    Sev0 "sev.0",
    Sev1 "sev.1",
    Sev2 "sev.2",
    Sev3 "sev.3",
    Ok "ok",
    Warn "warn",
    Danger "danger",
    Burn "burn",
    BurnFast "burn.fast",
    BurnSlow "burn.slow",
    Pending "pending",
    Offline "offline",
    Link "link",
    Alarm "alarm",
    Unacknowledged "unacknowledged",
    Demo "demo",
}

/// A theme, resolved for one terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theme {
    styles: [Style; Role::ALL.len()],
}

impl Theme {
    pub fn style(&self, role: Role) -> Style {
        self.styles.get(role as usize).copied().unwrap_or_default()
    }
}
