//! Against a server that answers what we tell it to, among it what a real Prometheus 2.42 once answered.

use std::path::PathBuf;

use wiremock::matchers::{body_string_contains, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::domain::time::Timestamp;

const DEADLINE: Duration = Duration::from_secs(5);

async fn server(response: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("POST")).and(path("/api/v1/query")).respond_with(response).mount(&server).await;
    server
}

async fn ask(server: &MockServer) -> Result<Answer, PrometheusError> {
    Prometheus::new().unwrap().query(&server.uri().parse().unwrap(), "up", DEADLINE).await
}

async fn answer(status: u16, body: impl Into<Vec<u8>>) -> Result<Answer, PrometheusError> {
    ask(&server(ResponseTemplate::new(status).set_body_bytes(body)).await).await
}

fn vector(value: &str) -> String {
    format!(
        r#"{{"status":"success","data":{{"resultType":"vector","result":[{{"metric":{{"a":"b"}},"value":[1795332280.5,"{value}"]}}]}}}}"#
    )
}

#[tokio::test]
async fn a_vector_is_read_with_its_labels_and_the_servers_time() {
    let answer = answer(200, vector("3.5")).await.unwrap();
    let [sample] = answer.samples.as_slice() else { panic!("one sample") };
    assert_eq!(sample.labels.get("a").map(String::as_str), Some("b"));
    assert_eq!((sample.value, sample.at), (3.5, Timestamp::from_millis(1_795_332_280_500)));
    assert!(answer.warnings.is_empty());
}

#[tokio::test]
async fn numbers_are_read_as_go_writes_them() {
    for (text, value) in [
        ("+Inf", f64::INFINITY),
        ("-Inf", f64::NEG_INFINITY),
        ("5e-324", 5e-324),
        ("1.7976931348623157e+308", f64::MAX),
        ("-0", 0.0),
        ("1e-07", 1e-7),
    ] {
        assert_eq!(
            answer(200, vector(text)).await.unwrap().samples.first().map(|s| s.value),
            Some(value),
            "{text}"
        );
    }
    assert!(answer(200, vector("NaN")).await.unwrap().samples.first().is_some_and(|s| s.value.is_nan()));
    assert!(matches!(answer(200, vector("many")).await, Err(PrometheusError::Nonsense(_))));
}

#[tokio::test]
async fn the_query_is_posted_below_the_path_of_the_address_with_its_credentials() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/prometheus/api/v1/query"))
        .and(header("content-type", "application/x-www-form-urlencoded"))
        .and(header("authorization", "Basic b25jYWxsOnA="))
        .and(body_string_contains("query=sum%28a%7Bb%3D%22c+%26+d%22%7D%29"))
        .respond_with(ResponseTemplate::new(200).set_body_string(vector("1")))
        .mount(&server)
        .await;
    for base in ["/prometheus", "/prometheus/", "/prometheus/?x=y#z"] {
        let mut url: Url = format!("{}{base}", server.uri()).parse().unwrap();
        url.set_username("oncall").unwrap();
        url.set_password(Some("p")).unwrap();
        let answer = Prometheus::new().unwrap().query(&url, r#"sum(a{b="c & d"})"#, DEADLINE).await;
        assert!(answer.is_ok(), "{base}: {answer:?}");
    }
}

#[tokio::test]
async fn warnings_are_kept() {
    let body = r#"{"status":"success","warnings":["store a\u001b[2J is away"],"data":{"resultType":"vector","result":[]}}"#;
    let answer = answer(200, body).await.unwrap();
    assert!(answer.samples.is_empty());
    assert_eq!(answer.warnings, ["store a␛[2J is away"]);
}

