//! What the screen says of the link to the hub, so that nobody takes old figures for those of now.

use std::time::Duration;

use super::{SIZES, offline};
use crate::domain::ids::{Cursor, Hash, Head, JournalId, Seq};
use crate::link::{Health, LinkStatus};
use crate::tui::fixture::{Story, at, busy, line, now, text};

#[test]
fn before_the_hub_has_answered_an_empty_list_is_no_news() {
    let mut model = Story::new().model;
    model.link.status = LinkStatus::Connecting;
    let seen = text(&model, (80, 24));
    assert!(!seen.contains("quiet") && !seen.contains("No incidents"), "{seen}");
    insta::assert_snapshot!("connecting_80x24", seen);
}

#[test]
fn the_link_says_its_state_and_age_in_words() {
    let said = |status: LinkStatus| {
        let mut model = busy();
        model.link.status = status;
        text(&model, (80, 24)).lines().next().unwrap().to_owned()
    };
    assert!(said(LinkStatus::Late { since: at("14:03:10") }).contains("LATE 7s"));
    assert!(said(LinkStatus::Connecting).contains("CONNECTING"));
    assert!(
        said(LinkStatus::Offline { since: at("13:03:10"), next_try: at("14:04:00"), why: line("gone") })
            .contains("OFFLINE 1h00m")
    );
}

#[test]
fn the_banner_fits_and_names_the_key_that_tries_at_once() {
    let mut model = offline();
    model.pending.clear();
    let next_try = now().wall.plus(Duration::from_secs(13));
    let why = line("the hub at 127.0.0.1:7373 cannot be reached: connection refused");
    model.link.status = LinkStatus::Offline { since: at("14:02:35"), next_try, why: why.clone() };
    for size in SIZES {
        let seen = text(&model, size);
        let banner = seen.lines().nth(1).unwrap().to_owned();
        assert!(banner.ends_with("ctrl-r tries now") && banner.contains("127.0.0.1:7373"), "{banner}");
        assert_eq!(banner.contains("next try in 13s"), size.0 > 120, "{banner}");
    }
    model.link.status = LinkStatus::Refused { since: at("14:02:35"), next_try, reason: why };
    assert!(text(&model, (120, 40)).contains("next try in 13s, ctrl-r tries now"));
}

#[test]
fn a_lost_link_shows_on_every_number() {
    insta::assert_snapshot!("offline_80x24", text(&offline(), (80, 24)));
    insta::assert_snapshot!("offline_120x40", text(&offline(), (120, 40)));
}

#[test]
fn a_hub_that_cannot_write_says_why() {
    let mut model = busy();
    model.link.health = Health::ReadOnly { reason: line("the disk is full"), since: at("14:02:00") };
    insta::assert_snapshot!("read_only_80x24", text(&model, (80, 24)));
}

fn alarm(known: u64, hub: u64) -> LinkStatus {
    let journal = JournalId(uuid::Uuid::from_u128(1));
    LinkStatus::Alarm {
        known: Cursor { journal, seq: Seq(known) },
        hub: Head { journal, seq: Seq(hub), hash: Hash([0; 32]) },
    }
}

#[test]
fn a_journal_that_went_back_is_an_alarm() {
    let mut model = busy();
    model.link.status = alarm(812, 790);
    insta::assert_snapshot!("alarm_80x24", text(&model, (80, 24)));
    let next_try = now().wall.plus(Duration::from_secs(30));
    model.link.status =
        LinkStatus::Refused { since: at("14:02:00"), next_try, reason: line("the token was revoked") };
    insta::assert_snapshot!("refused_80x24", text(&model, (80, 24)));
}
