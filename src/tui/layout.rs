//! Where everything stands. Pure: the same size gives the same regions, whatever is in the room, so that nothing jumps.

use ratatui::layout::{Rect, Size};

/// The smallest screen that the room is drawn on.
pub const MIN: Size = Size { width: 60, height: 20 };
/// From this many columns on there are two columns.
pub const TWO_COLUMNS: u16 = 110;
/// From this many columns on there are three.
pub const THREE_COLUMNS: u16 = 170;

/// Blank columns between two columns of panes.
const GUTTER: u16 = 2;

/// Whether something is wrong with the hub or the way to it that needs a row of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Banner {
    Shown,
    None,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    Room(Regions),
    /// Smaller than [`MIN`].
    TooSmall(Rect),
}

/// The parts of the screen. Where a pane has none of its own, it is shown in that of another while it has the focus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Regions {
    pub header: Rect,
    pub banner: Option<Rect>,
    pub incidents: Rect,
    pub detail: Rect,
    pub slos: Rect,
    pub timeline: Rect,
    pub alerts: Option<Rect>,
    pub responders: Option<Rect>,
    pub footer: Rect,
}

impl Regions {
    /// Every region that there is.
    pub fn all(&self) -> impl Iterator<Item = Rect> {
        let optional = [self.banner, self.alerts, self.responders].into_iter().flatten();
        [self.header, self.incidents, self.detail, self.slos, self.timeline, self.footer]
            .into_iter()
            .chain(optional)
    }
}

/// The regions of a screen of `size`.
pub fn layout(size: Size, banner: Banner) -> Layout {
    let screen = Rect::new(0, 0, size.width, size.height);
    if size.width < MIN.width || size.height < MIN.height {
        return Layout::TooSmall(screen);
    }
    let (header, rest) = top(screen, 1);
    let (banner, rest) = match banner {
        Banner::Shown => {
            let (row, rest) = top(rest, 1);
            (Some(row), rest)
        }
        Banner::None => (None, rest),
    };
    let (body, footer) = top(rest, rest.height.saturating_sub(1));
    let frame = Frame { header, banner, footer };
    Layout::Room(match size.width {
        THREE_COLUMNS.. => three_columns(frame, body),
        TWO_COLUMNS.. => two_columns(frame, body),
        _ => stacked(frame, body),
    })
}

/// What every layout has.
struct Frame {
    header: Rect,
    banner: Option<Rect>,
    footer: Rect,
}

/// ```text
/// header
/// ━ Incidents ━━━━━━━━━━━━━━━━━━━━━━━━━━  4 rows and more
/// ─ INC-7 ──────────────────────────────  5 rows and more, as there is room
/// ─ SLOs ───────────────────────────────  2 rows and more
/// ─ Timeline ───────────────────────────  the rest, at least a third
/// footer
/// ```
fn stacked(frame: Frame, body: Rect) -> Regions {
    // Beyond the 18 rows of the smallest screen, others take their share and the timeline has the rest.
    let spare = body.height.saturating_sub(18);
    let (incidents, rest) = top(body, 5 + spare / 5);
    let (detail, rest) = top(rest, 5 + (spare / 4).clamp(u16::from(spare > 0), 7));
    let (slos, timeline) = top(rest, 3 + (spare / 8).min(4));
    let Frame { header, banner, footer } = frame;
    Regions { header, banner, incidents, detail, slos, timeline, alerts: None, responders: None, footer }
}

/// ```text
/// header
/// ━ Incidents ━━━━━━━━━━  ─ INC-7 ──────────────────────
///                         selected incident
/// ─ Alerts ─────────────
/// ─ SLOs ───────────────  ─ Timeline ───────────────────
///
/// ─ Responders ─────────
/// footer
/// ```
fn two_columns(frame: Frame, body: Rect) -> Regions {
    let left_width = (body.width * 2 / 5).clamp(44, 64);
    let (left, right) = columns(body, left_width);
    let lower = left.height.saturating_sub(left.height * 2 / 5);
    let (incidents, rest) = top(left, left.height.saturating_sub(lower));
    let (alerts, rest) = top(rest, (rest.height / 5).max(2));
    let (slos, responders) = top(rest, rest.height.saturating_sub((rest.height / 3).max(2)));
    let (detail, timeline) = top(right, (right.height * 2 / 5).clamp(7, 18));
    let Frame { header, banner, footer } = frame;
    let (alerts, responders) = (Some(alerts), Some(responders));
    Regions { header, banner, incidents, detail, slos, timeline, alerts, responders, footer }
}

