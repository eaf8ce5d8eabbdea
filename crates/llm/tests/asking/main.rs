//! The client against a scripted model.
#![cfg(test)]

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use goalpost_llm::{Client, Message, Outcome, Protocol, Reply, Request, Role, Settings, SetupError, Usage};
use goalpost_secrets::EnvSecrets;
use goalpost_testkit::llm::{Line, Server, USAGE};
use serde_json::json;
use tokio::sync::Semaphore;

const PROTOCOLS: [Protocol; 3] = [Protocol::ChatCompletions, Protocol::Responses, Protocol::Messages];
/// Cargo sets it for every test; its value stands for a key.
const VARIABLE: &str = "CARGO_PKG_DESCRIPTION";
const KEY: &str = env!("CARGO_PKG_DESCRIPTION");

fn settings(server: &Server, protocol: Protocol) -> Settings {
    Settings {
        protocol,
        base_url: server.url().parse().unwrap(),
        model: "scripted".to_owned(),
        key: Some(format!("secret://env/{VARIABLE}").parse().unwrap()),
        timeout: Duration::from_secs(60),
        max_output_tokens: 500,
    }
}

async fn client(settings: Settings) -> Client {
    Client::new(settings, vec![Box::new(EnvSecrets::with_prefix(VARIABLE))]).await.unwrap()
}

fn request() -> Request {
    let schema =
        json!({"type": "object", "properties": {"a": {"type": "integer", "minimum": 1}}, "required": ["a"]});
    Request {
        system: "Answer.".to_owned(),
        messages: vec![Message { role: Role::User, text: "a question".to_owned() }],
        schema: Some(goalpost_llm::schema::lower(&schema).unwrap()),
    }
}

async fn ask(protocol: Protocol, lines: impl IntoIterator<Item = Line>) -> (Reply, Server) {
    let server = Server::start(lines).await;
    let reply = client(settings(&server, protocol)).await.ask(&request()).await;
    (reply, server)
}

fn usage() -> Usage {
    Usage { input_tokens: USAGE.0, output_tokens: USAGE.1 }
}

fn answer() -> Line {
    Line::json(&json!({"a": 1}))
}

