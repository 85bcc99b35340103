//! Whether a theme can be read: by tired eyes, by eyes that do not tell red from green, and without any colour.

use ratatui::style::{Color, Modifier, Style};

use super::degrade::rgb;
use super::{Role, Theme};

/// What people must be able to read at a glance (WCAG 2.2, 1.4.3).
const CONTRAST: f64 = 4.5;
/// Lines and what recedes.
const FAINT: f64 = 1.5;

/// Findings in sentences. `background` is the terminal's own, as the theme expects it.
pub fn lint(theme: &Theme, background: [u8; 3]) -> Vec<String> {
    let mut findings = Vec::new();
    for role in Role::ALL {
        let needed = match role {
            Role::Border => FAINT,
            _ => CONTRAST,
        };
        let style = theme.style(*role);
        let text = style.fg.and_then(rgb);
        let behind = style.bg.and_then(rgb).unwrap_or(background);
        let (text, behind) = if style.add_modifier.contains(Modifier::REVERSED) {
            (Some(behind), text.unwrap_or([255; 3]))
        } else {
            (text, behind)
        };
        if let Some(text) = text {
            let contrast = contrast(text, behind);
            if contrast < needed {
                findings.push(format!(
                    "{} has a contrast of {contrast:.1}; at least {needed} can be read",
                    role.name()
                ));
            }
        }
    }
    if !differ(theme.style(Role::Sev0), theme.style(Role::Ok)) {
        findings.push(
            "sev.0 and ok look alike without telling red from green; change the lightness or add a modifier"
                .to_owned(),
        );
    }
    if theme.style(Role::Select) == theme.style(Role::Text) {
        findings.push("select looks like text".to_owned());
    }
    findings
}

/// Whether two styles differ to eyes without red cones.
fn differ(one: Style, other: Style) -> bool {
    let seen = |style: Style| style.fg.and_then(rgb).map(deuteranopia);
    one.add_modifier != other.add_modifier
        || one.bg != other.bg
        || match (seen(one), seen(other)) {
            (Some(one), Some(other)) => contrast(one, other) >= 1.3,
            (None, None) => false,
            _ => true,
        }
}

/// Viénot, Brettel and Mollon 1999, on linear values, folded to what is left of red and green.
fn deuteranopia([red, green, blue]: [u8; 3]) -> [u8; 3] {
    let (r, g, b) = (linear(red), linear(green), linear(blue));
    let yellow = 0.292_75 * r + 0.707_25 * g;
    let blueish = -0.022_34 * r + 0.022_34 * g + b;
    [yellow, yellow, blueish].map(|value| {
        let value = value.clamp(0.0, 1.0);
        let encoded =
            if value <= 0.003_130_8 { 12.92 * value } else { 1.055 * value.powf(1.0 / 2.4) - 0.055 };
        (encoded * 255.0).round() as u8
    })
}

fn linear(value: u8) -> f64 {
    let value = f64::from(value) / 255.0;
    if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
}

/// WCAG 2.2's contrast ratio, 1 to 21.
fn contrast(one: [u8; 3], other: [u8; 3]) -> f64 {
    let luminance = |[r, g, b]: [u8; 3]| 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// A theme's own idea of the terminal's background, for [`lint`].
pub fn background_of(name: &str) -> [u8; 3] {
    if name.contains("light") { [250, 250, 250] } else { [20, 22, 26] }
}

/// Whether a style uses any colour.
pub fn is_colorless(style: Style) -> bool {
    matches!(style.fg, None | Some(Color::Reset)) && matches!(style.bg, None | Some(Color::Reset))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::term::caps::ColorDepth;
    use crate::tui::theme::{SHIPPED, load};

    #[test]
    fn the_shipped_themes_can_be_read_in_every_depth() {
        for (name, text) in SHIPPED {
            for depth in [ColorDepth::TrueColor, ColorDepth::Ansi256] {
                let theme = load(name, text, depth, &|_| None).unwrap();
                assert_eq!(lint(&theme, background_of(name)), Vec::<String>::new(), "{name} {depth:?}");
            }
        }
    }

    #[test]
    fn without_colours_the_selection_and_the_worst_still_stand_out() {
        for (name, text) in SHIPPED {
            let theme = load(name, text, ColorDepth::Mono, &|_| None).unwrap();
            assert!(Role::ALL.iter().all(|role| is_colorless(theme.style(*role))), "{name}");
            assert!(theme.style(Role::Select).add_modifier.contains(Modifier::REVERSED), "{name}");
            assert_ne!(theme.style(Role::Sev0), theme.style(Role::Ok), "{name}");
            assert_ne!(theme.style(Role::Unacknowledged), theme.style(Role::Text), "{name}");
        }
    }

    #[test]
    fn contrast_is_that_of_wcag() {
        assert!((contrast([0, 0, 0], [255, 255, 255]) - 21.0).abs() < 0.01);
        assert!((contrast([119, 119, 119], [255, 255, 255]) - 4.48).abs() < 0.01);
    }
}
