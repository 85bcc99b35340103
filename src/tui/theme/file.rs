//! Theme files: TOML with a palette and roles by name, over the theme that they inherit. A role that is not there falls
//! back along its dots: `burn.fast` to `burn`, and then to `text`.

use std::collections::BTreeMap;

use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;

use super::degrade::degrade;
use super::{Role, SHIPPED, Theme};
use crate::domain::text::Text;
use crate::tui::nearest::nearest;
use crate::tui::term::caps::ColorDepth;

/// Why a theme cannot be used, in a sentence with its place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}{}: {what}", line.map(|line| format!(":{line}")).unwrap_or_default())]
pub struct ThemeError {
    file: String,
    line: Option<usize>,
    /// It quotes the file, and goes to a terminal.
    what: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    inherits: Option<String>,
    palette: BTreeMap<String, String>,
    roles: BTreeMap<String, toml::Spanned<Look>>,
}

/// How a role looks; with other looks where colours are few or none.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Look {
    fg: Option<String>,
    bg: Option<String>,
    mods: Option<Vec<Mod>>,
    ansi16: Option<Box<Look>>,
    mono: Option<Box<Look>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Mod {
    Bold,
    Dim,
    Italic,
    Underlined,
    Reversed,
}

/// A layer with its colours resolved: what each named role looks like here.
type Styles = BTreeMap<&'static str, Style>;

/// Reads a theme for a terminal. `find` gives the text of a theme by name: the user's folder first, then what is shipped
/// (see [`SHIPPED`]).
///
/// # Errors
///
/// What is wrong, with file and line, and the nearest name.
pub fn load(
    name: &str,
    text: &str,
    depth: ColorDepth,
    find: &dyn Fn(&str) -> Option<String>,
) -> Result<Theme, ThemeError> {
    let mut styles = Styles::new();
    layer(name, text, depth, find, &mut Vec::new(), &mut styles)?;
    let resolve = |role: &Role| {
        let mut name = role.name();
        loop {
            if let Some(style) = styles.get(name) {
                return *style;
            }
            match name.rsplit_once('.') {
                Some((parent, _)) => name = parent,
                None => return styles.get("text").copied().unwrap_or_default(),
            }
        }
    };
    let mut resolved = [Style::default(); Role::ALL.len()];
    for (style, role) in resolved.iter_mut().zip(Role::ALL) {
        *style = resolve(role);
    }
    Ok(Theme { styles: resolved })
}

fn layer(
    name: &str,
    text: &str,
    depth: ColorDepth,
    find: &dyn Fn(&str) -> Option<String>,
    above: &mut Vec<String>,
    styles: &mut Styles,
) -> Result<(), ThemeError> {
    let error = |at: Option<usize>, what: String| ThemeError {
        file: name.to_owned(),
        line: at.map(|at| text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1),
        what: Text::clean(&what),
    };
    let file: File = toml::from_str(text)
        .map_err(|wrong| error(wrong.span().map(|span| span.start), wrong.message().trim_end().to_owned()))?;
    if let Some(parent) = &file.inherits {
        if above.contains(parent) || parent == name {
            return Err(error(None, format!("inherits “{parent}”, which inherits it again")));
        }
        let shipped =
            SHIPPED.iter().find(|(shipped, _)| shipped == parent).map(|(_, text)| (*text).to_owned());
        let Some(found) = find(parent).or(shipped) else {
            let names = SHIPPED.map(|(name, _)| name);
            return Err(error(
                None,
                format!("inherits “{parent}”, which is not there{}", nearest(parent, &names)),
            ));
        };
        above.push(name.to_owned());
        layer(parent, &found, depth, find, above, styles)?;
        above.pop();
    }
    for (role, look) in &file.roles {
        let at = look.span().start;
        let Some(role) = known(role) else {
            let mut names: Vec<&str> = Role::ALL.iter().map(|role| role.name()).collect();
            names.extend(["sev"]);
            return Err(error(Some(at), format!("there is no role “{role}”{}", nearest(role, &names))));
        };
        let style = style(look.get_ref(), depth, &file.palette).map_err(|what| error(Some(at), what))?;
        styles.insert(role, style);
    }
    Ok(())
}

/// The names that files may use: every role, and what roles fall back to.
fn known(name: &str) -> Option<&'static str> {
    Role::ALL.iter().map(|role| role.name()).chain(["sev"]).find(|known| *known == name)
}