fn answered() -> Outcome {
    Outcome::Answer { text: r#"{"a":1}"#.to_owned(), usage: usage() }
}

#[tokio::test]
async fn every_protocol_gets_an_answer_its_usage_and_the_key_in_one_header() {
    for protocol in PROTOCOLS {
        let (reply, server) = ask(protocol, [answer()]).await;
        assert_eq!(reply, Reply { outcome: answered(), requests: 1 }, "{protocol}");
        let recorded = server.recorded();
        assert_eq!(recorded[0].text(), "Answer.\na question");
        let with_key = recorded[0].headers.iter().filter(|(_, value)| value.contains(KEY));
        let expected = match protocol {
            Protocol::Messages => ("x-api-key", KEY.to_owned()),
            _ => ("authorization", format!("Bearer {KEY}")),
        };
        let with_key: Vec<_> = with_key.map(|(name, value)| (name.as_str(), value.clone())).collect();
        assert_eq!(with_key, [expected]);
        assert!(!recorded[0].body.to_string().contains(KEY));
    }
}

#[tokio::test]
async fn every_protocol_tells_refusals_and_cut_answers() {
    for protocol in PROTOCOLS {
        let (reply, _) = ask(protocol, [Line::Refusal("I cannot.".to_owned())]).await;
        let refused = Outcome::Refused { reason: "I cannot.".to_owned(), usage: usage() };
        assert_eq!(reply, Reply { outcome: refused, requests: 1 }, "{protocol}");
        let (reply, _) = ask(protocol, [Line::Truncated(r#"{"a""#.to_owned())]).await;
        assert_eq!(
            reply,
            Reply { outcome: Outcome::Truncated { usage: usage() }, requests: 1 },
            "{protocol}"
        );
    }
}

#[tokio::test]
async fn who_is_rate_limited_asks_again_when_he_may() {
    for protocol in PROTOCOLS {
        let (reply, server) = ask(protocol, [Line::RateLimited(0), Line::RateLimited(0), answer()]).await;
        assert_eq!(reply, Reply { outcome: answered(), requests: 3 }, "{protocol}");
        assert_eq!(server.recorded().len(), 3);
    }
}

#[tokio::test]
async fn a_limit_that_lasts_too_long_is_told_at_once() {
    let (reply, server) = ask(Protocol::ChatCompletions, [Line::RateLimited(3_600)]).await;
    let retry_after = Some(Duration::from_secs(3_600));
    assert_eq!(reply, Reply { outcome: Outcome::RateLimited { retry_after }, requests: 1 });
    assert_eq!(server.recorded().len(), 1);
}

#[tokio::test]
async fn who_is_limited_again_and_again_gives_up() {
    let (reply, server) = ask(Protocol::Messages, (0..9).map(|_| Line::RateLimited(0))).await;
    assert_eq!(reply.requests, 4);
    assert!(matches!(reply.outcome, Outcome::RateLimited { .. }));
    assert_eq!(server.left(), 5);
}

#[tokio::test]
async fn an_endpoint_that_stumbles_is_asked_again() {
    let (reply, _) = ask(Protocol::Responses, [Line::Status(500, "oh".to_owned()), answer()]).await;
    assert_eq!(reply, Reply { outcome: answered(), requests: 2 });
}

#[tokio::test]
async fn an_answer_that_does_not_come_in_time_is_not_asked_for_again() {
    let never = Arc::new(Semaphore::new(0));
    let server = Server::start([Line::Held(String::new(), never), answer()]).await;
    let hasty = Settings { timeout: Duration::from_secs(1), ..settings(&server, Protocol::ChatCompletions) };
    let reply = client(hasty).await.ask(&request()).await;
    assert_eq!(reply, Reply { outcome: Outcome::TimedOut, requests: 1 });
    assert_eq!(server.left(), 1);
}

#[tokio::test]
async fn what_is_no_answer_is_told() {
    let (reply, _) = ask(Protocol::ChatCompletions, [Line::Garbage("<html>".to_owned())]).await;
    assert!(matches!(&reply.outcome, Outcome::Malformed { why } if why.contains("no JSON")), "{reply:?}");
}

#[tokio::test]
async fn a_request_that_is_not_taken_is_told_with_the_endpoints_words() {
    let (reply, server) =
        ask(Protocol::ChatCompletions, [Line::Status(404, "no such model".to_owned())]).await;
    let rejected = Outcome::Rejected { status: 404, why: "no such model".to_owned() };
    assert_eq!(reply, Reply { outcome: rejected, requests: 1 });
    let open = Request { schema: Some(json!({"type": "object"})), ..request() };
    let reply = client(settings(&server, Protocol::Messages)).await.ask(&open).await;
    assert!(
        matches!(&reply.outcome, Outcome::Rejected { status: 400, why } if why.contains("additionalProperties"))
    );
}

#[tokio::test]
async fn no_word_of_an_endpoint_brings_the_key_back() {
    let said = format!("wrong: {KEY}");
    for line in [
        Line::Text(said.clone()),
        Line::Refusal(said.clone()),
        Line::Status(404, said.clone()),
        Line::Status(401, said.clone()),
        Line::Garbage(said),
    ] {
        let (reply, _) = ask(Protocol::ChatCompletions, [line.clone()]).await;
        assert!(!format!("{reply:?} {}", reply.outcome).contains(KEY), "{line:?}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (reply, server) = ask(Protocol::ChatCompletions, [Line::Status(307, "elsewhere".to_owned())]).await;
    assert!(matches!(reply.outcome, Outcome::Rejected { status: 307, .. }));
    assert_eq!(server.recorded().len(), 1);
}

#[tokio::test]
async fn an_endpoint_that_is_not_there_is_unavailable() {
    let server = Server::start([]).await;
    let client = client(settings(&server, Protocol::ChatCompletions)).await;
    drop(server);
    let reply = client.ask(&request()).await;
    assert_eq!(reply.requests, 4);
    let Outcome::Unavailable { why, .. } = reply.outcome else { panic!("{reply:?}") };
    assert!(!why.contains("127.0.0.1"), "{why}");
}

#[tokio::test]
async fn a_key_that_is_not_there_is_told_when_the_client_is_made() {
    let server = Server::start([]).await;
    let absent = Settings {
        key: Some("secret://env/NO_SUCH_KEY".parse().unwrap()),
        ..settings(&server, Protocol::ChatCompletions)
    };
    let refused = Client::new(absent, vec![Box::new(EnvSecrets::with_prefix("NO_SUCH_KEY"))]).await;
    assert!(matches!(refused.err().unwrap(), SetupError::Key(..)));
    let open = Settings { key: None, ..settings(&server, Protocol::ChatCompletions) };
    assert!(Client::new(open, Vec::new()).await.is_ok());
}

/// What is logged, as text.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_key_is_in_no_log() {
    let log = Log::default();
    let writer = log.clone();
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .init();
    for line in [answer(), Line::Status(401, KEY.to_owned()), Line::Status(404, KEY.to_owned())] {
        let (reply, _) = ask(Protocol::Messages, [Line::RateLimited(0), line]).await;
        tracing::info!(?reply, "asked");
    }
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("the language model could not be asked") && log.contains("asked reply"), "{log}");
    assert!(!log.contains(KEY), "{log}");
}
