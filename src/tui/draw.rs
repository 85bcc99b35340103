//! A frame: the model and the clock go in, cells come out. Nothing is remembered here; what the next frame is to know
//! (where the windows of long lists began) is given back.

use ratatui::buffer::{Buffer, CellWidth};
use ratatui::layout::{Position, Rect, Size};

use crate::tui::layout::{Banner, Layout, MIN, Regions, dialog as dialog_area, layout};
use crate::tui::model::{Model, Pane};
use crate::tui::msg::Now;
use crate::tui::vm::chrome::Chrome;
use crate::tui::vm::modal::Space;
use crate::tui::vm::window::Tops;
use crate::tui::vm::{self, Cx};
use crate::tui::widgets::{self, Look};

/// What drawing found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawn {
    /// On what the keys act on: the field that is written in, or the row that is selected.
    pub cursor: Option<Position>,
    /// For `Ui::tops`, before the next frame.
    pub tops: Tops,
}

/// Draws the whole screen into `buffer`, which is empty.
pub fn draw(buffer: &mut Buffer, model: &Model, look: Look<'_>, chrome: &Chrome<'_>, now: Now) -> Drawn {
    let cx = Cx { now, zone: model.ui.zone, glyphs: look.glyphs };
    let screen = buffer.area;
    // A blank column on the left.
    let width = usize::from(screen.width.saturating_sub(1));
    let banner = vm::header::banner(model, &cx, chrome.retry, width);
    let shown = if banner.is_some() { Banner::Shown } else { Banner::None };
    let mut tops = model.ui.tops.clone();
    let cursor = match layout(Size { width: screen.width, height: screen.height }, shown) {
        Layout::Room(regions) => {
            if let (Some(banner), Some(area)) = (&banner, regions.banner) {
                widgets::header::banner(banner, area, buffer, look);
            }
            room(buffer, model, look, chrome, &cx, &regions, &mut tops)
        }
        Layout::TooSmall(area) => {
            let header = vm::header::header(model, &cx);
            let link = vm::header::link_word(&model.link, &cx);
            widgets::small::small((MIN.width, MIN.height), &header.counts_short, &link, area, buffer, look);
            None
        }
    };
    let cursor = match model.ui.modals.top() {
        Some(modal) => {
            let space = Space { columns: screen.width, rows: screen.height };
            let dialog = vm::modal::dialog(modal, model, chrome, &cx, space);
            let area = dialog_area(screen, dialog.width, widgets::dialog::height(&dialog));
            widgets::dialog::dialog(&dialog, area, buffer, look)
        }
        None => {
            which_key(buffer, look, chrome, &cx, screen);
            cursor
        }
    };
    whole_glyphs(buffer);
    if look.glyphs.ascii {
        in_ascii(buffer);
    }
    Drawn { cursor, tops }
}

/// A dialog may end in the middle of a wide glyph, of which no half can be shown: a terminal would cover the dialog's edge
/// with it.
pub(super) fn whole_glyphs(buffer: &mut Buffer) {
    let columns = usize::from(buffer.area.width);
    for place in 0..buffer.content.len() {
        let is_last = (place + 1) % columns.max(1) == 0;
        let is_wide =
            buffer.content.get(place).is_some_and(|cell| cell.symbol().len() > 1 && cell.cell_width() > 1);
        let is_cut = is_last || buffer.content.get(place + 1).is_some_and(|cell| cell.symbol() != " ");
        if is_wide
            && is_cut
            && let Some(cell) = buffer.content.get_mut(place)
        {
            cell.set_symbol(" ");
        }
    }
}

