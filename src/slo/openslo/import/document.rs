//! One SLO as an OpenSLO document, and its YAML.

use std::fmt::Write as _;

use crate::slo::policy::Preset;
use crate::slo::window::Window;

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Document {
    pub name: String,
    pub labels: Vec<(String, String)>,
    pub alerting: Preset,
    pub description: Option<String>,
    pub service: String,
    pub indicator: Indicator,
    pub window: Window,
    pub target_percent: f64,
    /// Where it stood.
    pub line: Option<u32>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Indicator {
    Ratio {
        /// `good` or `bad`
        part: &'static str,
        query: String,
        total: String,
        counters: bool,
    },
    /// bad / total
    Failures(String),
}

impl Document {
    pub(super) fn yaml(&self) -> String {
        let mut yaml = String::from("apiVersion: openslo/v1\nkind: SLO\nmetadata:\n");
        let name = scalar(&self.name, 0);
        line(&mut yaml, 1, &format!("name: {name}"));
        if !self.labels.is_empty() {
            line(&mut yaml, 1, "labels:");
        }
        for (key, value) in &self.labels {
            line(&mut yaml, 2, &format!("{}: {}", scalar(key, 0), scalar(value, 3)));
        }
        line(&mut yaml, 1, "annotations:");
        line(&mut yaml, 2, &format!("warroom/alerting: {}", self.alerting.name()));
        yaml.push_str("spec:\n");
        if let Some(description) = &self.description {
            line(&mut yaml, 1, &format!("description: {}", scalar(description, 2)));
        }
        line(&mut yaml, 1, &format!("service: {}", scalar(&self.service, 2)));
        line(&mut yaml, 1, "indicator:");
        line(&mut yaml, 2, &format!("metadata: {{name: {name}}}"));
        line(&mut yaml, 2, "spec:");
        line(&mut yaml, 3, "ratioMetric:");
        let (method, slice) = match &self.indicator {
            Indicator::Ratio { part, query, total, counters } => {
                if *counters {
                    line(&mut yaml, 4, "counter: true");
                }
                metric(&mut yaml, part, query);
                metric(&mut yaml, "total", total);
                ("Occurrences", None)
            }
            Indicator::Failures(query) => {
                line(&mut yaml, 4, "rawType: failure");
                metric(&mut yaml, "raw", query);
                ("RatioTimeslices", Some("1m"))
            }
        };
        line(&mut yaml, 1, "timeWindow:");
        line(&mut yaml, 2, &format!("- duration: {}", self.window));
        line(&mut yaml, 3, "isRolling: true");
        line(&mut yaml, 1, &format!("budgetingMethod: {method}"));
        line(&mut yaml, 1, "objectives:");
        line(&mut yaml, 2, &format!("- targetPercent: {}", self.target_percent));
        if let Some(slice) = slice {
            line(&mut yaml, 3, &format!("timeSliceWindow: {slice}"));
        }
        yaml
    }
}

fn metric(yaml: &mut String, name: &str, query: &str) {
    line(yaml, 4, &format!("{name}:"));
    line(yaml, 5, "metricSource:");
    line(yaml, 6, "type: Prometheus");
    line(yaml, 6, "spec:");
    line(yaml, 7, &format!("query: {}", scalar(query, 8)));
}

fn line(yaml: &mut String, depth: usize, text: &str) {
    // Writing to a String has no way to fail.
    let _ = writeln!(yaml, "{:width$}{text}", "", width = depth * 2);
}

/// As plain as it can be, without a doubt about what it is. Several lines stand below the key, at `depth`.
fn scalar(text: &str, depth: usize) -> String {
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
    let plain = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(word)
        && !["true", "false", "yes", "no", "on", "off", "null", "y", "n"]
            .contains(&text.to_ascii_lowercase().as_str());
    let lines: Vec<&str> = text.lines().collect();
    let block = depth > 0
        && lines.len() > 1
        && !text.ends_with('\n')
        && lines.iter().all(|line| !line.chars().any(char::is_control) && line.trim_end() == *line)
        && !text.starts_with(char::is_whitespace);
    if plain {
        text.to_owned()
    } else if block {
        let indented = lines.iter().map(|line| format!("\n{:width$}{line}", "", width = depth * 2));
        format!("|-{}", indented.collect::<String>())
    } else if text.chars().any(char::is_control) {
        // JSON's strings are YAML's.
        serde_json::Value::from(text).to_string()
    } else {
        format!("'{}'", text.replace('\'', "''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slo::openslo::node::{Node, Value};
    use crate::slo::openslo::parse;

    fn read_back(text: &str) -> Option<String> {
        let mut yaml = String::new();
        line(&mut yaml, 0, &format!("key: {}", scalar(text, 1)));
        let nodes = parse::objects(yaml.as_bytes()).ok()?;
        let Some(Node { value: Value::Map(fields), .. }) = nodes.first() else { return None };
        match fields.first() {
            Some((_, Node { value: Value::Text(text), .. })) => Some(text.clone()),
            _ => None,
        }
    }

    #[test]
    fn every_text_is_read_back_as_it_was() {
        for text in [
            "myservice",
            "true",
            "No",
            "null",
            "10",
            "1e3",
            "~",
            "",
            " x ",
            "a: b",
            "# no",
            "it's",
            "- x",
            "|-",
            "sum(\n  rate(x[{{.window}}])\n)",
            "\n  x\ny",
            "x\ny\n",
            "a\tb",
            "\u{85}",
            "x \ny",
            "{a: b}",
            "2026-01-01",
            "caf\u{e9}",
            "\"x\"",
            "!!int 3",
            "@x",
            "`x`",
            "a\\b",
            "'",
            "''\n''",
            "\r\n",
        ] {
            assert_eq!(read_back(text).as_deref(), Some(text), "{text:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_back_as_it_was(text in "[ -~\\n\\té]{0,40}") {
            proptest::prop_assert_eq!(read_back(&text), Some(text));
        }
    }
}
