//! Documents of our own first, then every file of the OpenSLO projects that lies beside the repository.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::*;

mod alerting;
mod methods;
mod windows;

const CHECKOUT: &str = r#"
apiVersion: openslo/v1
kind: DataSource
metadata: {name: shop}
spec:
  type: Prometheus
  connectionDetails: {url: "http://127.0.0.1:9090"}
---
apiVersion: openslo/v1
kind: SLO
metadata: {name: checkout}
spec:
  service: checkout
  indicator:
    metadata: {name: answered}
    spec:
      ratioMetric:
        counter: true
        bad:
          metricSource:
            metricSourceRef: shop
            type: Prometheus
            spec: {query: 'sum(http_requests_total{code=~"5.."})'}
        total:
          metricSource:
            metricSourceRef: shop
            type: Prometheus
            spec: {query: http_requests_total}
  timeWindow:
    - {duration: 28d, isRolling: true}
  budgetingMethod: Occurrences
  objectives:
    - target: 0.999
"#;

fn read_one(text: &str) -> Reading {
    read(&[SourceFile { name: "slo.yaml", bytes: text.as_bytes() }])
}

/// The document with one thing changed, and the findings that this earns.
fn changed(from: &str, to: &str) -> Reading {
    assert!(CHECKOUT.contains(from), "{from}");
    read_one(&CHECKOUT.replacen(from, to, 1))
}

fn said(reading: &Reading) -> Vec<String> {
    reading.findings.iter().map(ToString::to_string).collect()
}

#[test]
fn a_document_without_fault_gives_an_slo_and_no_findings() {
    let reading = read_one(CHECKOUT);
    assert_eq!(said(&reading), Vec::<String>::new());
    let [slo] = reading.slos.as_slice() else { panic!("one SLO") };
    assert_eq!((slo.name.as_str(), slo.service.as_str()), ("checkout", "checkout"));
    assert_eq!((slo.objective.share(), slo.window.to_string().as_str()), (0.999, "28d"));
    assert_eq!(slo.source, crate::slo::DataSource::At("http://127.0.0.1:9090".parse().unwrap()));
    assert_eq!(
        slo.indicator.numerator.query().over("5m"),
        r#"sum(increase(http_requests_total{code=~"5.."}[5m]))"#
    );
}

#[test]
fn what_is_odd_is_warned_of_and_still_measured() {
    for (from, to, path) in [
        ("metadata: {name: checkout}", "metadata: {name: Check Out}", "metadata.name"),
        ("  service: checkout\n", "", "spec"),
        ("  budgetingMethod: Occurrences\n", "", "spec.budgetingMethod"),
        ("  timeWindow:\n    - {duration: 28d, isRolling: true}\n", "", "spec.timeWindow"),
        ("duration: 28d", "duration: 1m", "spec.timeWindow[0].duration"),
        ("    - target: 0.999", "    - {target: 0.999, op: gt}", "spec.objectives[0].op"),
        (
            "    - target: 0.999",
            "    - {target: 0.999, targetPercent: 99}",
            "spec.objectives[0].targetPercent",
        ),
        ("  service: checkout", "  service: checkout\n  markdown: x", "spec.markdown"),
        ("        counter: true\n", "", "spec.indicator.spec.ratioMetric"),
        (
            "query: http_requests_total",
            "query: 'rate(x[5m])'",
            "spec.indicator.spec.ratioMetric.total.metricSource.spec.query",
        ),
        ("            type: Prometheus\n", "", ""),
    ] {
        let reading = changed(from, to);
        assert_eq!(reading.slos.len(), 1, "{to}: {:?}", said(&reading));
        assert!(!reading.has_errors(), "{to}: {:?}", said(&reading));
        if !path.is_empty() {
            let paths: Vec<_> = reading.findings.iter().map(|finding| finding.path.as_str()).collect();
            assert_eq!(paths, [path], "{to}");
        }
    }
}

#[test]
fn what_cannot_be_computed_is_an_error_that_says_where_and_why() {
    for (from, to, path, word) in [
        ("target: 0.999", "target: 1", "spec.objectives[0].target", "100 %"),
        ("target: 0.999", "target: 99.9", "spec.objectives[0].target", "0.995"),
        ("target: 0.999", "target: .nan", "spec.objectives[0].target", "share"),
        ("target: 0.999", "targetPercent: 100", "spec.objectives[0].targetPercent", "100 %"),
        ("target: 0.999", "target: high", "spec.objectives[0].target", "a number"),
        ("target: 0.999", "displayName: x", "spec.objectives[0]", "no target"),
        ("duration: 28d", "duration: 28", "spec.timeWindow[0].duration", "no unit"),
        ("duration: 28d", "duration: 0d", "spec.timeWindow[0].duration", "nothing"),
        ("ratioMetric", "thresholdMetric", "spec.indicator.spec.thresholdMetric.metricSource", "missing"),
        (
            "    - target: 0.999",
            "    - {target: 0.9, indicatorRef: x}",
            "spec.objectives[0].indicatorRef",
            "not computed yet",
        ),
        (
            "metricSourceRef: shop",
            "metricSourceRef: ../../etc/passwd",
            "spec.indicator.spec.ratioMetric.bad.metricSource.metricSourceRef",
            "no DataSource",
        ),
        (
            "query: http_requests_total",
            "query: sum(a) / sum(b)",
            "spec.indicator.spec.ratioMetric.total.metricSource.spec.query",
            "{{.window}}",
        ),
        ("kind: SLO", "kind: SL0", "kind", "no kind"),
        ("kind: SLO", "kind: [SLO]", "kind", "a text"),
        ("name: checkout}", "displayName: x}", "metadata.name", "missing"),
    ] {
        let reading = changed(from, to);
        assert!(reading.slos.is_empty(), "{to}");
        let found = reading.findings.iter().any(|finding| {
            finding.level == Level::Error && finding.path.as_str() == path && finding.message.contains(word)
        });
        assert!(found, "{to}: {:#?}", said(&reading));
        assert!(reading.findings.iter().all(|finding| finding.line.is_some()), "{to}");
    }
}

