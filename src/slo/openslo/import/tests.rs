//! Every document of sloth and pyrra that lies beside the repository, there and back.

use super::*;
use crate::slo::openslo::tests::{files_under, shared};
use crate::slo::openslo::{Reading, read};

fn imported(text: &str) -> Imported {
    import(&SourceFile { name: "slo.yml", bytes: text.as_bytes() })
}

fn said(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(ToString::to_string).collect()
}

/// As the hub reads what was written.
fn back(imported: &Imported) -> Reading {
    read(&[SourceFile { name: "imported.yaml", bytes: imported.yaml.as_bytes() }])
}

const SLOTH: &str = r#"
version: "prometheus/v1"
service: "myservice"
labels: {owner: "myteam", tier: 2}
slos:
  - name: "requests-availability"
    objective: 99.9
    description: "Requests are answered: all but 1 in 1000."
    sli:
      events:
        error_query: sum(rate(http_requests_total{job="myservice",code=~"(5..|429)"}[{{.window}}]))
        total_query: sum(rate(http_requests_total{job="myservice"}[{{.window}}]))
    alerting:
      name: MyServiceHighErrorRate
      page_alert: {labels: {severity: pageteam}}
"#;

const PYRRA: &str = r#"
apiVersion: pyrra.dev/v1alpha1
kind: ServiceLevelObjective
metadata: {name: nginx, namespace: monitoring, labels: {role: alert-rules}}
spec:
  target: '99.5'
  window: 4w
  indicator:
    ratio:
      errors: {metric: 'requests_total{status=~"5.."}'}
      total: {metric: requests_total}
      grouping: [handler]
"#;

