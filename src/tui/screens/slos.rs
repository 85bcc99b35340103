//! Error budgets on the screen: what is not known is never a number.

use super::{SIZES, offline};
use crate::tui::fixture::{busy, line, text};
use crate::tui::modal::{DetailsAbout, Modal};

#[test]
fn what_is_not_known_of_a_budget_is_never_a_number() {
    let mut model = busy();
    for gauge in model.gauges.values_mut() {
        gauge.state = crate::domain::gauge::SloState::Failing;
        gauge.budget_left = None;
        gauge.detail = line("connection refused");
    }
    let seen = text(&model, (120, 40));
    assert!(seen.contains("source failing: connection refused"), "{seen}");
    assert!(!seen.contains("0% left") && !seen.contains("out in") && !seen.contains("lasts"), "{seen}");
}

#[test]
fn while_there_is_no_link_nobody_is_told_that_no_slos_are_set_up() {
    let mut model = offline();
    model.gauges.clear();
    for size in SIZES {
        let seen = text(&model, size);
        assert!(seen.contains("not known while offline"), "{seen}");
        assert!(!seen.contains("none set up") && !seen.contains("OpenSLO"), "{seen}");
    }
}

#[test]
fn a_row_of_figures_that_need_a_word_is_marked_and_its_details_say_it() {
    let mut model = busy();
    let told = "the query for bad events matches no series in 28d; check it if there were any";
    let gauge = model.gauges.get_mut("catalogue-availability").unwrap();
    gauge.detail = line(told);
    gauge.budget_left = Some(1.0);
    assert!(text(&model, (120, 40)).contains("! catalogue-availability"));
    model.ui.modals.open(Modal::Details { about: DetailsAbout::Slo(line("mail-delivery")), scroll: 0 });
    let seen = text(&model, (80, 24));
    assert!(seen.contains("Prometheus knows no series mail_sent_total"), "{seen}");
    model.ui.modals.close();
    let about = DetailsAbout::Slo(line("catalogue-availability"));
    model.ui.modals.open(Modal::Details { about, scroll: 0 });
    let seen = text(&model, (80, 24)).replace('\n', " ");
    assert!(seen.contains("matches no series in 28d") && seen.contains("99.95% over 28d"), "{seen}");
}

#[test]
fn names_of_slos_are_whole_at_80_columns() {
    assert!(text(&busy(), (80, 24)).contains("checkout-availability "));
    assert!(text(&offline(), (80, 24)).contains("checkout-availability "));
}
