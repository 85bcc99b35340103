//! View models and whole frames: what a frame costs must not depend on how much has happened. The last group says so in
//! its names: a room of a hundred entries beside one of a hundred thousand and five thousand incidents.
#![allow(clippy::expect_used, reason = "a bench that cannot begin has failed")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use divan::Bencher;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use support::{declare, note, now, play};
use warroom::domain::event::Entry;
use warroom::domain::ids::IncidentId;
use warroom::domain::room::Room;
use warroom::domain::text::Line;
use warroom::link::LinkStatus;
use warroom::tui::draw::draw;
use warroom::tui::effect::Effects;
use warroom::tui::model::{Model, Scope};
use warroom::tui::msg::Now;
use warroom::tui::term::caps::ColorDepth;
use warroom::tui::theme::{Glyphs, SHIPPED, Theme, load};
use warroom::tui::vm::chrome::Chrome;
use warroom::tui::vm::{self, Cx};
use warroom::tui::widgets::Look;

fn main() {
    divan::main();
}

#[derive(Debug, Clone, Copy)]
enum Size {
    /// A hundred entries of forty incidents: just enough for no pane to have an empty row.
    Small,
    /// A hundred thousand entries of five thousand incidents.
    Large,
}

const SIZES: [Size; 2] = [Size::Small, Size::Large];

fn model(size: Size) -> Model {
    let (incidents, each) = match size {
        Size::Small => (40, 0),
        Size::Large => (5_000, 19),
    };
    let mut room = Room::default();
    let mut entries: Vec<Arc<Entry>> = Vec::new();
    for number in 0..incidents {
        entries.extend(play(&mut room, &declare(number)));
        let incident = room.last_incident;
        entries.extend((0..each).flat_map(|number| play(&mut room, &note(incident, number))));
    }
    let newest = room.last_incident;
    entries.extend((each..60).flat_map(|number| play(&mut room, &note(newest, number))));
    let mut model = Model::new(Line::clean("hub"), 7, (120, 40));
    model.link.status = LinkStatus::Live { rtt: Some(Duration::from_millis(4)) };
    let newest = IncidentId(room.last_incident);
    model.room = room;
    entries.into_iter().for_each(|entry| model.timeline.insert(entry));
    model.rebuild_board(&mut Effects::default());
    model.ui.incident = Some(newest);
    model
}

fn clock() -> Now {
    Now { wall: now(), mono: Duration::from_secs(600) }
}

fn theme() -> Theme {
    let find =
        |name: &str| SHIPPED.iter().find(|(known, _)| *known == name).map(|(_, text)| (*text).to_owned());
    load("dark", &find("dark").expect("dark"), ColorDepth::TrueColor, &find).expect("a theme")
}

fn frame(model: &mut Model, theme: &Theme, (columns, rows): (u16, u16)) -> Buffer {
    let mut buffer = Buffer::empty(Rect::new(0, 0, columns, rows));
    let look = Look { theme, glyphs: &Glyphs::UNICODE };
    let drawn = draw(&mut buffer, model, look, &Chrome::default(), clock());
    model.ui.tops = drawn.tops;
    buffer
}

#[divan::bench(args = SIZES)]
fn frame_80x24(bencher: Bencher<'_, '_>, size: Size) {
    let (mut model, theme) = (model(size), theme());
    bencher.bench_local(|| frame(&mut model, &theme, (80, 24)));
}

#[divan::bench(args = SIZES)]
fn frame_200x60(bencher: Bencher<'_, '_>, size: Size) {
    let (mut model, theme) = (model(size), theme());
    bencher.bench_local(|| frame(&mut model, &theme, (200, 60)));
}

#[divan::bench(args = SIZES)]
fn frame_200x60_of_the_whole_room(bencher: Bencher<'_, '_>, size: Size) {
    let (mut model, theme) = (model(size), theme());
    model.ui.view.scope = Scope::Room;
    bencher.bench_local(|| frame(&mut model, &theme, (200, 60)));
}

fn with_context<T>(model: &Model, view: impl Fn(&Model, &Cx<'_>) -> T) -> T {
    let cx = Cx { now: clock(), zone: model.ui.zone, glyphs: &Glyphs::UNICODE };
    view(model, &cx)
}

#[divan::bench(args = SIZES)]
fn view_of_the_header(bencher: Bencher<'_, '_>, size: Size) {
    let model = model(size);
    bencher.bench_local(|| with_context(&model, vm::header::header));
}

#[divan::bench(args = SIZES)]
fn view_of_the_incidents(bencher: Bencher<'_, '_>, size: Size) {
    let model = model(size);
    let view =
        |model: &Model, cx: &Cx<'_>| vm::incidents::incidents(model, cx, 20, &mut model.ui.tops.clone());
    bencher.bench_local(|| with_context(&model, view));
}

#[divan::bench(args = SIZES)]
fn view_of_the_timeline(bencher: Bencher<'_, '_>, size: Size) {
    let model = model(size);
    let view =
        |model: &Model, cx: &Cx<'_>| vm::timeline::timeline(model, cx, 100, 30, &mut model.ui.tops.clone());
    bencher.bench_local(|| with_context(&model, view));
}

#[divan::bench(args = SIZES)]
fn view_of_the_detail(bencher: Bencher<'_, '_>, size: Size) {
    let model = model(size);
    bencher.bench_local(|| with_context(&model, |model, cx| vm::detail::detail(model, cx, 60, 20)));
}
