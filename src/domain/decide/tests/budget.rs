use super::super::super::budget::BudgetReport;
use super::super::super::command::Command;
use super::super::super::event::Event;
use super::super::super::ids::IncidentId;
use super::super::super::stage::{Stage, declare};
use super::super::super::text::Line;

fn report(spent: i32) -> Command {
    let (slo, service) = (Line::clean("checkout-availability"), Line::clean("checkout"));
    Command::ReportBudget { budgets: vec![BudgetReport { slo, service, spent }] }
}

#[test]
fn each_level_of_a_budget_is_told_once_and_its_return_too() {
    let mut stage = Stage::new();
    let mut told = Vec::new();
    for spent in [10, 26, 30, 49, 51, 49, 130, 131, 97, 20] {
        for proposal in stage.hub(report(spent)).unwrap().events {
            let Event::BudgetCrossed { from, to, .. } = proposal.event else { panic!("{proposal:?}") };
            told.push((from, to));
        }
    }
    assert_eq!(told, [(0, 25), (25, 50), (50, 100), (100, 25)]);
}

#[test]
fn it_is_told_in_the_incident_of_its_service() {
    let mut stage = Stage::new();
    let Command::Declare { title, severity, kind, summary, drill, alerts, .. } = declare("Checkout fails")
    else {
        panic!("declare gives a declaration")
    };
    let services = [Line::clean("checkout")].into();
    stage.ask("ana", Command::Declare { title, severity, kind, services, summary, drill, alerts }).unwrap();
    let decision = stage.hub(report(80)).unwrap();
    assert_eq!(decision.events[0].incident, Some(IncidentId(1)));
    assert_eq!(stage.room.budgets.values().copied().collect::<Vec<_>>(), [75]);
}
