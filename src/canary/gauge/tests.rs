use std::path::PathBuf;

use super::*;

/// Most of its 420 values are 0, so the interval of the shift is the point 0. Kayenta says High, because its root finder stops a
/// hair above it; the means, of which it is 4 times, are what counts are for.
const AT_ZERO: &str = "Mann-Whitney Classifier Test: High Metric (Large Input)";

#[derive(serde::Deserialize)]
struct Cases {
    cases: Vec<Case>,
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Case {
    name: String,
    classifier: String,
    experiment_data: Vec<f64>,
    control_data: Vec<f64>,
    tolerance: Option<f64>,
    conf_level: Option<f64>,
    effect_size_thresholds: Option<[f64; 2]>,
    critical_thresholds: Option<[f64; 2]>,
    effect_size_measure: Option<String>,
    direction: String,
    is_critical_metric: bool,
    nan_strategy: String,
    expect: Option<String>,
    expect_critical: Option<bool>,
}

impl Case {
    fn test(&self) -> GaugeTest {
        let bounds = |given: Option<[f64; 2]>| {
            // The classifier's own, whatever the measure.
            let [decrease, increase] = given.unwrap_or([1.0, 1.0]);
            Bounds { decrease, increase }
        };
        GaugeTest {
            tolerance: self.tolerance.unwrap(),
            confidence: self.conf_level.unwrap(),
            direction: match self.direction.as_str() {
                "Increase" => Direction::Increase,
                "Decrease" => Direction::Decrease,
                "Either" => Direction::Either,
                other => panic!("{other}"),
            },
            missing: if self.nan_strategy == "Replace" { Missing::Replace } else { Missing::Remove },
            measure: match self.effect_size_measure.as_deref() {
                Some("cles") => Measure::CommonLanguage,
                Some("meanRatio") | None => Measure::MeanRatio,
                Some(other) => panic!("{other}"),
            },
            allowed: bounds(self.effect_size_thresholds),
            critical: bounds(self.critical_thresholds),
            weight: if self.is_critical_metric { Weight::Critical } else { Weight::Advisory },
        }
    }

    fn classified(&self) -> Classified {
        let test = self.test();
        classify(
            &values(&self.experiment_data, test.missing),
            &values(&self.control_data, test.missing),
            &test,
        )
    }
}

fn cases() -> Vec<Case> {
    let root = std::env::var_os("WARROOM_SHARED").map_or_else(|| PathBuf::from("../shared"), PathBuf::from);
    let file = root.join("slo-vectors/canary/kayenta/classifier-cases.json");
    let Ok(text) = std::fs::read_to_string(&file) else {
        println!("skipped: there is no {}; set WARROOM_SHARED to the folder that holds it", file.display());
        return Vec::new();
    };
    // The other classifier there, of unequal means, is none that its judge uses.
    let cases: Cases = serde_json::from_str(&text).unwrap();
    cases.cases.into_iter().filter(|case| case.classifier == "MannWhitneyClassifier").collect()
}

#[test]
fn the_cases_of_kayenta_are_classified_as_kayenta_does() {
    let cases = cases();
    let mut checked = 0;
    for case in cases.iter().filter(|case| case.name != AT_ZERO) {
        let Some(expected) = &case.expect else { continue };
        let told = case.classified();
        let class = match told.class {
            Class::Pass => "Pass",
            Class::High => "High",
            Class::Low => "Low",
            Class::NoData => "Nodata",
        };
        assert_eq!(class, expected, "{}: {told:?}", case.name);
        if let Some(critical) = case.expect_critical {
            assert_eq!(told.gravity == Gravity::Critical, critical, "{}: {told:?}", case.name);
        }
        checked += 1;
    }
    println!("{checked} cases");
    assert!(cases.is_empty() || checked >= 22, "only {checked} cases were checked");
}

#[test]
fn the_one_case_left_out_is_left_out_for_its_zeros() {
    let Some(case) = cases().into_iter().find(|case| case.name == AT_ZERO) else { return };
    let test = case.test();
    let (canary, baseline) =
        (values(&case.experiment_data, test.missing), values(&case.control_data, test.missing));
    assert_eq!(case.expect.as_deref(), Some("High"));
    let interval = shift(&canary, &baseline, test.confidence);
    assert_eq!((interval.low, interval.estimate, interval.high), (0.0, 0.0, 0.0));
    assert_eq!(case.classified().class, Class::Pass);
    let zeros = canary.iter().chain(&baseline).filter(|value| **value == 0.0).count();
    assert!(zeros * 2 > canary.len() + baseline.len(), "{zeros}");
}

fn about(level: f64) -> Vec<f64> {
    (0..30).map(|at| level + f64::from(at % 7) * 0.1).collect()
}

fn class(canary: &[f64], baseline: &[f64], test: &GaugeTest) -> Class {
    match Gauge::of(Line::clean("memory"), canary, baseline, test).reading {
        Reading::Classified(classified) => classified.class,
        Reading::TooFew { .. } => panic!("enough values"),
    }
}

#[test]
fn a_gauge_is_bad_in_the_direction_that_was_named() {
    let test = |direction| GaugeTest { direction, ..GaugeTest::by(Measure::MeanRatio) };
    let (low, high) = (about(10.0), about(20.0));
    assert_eq!(class(&high, &low, &test(Direction::Either)), Class::High);
    assert_eq!(class(&high, &low, &test(Direction::Increase)), Class::High);
    assert_eq!(class(&high, &low, &test(Direction::Decrease)), Class::Pass);
    assert_eq!(class(&low, &high, &test(Direction::Either)), Class::Low);
    assert_eq!(class(&low, &high, &test(Direction::Increase)), Class::Pass);
}

#[test]
fn a_certain_difference_that_is_allowed_passes() {
    let twice =
        GaugeTest { allowed: Bounds { decrease: 0.5, increase: 2.5 }, ..GaugeTest::by(Measure::MeanRatio) };
    assert_eq!(class(&about(20.0), &about(10.0), &twice), Class::Pass);
    assert_eq!(class(&about(30.0), &about(10.0), &twice), Class::High);
}

#[test]
fn an_interval_without_a_value_is_left_out_or_zero_and_never_poison() {
    let mut holes = about(10.0);
    holes.extend([f64::NAN, f64::INFINITY, f64::NEG_INFINITY]);
    let test = GaugeTest::by(Measure::CommonLanguage);
    assert_eq!(class(&holes, &about(10.0), &test), Class::Pass);
    assert_eq!(class(&[f64::NAN; 9], &about(10.0), &test), Class::NoData);
    let replace = GaugeTest { missing: Missing::Replace, ..test };
    assert_eq!(class(&[f64::NAN; 9], &about(10.0), &replace), Class::Low);
    assert_eq!(class(&[], &about(10.0), &replace), Class::Pass);
}

#[test]
fn two_values_are_no_trend() {
    let gauge =
        Gauge::of(Line::clean("memory"), &[20.0, 21.0], &[10.0, 11.0], &GaugeTest::by(Measure::MeanRatio));
    assert_eq!(gauge.reading, Reading::TooFew { canary: 2, baseline: 2 });
}