fn room(
    buffer: &mut Buffer,
    model: &Model,
    look: Look<'_>,
    chrome: &Chrome<'_>,
    cx: &Cx<'_>,
    regions: &Regions,
    tops: &mut Tops,
) -> Option<Position> {
    let focus = model.ui.focus;
    widgets::header::header(&vm::header::header(model, cx), regions.header, buffer, look);
    let footer = vm::footer::footer(model, chrome.footer, chrome.undo, cx);
    widgets::footer::footer(&footer, regions.footer, buffer, look);
    // A pane without a region of its own takes that of another while it has the focus.
    let alerts_area = regions.alerts.or((focus == Pane::Alerts).then_some(regions.incidents));
    let responders_area = regions.responders.or((focus == Pane::Responders).then_some(regions.detail));
    let tasks_area = (focus == Pane::Tasks).then_some(regions.detail);
    let mut cursor = None;
    if alerts_area != Some(regions.incidents) {
        let fitting = widgets::incidents::fitting(regions.incidents);
        let mut list = vm::incidents::incidents(model, cx, fitting, tops);
        if regions.alerts.is_none() {
            list.title.note.extend(vm::alerts::waiting(model, cx));
        }
        let at = widgets::incidents::incidents(&list, regions.incidents, buffer, look);
        cursor = cursor.or(at.filter(|_| focus == Pane::Incidents));
    }
    if let Some(area) = alerts_area {
        let list = vm::alerts::alerts(model, cx, rows(area), tops);
        let at = widgets::alerts::alerts(&list, area, buffer, look);
        cursor = cursor.or(at);
    }
    match (tasks_area, model.selected()) {
        (Some(area), Some(incident)) => {
            let list = vm::tasks::tasks(model, incident, cx, rows(area), tops);
            cursor = cursor.or(widgets::tasks::tasks(&list, area, buffer, look));
        }
        _ if responders_area == Some(regions.detail) => {}
        _ => {
            // A blank column on the left.
            let width = usize::from(regions.detail.width.saturating_sub(1));
            let detail = vm::detail::detail(model, cx, width, rows(regions.detail));
            widgets::detail::detail(&detail, regions.detail, buffer, look);
        }
    }
    let list = vm::slos::slos(model, cx, widgets::slos::fitting(regions.slos));
    cursor = cursor.or(widgets::slos::slos(&list, regions.slos, buffer, look));
    if let Some(area) = responders_area {
        let list = vm::responders::responders(model, model.selected(), cx, rows(area));
        cursor = cursor.or(widgets::responders::responders(&list, area, buffer, look));
    }
    let area = regions.timeline;
    let timeline = vm::timeline::timeline(model, cx, usize::from(area.width), rows(area), tops);
    let at = widgets::timeline::timeline(&timeline, area, buffer, look);
    cursor.or(at.filter(|_| focus == Pane::Timeline))
}

/// Rows below the title.
fn rows(area: Rect) -> usize {
    usize::from(area.height.saturating_sub(1))
}

/// The keys that can follow, in the corner where the footer names them.
fn which_key(buffer: &mut Buffer, look: Look<'_>, chrome: &Chrome<'_>, cx: &Cx<'_>, screen: Rect) {
    let Some(which) = chrome.which_key else { return };
    let dialog = vm::modal::which_key(which, cx, Space { columns: screen.width, rows: screen.height });
    let width = dialog.width.min(screen.width);
    let height = widgets::dialog::height(&dialog).min(screen.height.saturating_sub(1).max(1));
    let area = Rect {
        x: screen.right().saturating_sub(width),
        y: screen.bottom().saturating_sub(height + 1),
        width,
        height,
    };
    widgets::dialog::dialog(&dialog, area.intersection(screen), buffer, look);
}

/// On a terminal without UTF-8, words that it could not show: what is usual has a twin, the rest is marked.
fn in_ascii(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        if !cell.symbol().is_ascii() {
            let twin = match cell.symbol() {
                "→" => ">",
                "“" | "”" | "„" => "\"",
                "‘" | "’" => "'",
                "–" | "—" | "·" => "-",
                "…" => "~",
                "×" => "x",
                _ => "?",
            };
            cell.set_symbol(twin);
        }
    }
}