#[test]
fn a_finding_reads_like_a_compilers() {
    let reading = changed("target: 0.999", "target: 1.5");
    assert_eq!(
        said(&reading),
        [
            "slo.yaml:33: error: spec.objectives[0].target: a target is a share from 0 up to, but not including, 1; \
          write 0.995 for 99.5 %"
        ]
    );
}

#[test]
fn a_source_that_is_no_prometheus_is_refused_once_and_named_where_it_is_used() {
    for (from, to) in [
        ("type: Prometheus", "type: Datadog"),
        ("http://127.0.0.1:9090", "file:///etc/passwd"),
        ("{url: \"http://127.0.0.1:9090\"}", "{token: x}"),
    ] {
        let reading = changed(from, to);
        let errors: Vec<_> =
            reading.findings.iter().filter(|finding| finding.level == Level::Error).collect();
        assert_eq!(errors.len(), 3, "{to}: {:#?}", said(&reading));
        assert!(
            errors.iter().skip(1).all(|finding| finding.message.contains("its own finding")),
            "{errors:#?}"
        );
    }
}

#[test]
fn objects_may_refer_to_objects_in_other_files_whatever_the_order() {
    let (source, slo) = CHECKOUT.split_once("---").unwrap();
    let files = [
        SourceFile { name: "z.yaml", bytes: slo.as_bytes() },
        SourceFile { name: "a.json", bytes: source.as_bytes() },
    ];
    let reading = read(&files);
    assert_eq!((reading.slos.len(), said(&reading).len()), (1, 0));
}

#[test]
fn each_objective_is_an_slo_of_its_own() {
    let reading =
        changed("    - target: 0.999", "    - {displayName: good, target: 0.99}\n    - target: 0.9");
    let names: Vec<_> = reading.slos.iter().map(|slo| slo.name.as_str()).collect();
    assert_eq!(names, ["checkout/good", "checkout/2"]);
}

#[test]
fn two_slos_of_one_name_are_not_mixed_up() {
    let reading = read_one(&format!("{CHECKOUT}---{}", CHECKOUT.split_once("---").unwrap().1));
    assert_eq!(reading.slos.len(), 1);
    assert!(reading.has_errors());
}

#[test]
fn text_of_documents_cannot_act_on_a_terminal() {
    let reading = changed("Occurrences", "\"\\e[2J\\u202Egnp\"");
    let told = said(&reading).concat();
    assert!(told.contains("no budgeting method"), "{told}");
    assert!(!told.chars().any(|c| c.is_control() || c == '\u{202E}'), "{told:?}");
}

proptest::proptest! {
    #[test]
    fn no_change_of_a_document_makes_it_panic(at in 0..1_200usize, len in 0..40usize, to in "[ \\n:{}\\[\\]a-z0-9&*!|>\"'#-]{0,12}") {
        let start = CHECKOUT.floor_char_boundary(at.min(CHECKOUT.len()));
        let end = CHECKOUT.floor_char_boundary((start + len).min(CHECKOUT.len()));
        let mut text = CHECKOUT.to_owned();
        text.replace_range(start..end, &to);
        read_one(&text);
    }
}

/// Data that is too much for the repository: `WARROOM_SHARED`, or `shared` beside the repository.
pub(super) fn shared(folder: &str) -> Option<PathBuf> {
    let root = std::env::var_os("WARROOM_SHARED").map_or_else(|| PathBuf::from("../shared"), PathBuf::from);
    let folder = root.join(folder);
    if !folder.is_dir() {
        println!("skipped: there is no {}; set WARROOM_SHARED to the folder that holds it", folder.display());
        return None;
    }
    Some(folder)
}

pub(super) fn files_under(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_under(&path, found);
        } else {
            found.push(path);
        }
    }
}

#[derive(serde::Deserialize)]
struct Labels {
    documents: Vec<Label>,
}

#[derive(serde::Deserialize)]
struct Label {
    file: String,
    valid: Option<bool>,
    #[serde(default)]
    errors: Vec<String>,
}