#[tokio::test]
async fn errors_of_the_api_are_told_apart() {
    let error = |kind: &str| format!(r#"{{"status":"error","errorType":"{kind}","error":"told"}}"#);
    let told = || Line::clean("told");
    for (status, body, expected) in [
        (400, error("bad_data"), PrometheusError::BadQuery(told())),
        (422, error("execution"), PrometheusError::Execution(told())),
        (503, error("timeout"), PrometheusError::Overloaded { status: 503, message: told() }),
        (503, error("canceled"), PrometheusError::Overloaded { status: 503, message: told() }),
        (500, error("internal"), PrometheusError::Server { status: 500, message: told() }),
        (429, "told".to_owned(), PrometheusError::Overloaded { status: 429, message: told() }),
        (502, "told".to_owned(), PrometheusError::Server { status: 502, message: told() }),
        (404, "404 page not found".to_owned(), PrometheusError::NotPrometheus(404)),
        (405, String::new(), PrometheusError::NotPrometheus(405)),
        (401, String::new(), PrometheusError::Unauthorized(401)),
        (403, error("bad_data"), PrometheusError::Unauthorized(403)),
    ] {
        assert_eq!(answer(status, body).await, Err(expected), "{status}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = server(ResponseTemplate::new(200).set_body_string(vector("1"))).await;
    for status in [301, 302, 303, 307, 308] {
        let to = format!("{}/api/v1/query", elsewhere.uri());
        let server = server(ResponseTemplate::new(status).insert_header("location", to.as_str())).await;
        assert_eq!(ask(&server).await, Err(PrometheusError::Redirect { to: Line::clean(&to) }));
    }
    assert!(elsewhere.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn an_endless_answer_is_cut_off() {
    let huge = vec![b' '; MAX_ANSWER_BYTES + 1];
    assert_eq!(answer(200, huge).await, Err(PrometheusError::TooLarge(MAX_ANSWER_BYTES)));
    let huge = vec![b' '; MAX_ERROR_BYTES * 64];
    assert!(matches!(answer(500, huge).await, Err(PrometheusError::Server { status: 500, .. })));
}

#[tokio::test]
async fn a_server_that_hangs_meets_the_deadline() {
    let slow = server(ResponseTemplate::new(200).set_delay(Duration::from_secs(60))).await;
    let deadline = Duration::from_millis(50);
    let asked = Prometheus::new().unwrap().query(&slow.uri().parse().unwrap(), "up", deadline).await;
    assert_eq!(asked, Err(PrometheusError::Deadline(deadline)));
}

#[tokio::test]
async fn nobody_there_is_told_without_the_password() {
    let url: Url = "http://oncall:hunter2@127.0.0.1:1/".parse().unwrap();
    let told = Prometheus::new().unwrap().query(&url, "up", DEADLINE).await.unwrap_err();
    assert!(matches!(told, PrometheusError::Unreachable(_)), "{told:?}");
    assert!(!told.to_string().contains("hunter2"), "{told}");
}

#[tokio::test]
async fn what_is_no_answer_of_prometheus_is_refused() {
    for body in [
        "",
        "<html>",
        "{}",
        "null",
        r#"{"status":"success"}"#,
        r#"{"status":"error","data":{"resultType":"vector","result":[]}}"#,
        r#"{"status":"success","data":{"resultType":"cube","result":[]}}"#,
        r#"{"status":"success","data":{"resultType":"vector","result":{}}}"#,
        r#"{"status":"success","data":{"resultType":"vector","result":[{"value":["1","1"]}]}}"#,
        r#"{"status":"success","data":{"resultType":"scalar","result":[1]}}"#,
    ] {
        assert!(matches!(answer(200, body).await, Err(PrometheusError::Nonsense(_))), "{body}");
    }
    let deep = "[".repeat(500_000);
    assert!(matches!(answer(200, deep).await, Err(PrometheusError::Nonsense(_))));
}

#[tokio::test]
async fn the_answers_of_a_real_prometheus_are_understood() {
    let root = std::env::var_os("WARROOM_SHARED").map_or_else(|| PathBuf::from("../shared"), PathBuf::from);
    let folder = root.join("slo-vectors/prometheus/http-api");
    let Ok(index) = std::fs::read(folder.join("index.json")) else {
        println!("skipped: there is no {}; set WARROOM_SHARED to the folder that holds it", folder.display());
        return;
    };
    let index: serde_json::Value = serde_json::from_slice(&index).unwrap();
    let mut seen = 0;
    for entry in index["responses"].as_array().unwrap() {
        let file = entry["file"].as_str().unwrap();
        if !file.starts_with("instant_") && !file.contains("error") && !file.starts_with("not_found") {
            continue;
        }
        let status = u16::try_from(entry["http_status"].as_u64().unwrap()).unwrap();
        let told = answer(status, std::fs::read(folder.join(file)).unwrap()).await;
        seen += 1;
        match file {
            "instant_vector.json" => {
                let answer = told.unwrap();
                assert_eq!(
                    answer.samples.iter().map(|sample| sample.value).collect::<Vec<_>>(),
                    [4500.0, 359.0]
                );
            }
            "instant_scalar.json" => {
                assert_eq!(told.unwrap().samples.first().map(|sample| sample.value), Some(3.5))
            }
            "instant_nan_ratio_no_traffic.json" => {
                assert!(told.unwrap().samples.first().is_some_and(|sample| sample.value.is_nan()));
            }
            "instant_matrix_raw_range.json" | "instant_string.json" => {
                assert!(matches!(told, Err(PrometheusError::BadQuery(_))), "{file}: {told:?}");
            }
            "range_error_many_to_many_422.json" => {
                assert!(matches!(told, Err(PrometheusError::Execution(_))), "{file}: {told:?}");
            }
            "not_found_404.txt" => assert_eq!(told, Err(PrometheusError::NotPrometheus(404))),
            _ => assert!(matches!(told, Err(PrometheusError::BadQuery(_))), "{file}: {told:?}"),
        }
    }
    assert!(seen >= 9, "{seen}");
}