#[test]
fn a_service_level_of_sloth_is_the_same_promise() {
    let imported = imported(SLOTH);
    let reading = back(&imported);
    assert_eq!(reading.findings, [], "{}", imported.yaml);
    let [slo] = reading.slos.as_slice() else { panic!("one SLO:\n{}", imported.yaml) };
    assert_eq!(slo.name, "myservice-requests-availability");
    assert_eq!((slo.service.as_str(), slo.window.to_string().as_str()), ("myservice", "30d"));
    assert!((slo.objective.share() - 0.999).abs() < 1e-12);
    assert_eq!(slo.indicator.total.selector(), Some(r#"http_requests_total{job="myservice"}"#));
    assert_eq!(slo.policies.first().map(|policy| policy.name.as_str()), Some("workbook"));
    let told = said(&imported.findings).join("\n");
    for lost in ["`name` is not carried over", "`labels` is not carried over", "30d are written"] {
        assert!(told.contains(lost), "{lost}: {told}");
    }
    assert!(
        imported.yaml.contains("owner: myteam") && imported.yaml.contains("tier: '2'"),
        "{}",
        imported.yaml
    );
}

#[test]
fn an_objective_of_pyrra_is_the_same_promise() {
    let imported = imported(PYRRA);
    let reading = back(&imported);
    assert_eq!(reading.findings, [], "{}", imported.yaml);
    let [slo] = reading.slos.as_slice() else { panic!("one SLO:\n{}", imported.yaml) };
    assert_eq!((slo.name.as_str(), slo.window.to_string().as_str()), ("nginx", "4w"));
    assert_eq!(slo.objective.share(), 0.995);
    assert_eq!(slo.indicator.numerator.query().selector(), Some(r#"requests_total{status=~"5.."}"#));
    let told = said(&imported.findings).join("\n");
    for lost in ["`grouping` is not carried over", "names no service", "metric is absent"] {
        assert!(told.contains(lost), "{lost}: {told}");
    }
}

#[test]
fn who_called_nobody_calls_nobody() {
    let preset = |text: &str| {
        let imported = imported(text);
        back(&imported)
            .slos
            .first()
            .and_then(|slo| slo.policies.first().map(|policy| policy.name.to_string()))
    };
    let alerts = "      page_alert: {labels: {severity: pageteam}}\n";
    let off = |page: bool, ticket: bool| {
        let written =
            format!("      page_alert: {{disable: {page}}}\n      ticket_alert: {{disable: {ticket}}}\n");
        preset(&SLOTH.replace(alerts, &written))
    };
    assert_eq!(off(false, false).as_deref(), Some("workbook"));
    assert_eq!(off(false, true).as_deref(), Some("page"));
    assert_eq!((off(true, true), off(true, false)), (None, None));
    for (alerting, expected) in
        [("{disabled: true}", None), ("{burnrates: false}", None), ("{absent: false}", Some("workbook"))]
    {
        assert_eq!(preset(&format!("{PYRRA}  alerting: {alerting}\n")).as_deref(), expected, "{alerting}");
    }
}

#[test]
fn what_cannot_be_written_is_an_error_and_stops_no_other() {
    let plugin = "    sli: {plugin: {id: availability}}\n";
    let (head, first) = SLOTH.split_once("  - name").unwrap();
    let two = format!("{head}  - name: other\n    objective: 99\n{plugin}  - name{first}");
    let imported = imported(&two);
    assert_eq!((imported.slos, imported.has_errors()), (1, true));
    for (text, words) in [
        ("apiVersion: openslo/v1\nkind: SLO\n", "OpenSLO already"),
        ("groups: []\n", "neither of sloth"),
        ("", "holds no document"),
        ("a: [", "not YAML"),
    ] {
        let imported = super::import(&SourceFile { name: "x.yaml", bytes: text.as_bytes() });
        assert_eq!((imported.slos, imported.yaml.as_str()), (0, ""), "{text}");
        assert!(imported.has_errors() && said(&imported.findings).concat().contains(words), "{text}");
    }
    for (from, to) in
        [("'99.5'", "high"), ("window: 4w", "window: 1h30m"), ("ratio:", "shape:"), ("total:", "all:")]
    {
        let imported = self::imported(&PYRRA.replace(from, to));
        assert_eq!((imported.slos, imported.has_errors()), (0, true), "{to}");
    }
}

/// A query without blanks, as events within five minutes.
fn plain(query: &str) -> String {
    let query = query.replace("{{.window}}", "5m").replace("rate(", "increase(");
    query.chars().filter(|c| !c.is_whitespace()).collect()
}

/// What the file asks, in its own words.
fn asked(text: &str) -> Vec<String> {
    let keys = ["error_query", "errorQuery", "total_query", "totalQuery", "metric"];
    let documents = serde_saphyr::from_multiple::<serde_json::Value>(text).unwrap_or_default();
    let mut found = Vec::new();
    let mut open = documents;
    while let Some(value) = open.pop() {
        match value {
            serde_json::Value::Object(fields) => {
                for (key, value) in fields {
                    match value {
                        serde_json::Value::String(text) if keys.contains(&key.as_str()) => found.push(text),
                        value => open.push(value),
                    }
                }
            }
            serde_json::Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    found
}

#[test]
fn every_example_of_sloth_and_pyrra_comes_back_with_the_same_queries() {
    let mut slos = 0;
    for folder in
        ["slo-vectors/sloth/examples", "slo-vectors/sloth/integration/testdata", "slo-vectors/pyrra/examples"]
    {
        let Some(folder) = shared(folder) else { return };
        let mut files = Vec::new();
        files_under(&folder, &mut files);
        for path in files {
            let name = path.display().to_string();
            let other = ["_gen", "openslo", "windows", "bad-", "plugin", ".tpl", "docker-compose.y"];
            if other.iter().any(|part| name.contains(part)) {
                continue;
            }
            let Ok(text) = std::fs::read_to_string(&path) else { continue };
            let imported = import(&SourceFile { name: &name, bytes: text.as_bytes() });
            if name.contains("invalid-version") {
                assert!(imported.has_errors(), "{name}");
                continue;
            }
            assert!(!imported.has_errors() && imported.slos > 0, "{name}: {:#?}", said(&imported.findings));
            let reading = back(&imported);
            assert!(!reading.has_errors(), "{name}: {:#?}\n{}", said(&reading.findings), imported.yaml);
            assert_eq!(reading.slos.len(), imported.slos, "{name}");
            slos += reading.slos.len();
            let asks: String = reading
                .slos
                .iter()
                .flat_map(|slo| [slo.indicator.numerator.query().over("5m"), slo.indicator.total.over("5m")])
                .map(|query| plain(&query))
                .collect();
            for query in asked(&text) {
                assert!(asks.contains(&plain(&query)), "{name} asks {query}; and now {asks}");
            }
        }
    }
    assert!(slos > 40, "{slos}");
}

proptest::proptest! {
    #[test]
    fn no_change_of_a_document_makes_it_panic_or_write_what_is_no_yaml(
        which in proptest::bool::ANY,
        at in 0..900usize,
        len in 0..40usize,
        to in "[ \\n:{}\\[\\]a-z0-9&*!|>\"'#-]{0,12}",
    ) {
        let mut text = if which { SLOTH } else { PYRRA }.to_owned();
        let start = text.floor_char_boundary(at.min(text.len()));
        let end = text.floor_char_boundary((start + len).min(text.len()));
        text.replace_range(start..end, &to);
        let imported = imported(&text);
        let unreadable = |finding: &Finding| finding.message.contains("not YAML");
        proptest::prop_assert!(!back(&imported).findings.iter().any(unreadable), "{}", imported.yaml);
    }
}
