//! OpenSLO documents: what is read can be asked and computed with, and names are one each; the rest is a finding.
#![no_main]

use std::collections::HashSet;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use warroom::slo::openslo::{SourceFile, read};
use warroom::slo::promql::counts;
use warroom_fuzz::assert_harmless;

fuzz_target!(|data: &[u8]| {
    let files = [SourceFile { name: "slo.yaml", bytes: data }];
    let reading = read(&files);
    let mut names = HashSet::new();
    for slo in &reading.slos {
        assert!(names.insert(&slo.name), "two SLOs have the name {}", slo.name);
        assert!((0.0..1.0).contains(&slo.objective.share()) && slo.objective.error_budget() > 0.0);
        assert!(slo.window.duration().as_secs() > 0);
        assert!(
            counts(&slo.indicator, &[Duration::from_secs(300), Duration::from_secs(3_600)]).contains("1h")
        );
        assert_harmless(&slo.name);
    }
    for finding in &reading.findings {
        assert!(!finding.message.is_empty());
        assert_harmless(&finding.message);
    }
    assert_eq!(read(&files), reading, "the same every time");
});