/// Where the labels and we agree that something is wrong, we say so at the same place. Whom a policy notifies is left
/// out: we do not use that, and say only so.
#[test]
fn the_documents_of_the_openslo_projects_are_judged_as_labelled() {
    let Some(folder) = shared("slo-vectors/openslo") else { return };
    let labels = std::fs::read_to_string(folder.join("LABELS.json")).unwrap();
    let labels: Labels = serde_json::from_str(&labels).unwrap();
    let mut by_file: HashMap<&str, Vec<&Label>> = HashMap::new();
    for label in &labels.documents {
        by_file.entry(&label.file).or_default().push(label);
    }
    for (file, labels) in by_file {
        let bytes = std::fs::read(folder.join(file)).unwrap();
        let reading = read(&[SourceFile { name: file, bytes: &bytes }]);
        let told = said(&reading);
        let all_valid = labels.iter().all(|label| label.valid == Some(true));
        if all_valid {
            let wrong: Vec<_> = reading
                .findings
                .iter()
                .filter(|finding| {
                    // These refer to objects that are in no file, which is what their own tests are about.
                    !["not computed yet", "not used yet", "is called", "its own finding"]
                        .iter()
                        .any(|known| finding.message.contains(known))
                })
                .filter(|finding| finding.level == Level::Error)
                .collect();
            assert!(wrong.is_empty(), "{file}: {wrong:#?}");
        } else {
            assert!(!told.is_empty(), "{file}");
        }
        for error in labels.iter().flat_map(|label| &label.errors) {
            let path = error.split(": ").next().unwrap_or_default();
            if path.starts_with("spec.notificationTargets") {
                continue;
            }
            assert!(
                reading.findings.iter().any(|finding| !finding.path.is_empty()
                    && (finding.path.starts_with(path) || path.starts_with(finding.path.as_str()))),
                "{file} is to be told of {error}, and is told of {told:#?}"
            );
        }
    }
}

/// Their own objects, once the sources that they name are there.
#[test]
fn what_the_openslo_projects_call_valid_is_computed() {
    let Some(folder) = shared("slo-vectors/openslo") else { return };
    let sources = CHECKOUT.split_once("---").unwrap().0;
    let sources = ["my-prometheus", "shop"].map(|name| sources.replace("shop", name)).join("---");
    for (file, slos) in [
        ("go-sdk-test_data/export/outputs/custom_config.yaml", vec!["my-slo"]),
        ("go-sdk-test_data/export/outputs/v1_slo.yaml", vec!["my-slo"]),
        // It names an SLI and two policies that are nowhere.
        ("go-sdk-test_data/inline/inputs/custom_config.yaml", vec![]),
        ("go-sdk-test_data/inline/inputs/v1_slo.yaml", vec!["my-slo-1", "my-slo-2"]),
        // These have a threshold metric and no value to compare it with.
        ("go-sdk-test_data/inline/inputs/v1_slo_invalid_policy.yaml", vec![]),
        ("go-sdk-test_data/inline/inputs/v1_slo_invalid_sli.yaml", vec![]),
        ("oslo-test/inputs/validate/v1.yaml", vec!["web-availability"]),
        ("spec-examples/budgeting-method/occurences-slo.yaml", vec!["search-slo"]),
        ("spec-examples/budgeting-method/ratio-timeslices.yaml", vec!["main-page"]),
        // `1m` is a minute, and so is its slice.
        ("spec-examples/budgeting-method/timeslices-slo.yaml", vec![]),
        (
            "spec-examples/treat-low-traffic-as-equally-important/timeslices-slo.yaml",
            vec!["service-availability"],
        ),
    ] {
        let text = std::fs::read_to_string(folder.join(file)).unwrap();
        let text =
            text.replace("type: Any", "type: Prometheus").replace("query: Any", "query: requests_total");
        let files = [("sources", sources.as_str()), (file, text.as_str())]
            .map(|(name, text)| SourceFile { name, bytes: text.as_bytes() });
        let reading = read(&files);
        let names: Vec<_> = reading.slos.iter().map(|slo| slo.name.as_str()).collect();
        assert_eq!(names, slos, "{file}: {:#?}", said(&reading));
        assert!(!slos.is_empty() || reading.has_errors(), "{file} says nothing of what it lacks");
    }
}

#[test]
fn every_file_of_the_openslo_projects_and_every_hostile_one_is_read_without_a_panic() {
    for folder in [
        "slo-vectors/openslo",
        "slo-vectors/pyrra",
        "slo-vectors/sloth",
        "hostile/yaml",
        "hostile/yamltestsuite",
        "hostile/json",
    ] {
        let Some(folder) = shared(folder) else { continue };
        let mut files = Vec::new();
        files_under(&folder, &mut files);
        for path in files {
            let bytes = std::fs::read(&path).unwrap();
            let name = path.display().to_string();
            let started = std::time::Instant::now();
            let reading = read(&[SourceFile { name: &name, bytes: &bytes }]);
            assert!(started.elapsed().as_secs() < 5, "{name} takes too long");
            assert!(reading.findings.len() <= 201, "{name}");
            let counted = reading.findings.iter().take(200);
            assert!(counted.map(|finding| finding.line).is_sorted(), "{name}");
        }
    }
}
