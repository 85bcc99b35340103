//! What every OpenSLO object has: a version, a kind, a name.

use super::field::{Field, Report};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Slo,
    Sli,
    DataSource,
    Service,
    AlertPolicy,
    AlertCondition,
    AlertNotificationTarget,
}

impl Kind {
    const ALL: [Kind; 7] = [
        Kind::Slo,
        Kind::Sli,
        Kind::DataSource,
        Kind::Service,
        Kind::AlertPolicy,
        Kind::AlertCondition,
        Kind::AlertNotificationTarget,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Kind::Slo => "SLO",
            Kind::Sli => "SLI",
            Kind::DataSource => "DataSource",
            Kind::Service => "Service",
            Kind::AlertPolicy => "AlertPolicy",
            Kind::AlertCondition => "AlertCondition",
            Kind::AlertNotificationTarget => "AlertNotificationTarget",
        }
    }

    /// The fields of `spec`.
    pub(super) const fn spec(self) -> &'static [&'static str] {
        match self {
            Kind::Slo => &[
                "description",
                "service",
                "indicator",
                "indicatorRef",
                "timeWindow",
                "budgetingMethod",
                "objectives",
                "alertPolicies",
            ],
            Kind::Sli => &["description", "thresholdMetric", "ratioMetric"],
            Kind::DataSource => &["description", "type", "connectionDetails"],
            Kind::Service => &["description"],
            Kind::AlertPolicy => &[
                "description",
                "alertWhenNoData",
                "alertWhenResolved",
                "alertWhenBreaching",
                "conditions",
                "notificationTargets",
            ],
            Kind::AlertCondition => &["description", "severity", "condition"],
            Kind::AlertNotificationTarget => &["description", "target"],
        }
    }

    /// Why an object of this kind changes nothing on the screen.
    const fn not_yet(self) -> Option<&'static str> {
        match self {
            Kind::Slo
            | Kind::Sli
            | Kind::DataSource
            | Kind::Service
            | Kind::AlertPolicy
            | Kind::AlertCondition => None,
            Kind::AlertNotificationTarget => {
                Some("notification targets of OpenSLO are not used yet: nobody is told by this object")
            }
        }
    }
}

/// An object of OpenSLO v1 with a name.
pub(super) struct Object<'a> {
    pub kind: Kind,
    pub name: String,
    pub root: Field<'a>,
    pub spec: Field<'a>,
}

impl<'a> Object<'a> {
    pub(super) fn read(root: Field<'a>, report: &mut Report) -> Option<Self> {
        if root.fields().next().is_none() {
            report.error(&root, format!("an OpenSLO object is a mapping with apiVersion, kind, metadata and spec, and this is {}; write one", root.node.value.what()));
            return None;
        }
        version(&root, report)?;
        let kind = kind(&root, report)?;
        root.warn_of_unknown(&["apiVersion", "kind", "metadata", "spec"], report);
        let name = name(&root.required("metadata", report)?, report)?;
        let spec = match root.get("spec") {
            Some(spec) => spec,
            // A service has nothing to say beside its name.
            None if kind == Kind::Service => root.clone(),
            None => root.required("spec", report)?,
        };
        if spec.path == "spec" {
            spec.warn_of_unknown(kind.spec(), report);
        }
        if let Some(why) = kind.not_yet() {
            report.warn(&root, why);
        }
        if kind == Kind::AlertNotificationTarget {
            spec.required("target", report)?;
        }
        Some(Object { kind, name, root, spec })
    }
}

fn version(root: &Field<'_>, report: &mut Report) -> Option<()> {
    let field = root.required("apiVersion", report)?;
    let version = field.text(report)?;
    match version.as_str() {
        "openslo/v1" => Some(()),
        "openslo/v1alpha" | "openslo.com/v2alpha" => {
            report.error(&field, format!("`{version}` is not read yet; write the object as openslo/v1"));
            None
        }
        _ => {
            report.error(&field, format!("`{version}` is no version of OpenSLO; write openslo/v1"));
            None
        }
    }
}

fn kind(root: &Field<'_>, report: &mut Report) -> Option<Kind> {
    let field = root.required("kind", report)?;
    let written = field.text(report)?;
    let found = Kind::ALL.into_iter().find(|kind| kind.name() == written);
    if found.is_none() {
        let known = Kind::ALL.map(Kind::name).join(", ");
        report.error(&field, format!("`{written}` is no kind of OpenSLO v1; it has {known}"));
    }
    found
}

/// The name in `metadata`.
pub(super) fn name(metadata: &Field<'_>, report: &mut Report) -> Option<String> {
    metadata.warn_of_unknown(&["name", "displayName", "labels", "annotations"], report);
    let field = metadata.required("name", report)?;
    let name = field.text(report)?;
    if name.trim().is_empty() {
        report.error(&field, "the name is empty; give the object a name");
        return None;
    }
    if !is_label(&name) {
        report.warn(
            &field,
            "other OpenSLO tools refuse this name; use at most 63 of a-z, 0-9 and -, with no - at either end",
        );
    }
    Some(name)
}

/// RFC 1123, section 2.1: what Kubernetes and OpenSLO call a label.
pub(super) fn is_label(name: &str) -> bool {
    name.len() <= 63
        && !name.starts_with('-')
        && !name.ends_with('-')
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}