/// ```text
/// header
/// ━ Incidents ━━━━━━━  ─ INC-7 ──────────────────────  ─ SLOs ──────────
///                      selected incident
///                      ─ Timeline ───────────────────
/// ─ Alerts ──────────                                  ─ Responders ────
/// footer
/// ```
fn three_columns(frame: Frame, body: Rect) -> Regions {
    let side = (body.width * 27 / 100).min(72);
    let (left, rest) = columns(body, side);
    let (middle, right) = columns(rest, rest.width.saturating_sub(side + GUTTER));
    let (incidents, alerts) = top(left, left.height.saturating_sub((left.height / 4).max(3)));
    let (detail, timeline) = top(middle, (middle.height * 2 / 5).clamp(7, 17));
    let (slos, responders) = top(right, right.height.saturating_sub((right.height / 3).max(3)));
    let Frame { header, banner, footer } = frame;
    let (alerts, responders) = (Some(alerts), Some(responders));
    Regions { header, banner, incidents, detail, slos, timeline, alerts, responders, footer }
}

/// The first `height` rows, and what is left.
fn top(area: Rect, height: u16) -> (Rect, Rect) {
    let height = height.min(area.height);
    let rest = Rect { y: area.y + height, height: area.height - height, ..area };
    (Rect { height, ..area }, rest)
}

/// The first `width` columns, and what is left behind a gutter.
fn columns(area: Rect, width: u16) -> (Rect, Rect) {
    let width = width.min(area.width);
    let taken = (width + GUTTER).min(area.width);
    let rest = Rect { x: area.x + taken, width: area.width - taken, ..area };
    (Rect { width, ..area }, rest)
}

/// A box of at most `width` by `height` in the middle of `screen`; the whole screen when it is smaller than that.
pub fn dialog(screen: Rect, width: u16, height: u16) -> Rect {
    if screen.width < width || screen.height < height {
        return screen;
    }
    let x = screen.x + (screen.width - width) / 2;
    // A little above the middle, where eyes are.
    let y = screen.y + (screen.height - height) * 2 / 5;
    Rect { x, y, width, height }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_every_size_regions_lie_inside_the_screen_and_none_overlap() {
        for banner in [Banner::Shown, Banner::None] {
            for width in 0..=250 {
                for height in 0..=70 {
                    let Layout::Room(regions) = layout(Size { width, height }, banner) else {
                        assert!(width < 60 || height < 20);
                        continue;
                    };
                    let all: Vec<Rect> = regions.all().collect();
                    for (place, region) in all.iter().enumerate() {
                        assert!(
                            region.right() <= width && region.bottom() <= height,
                            "{width}x{height} {regions:?}"
                        );
                        assert!(region.width > 0 && region.height > 0, "{width}x{height} {regions:?}");
                        let clash = all.iter().skip(place + 1).any(|other| region.intersects(*other));
                        assert!(!clash, "{width}x{height} {regions:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn every_pane_has_its_rows_on_a_screen_of_80_by_24() {
        let Layout::Room(regions) = layout(Size { width: 80, height: 24 }, Banner::None) else {
            panic!("small")
        };
        // One row of each is its title.
        assert!(regions.incidents.height > 4, "{regions:?}");
        assert!(regions.detail.height > 5, "{regions:?}");
        assert!(regions.slos.height > 2, "{regions:?}");
        assert!(regions.timeline.height > 5, "{regions:?}");
        assert_eq!((regions.header.height, regions.footer.height), (1, 1));
    }

    #[test]
    fn a_dialog_that_does_not_fit_takes_the_whole_screen() {
        let screen = Rect::new(0, 0, 50, 12);
        assert_eq!(dialog(screen, 60, 8), screen);
        assert_eq!(dialog(screen, 40, 13), screen);
        assert_eq!(dialog(screen, 40, 7), Rect::new(5, 2, 40, 7));
    }
}