fn style(look: &Look, depth: ColorDepth, palette: &BTreeMap<String, String>) -> Result<Style, String> {
    let designed = match depth {
        ColorDepth::Mono => look.mono.as_deref(),
        ColorDepth::Ansi16 => look.ansi16.as_deref(),
        ColorDepth::Ansi256 | ColorDepth::TrueColor => None,
    };
    let mods = designed.and_then(|look| look.mods.as_ref()).or(look.mods.as_ref());
    let look = designed.unwrap_or(look);
    let mut style = Style::new();
    if let Some(color) = &look.fg {
        style = style.fg(degrade(parse(color, palette)?, depth));
    }
    if let Some(color) = &look.bg {
        style = style.bg(degrade(parse(color, palette)?, depth));
    }
    for modifier in mods.into_iter().flatten() {
        style = style.add_modifier(match modifier {
            Mod::Bold => Modifier::BOLD,
            Mod::Dim => Modifier::DIM,
            Mod::Italic => Modifier::ITALIC,
            Mod::Underlined => Modifier::UNDERLINED,
            Mod::Reversed => Modifier::REVERSED,
        });
    }
    Ok(style)
}

/// A name of the palette, one of the 16, `#rrggbb`, or `default`.
fn parse(color: &str, palette: &BTreeMap<String, String>) -> Result<Color, String> {
    let color = palette.get(color).map_or(color, String::as_str);
    if color == "default" {
        return Ok(Color::Reset);
    }
    color.parse().map_err(|_| {
        let names: Vec<&str> = palette.keys().map(String::as_str).collect();
        format!(
            "“{color}” is not a colour: write #rrggbb, a name of the palette, or one of the 16{}",
            nearest(color, &names)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nothing(_: &str) -> Option<String> {
        None
    }

    fn complaint(text: &str) -> String {
        load("mine.toml", text, ColorDepth::TrueColor, &nothing).unwrap_err().to_string()
    }

    #[test]
    fn a_role_that_is_not_there_falls_back_along_its_dots() {
        let text = "[roles]\ntext = { fg = 'white' }\nburn = { fg = 'green' }\n";
        let theme = load("mine.toml", text, ColorDepth::TrueColor, &nothing).unwrap();
        assert_eq!(theme.style(Role::BurnFast).fg, Some(Color::Green));
        assert_eq!(theme.style(Role::Sev0).fg, Some(Color::White));
    }

    #[test]
    fn a_theme_changes_only_what_it_says_of_the_one_it_inherits() {
        let text = "inherits = 'dark'\n[palette]\nmint = '#00ff99'\n[roles]\nok = { fg = 'mint' }\n";
        let mine = load("mine.toml", text, ColorDepth::TrueColor, &nothing).unwrap();
        let dark = load("dark", SHIPPED[0].1, ColorDepth::TrueColor, &nothing).unwrap();
        assert_eq!(mine.style(Role::Ok).fg, Some(Color::Rgb(0, 255, 153)));
        assert_eq!(mine.style(Role::Sev0), dark.style(Role::Sev0));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line_and_the_nearest_name() {
        assert_eq!(
            complaint("[roles]\n'sve.0' = { fg = 'red' }"),
            "mine.toml:2: there is no role “sve.0”; did you mean “sev.0”?"
        );
        assert!(complaint("[roles]\nok = { fg = 'grene' }").contains("“grene” is not a colour"));
        assert_eq!(
            complaint("inherits = 'drak'"),
            "mine.toml: inherits “drak”, which is not there; did you mean “dark”?"
        );
        let circle = |name: &str| (name == "other").then(|| "inherits = 'mine.toml'".to_owned());
        let error = load("mine.toml", "inherits = 'other'", ColorDepth::Mono, &circle).unwrap_err();
        assert!(error.to_string().contains("inherits it again"), "{error}");
        assert!(complaint("[palette\n").starts_with("mine.toml:1: "));
    }

    #[test]
    fn what_a_themes_complaint_quotes_cannot_act_on_a_terminal() {
        let complaint = complaint("[roles]\n\"\\u001b]0;owned\\u0007\" = { fg = 'red' }");
        assert!(complaint.contains("␛]0;owned␇") && !complaint.contains('\u{1b}'), "{complaint}");
    }
}
