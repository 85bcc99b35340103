use super::*;
use crate::domain::text::Text;
use wiremock::matchers::{header, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

async fn client(server: &MockServer) -> Client {
    Client::new(server.uri().parse().unwrap(), &SecretString::from("wr_ana")).unwrap()
}

fn problem(status: u16, kind: &str) -> ResponseTemplate {
    let body = serde_json::json!({"type": kind, "title": "t", "status": status, "detail": "do this"});
    ResponseTemplate::new(status).set_body_json(body)
}

async fn answered(response: ResponseTemplate) -> ApiError {
    let server = MockServer::start().await;
    Mock::given(path("/api/v1/incidents/INC-7/acknowledge")).respond_with(response).mount(&server).await;
    let command = Command::Acknowledge { incident: IncidentId(7) };
    client(&server).await.command(&command, &"k".parse().unwrap(), None).await.unwrap_err()
}

#[tokio::test]
async fn a_command_carries_its_id_what_was_seen_and_the_token() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/api/v1/incidents/INC-7/notes"))
        .and(header("authorization", "Bearer wr_ana"))
        .and(header("idempotency-key", "k-1"))
        .and(header("if-match", "\"12\""))
        .respond_with(ResponseTemplate::new(200).set_body_json(serde_json::json!({"seq": 9, "note": 9})))
        .expect(1)
        .mount(&server)
        .await;
    let command = Command::AddNote { incident: IncidentId(7), text: Text::clean("x"), evidence: None };
    let outcome = client(&server).await.command(&command, &"k-1".parse().unwrap(), Some(Revision(12))).await;
    assert_eq!(outcome.unwrap().note, Some(Seq(9)));
}

#[tokio::test]
async fn lists_are_asked_for_with_their_filters() {
    let server = MockServer::start().await;
    Mock::given(path("/api/v1/incidents"))
        .and(query_param("status", "all"))
        .and(query_param("service", "shop & co"))
        .and(query_param("limit", "2"))
        .respond_with(ResponseTemplate::new(200).set_body_json(serde_json::json!({"items": []})))
        .expect(1)
        .mount(&server)
        .await;
    let which = IncidentQuery { all: true, severity: None, service: Some(Line::clean("shop & co")) };
    let part = Part { cursor: None, limit: Some(2) };
    assert_eq!(client(&server).await.incidents(&which, &part).await.unwrap().items, []);
}

#[tokio::test]
async fn what_the_hub_refuses_is_final_and_in_its_own_sentence() {
    let error = answered(problem(409, "/problems/stale")).await;
    assert_eq!(error.to_string(), "do this");
    assert!(matches!(error.fate(), Fate::Refused(_)));
}

#[tokio::test]
async fn a_hub_that_is_busy_or_read_only_has_not_taken_it() {
    for (status, kind) in [(503, "/problems/read-only"), (503, "/problems/overloaded"), (429, "about:blank")]
    {
        let error = answered(problem(status, kind).insert_header("retry-after", "7")).await;
        let retry_after = Some(Duration::from_secs(7));
        assert_eq!(error.fate(), Fate::NotTaken { why: Line::clean("do this"), retry_after }, "{kind}");
    }
}

#[tokio::test]
async fn an_error_behind_the_hubs_door_says_nothing_about_what_was_done() {
    for answer in
        [problem(503, "/problems/unknown"), problem(500, "/problems/broken"), ResponseTemplate::new(502)]
    {
        assert!(matches!(answered(answer).await.fate(), Fate::Unknown { .. }));
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed_with_the_token() {
    let error = answered(ResponseTemplate::new(302).insert_header("location", "http://evil.example")).await;
    assert!(error.to_string().contains("redirects"), "{error}");
}

#[tokio::test]
async fn with_nobody_there_it_was_certainly_not_done() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let hub: HubUrl = format!("http://127.0.0.1:{port}").parse().unwrap();
    let error = Client::new(hub, &SecretString::from("t")).unwrap().ready().await.unwrap_err();
    assert!(error.to_string().contains("connection refused"), "{error}");
    assert!(matches!(error, ApiError::Unreachable(_)), "{error}");
    assert!(matches!(error.fate(), Fate::NotTaken { .. }));
}

#[tokio::test]
async fn an_answer_that_is_no_hubs_is_said_to_be_so() {
    let server = MockServer::start().await;
    Mock::given(path("/api/v1/incidents/INC-1"))
        .respond_with(ResponseTemplate::new(200).set_body_string("<html>"))
        .mount(&server)
        .await;
    let error = client(&server).await.incident(IncidentId(1)).await.unwrap_err();
    assert!(matches!(error, ApiError::NotUnderstood(_)), "{error}");
}

#[test]
fn the_token_is_never_shown() {
    let token = SecretString::from("wr_secret");
    assert!(!format!("{:?}", bearer(&token).unwrap()).contains("secret"));
    let client = Client::new("https://w.example.com".parse().unwrap(), &token).unwrap();
    assert!(!format!("{client:?}").contains("secret"));
    let broken = bearer(&SecretString::from("wr_secret\nx")).unwrap_err();
    assert!(!broken.to_string().contains("secret"), "{broken}");
}
