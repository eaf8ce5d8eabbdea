//! Sending: the shell around [`Protocol`] and the rules of trying again.

use std::error::Error;
use std::time::{Duration, Instant};

use goalpost_model::{Digest, Secret, SecretReference};
use goalpost_secrets::{SecretError, SecretSource, find};
use jiff::Timestamp;
use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Response, Url};

use crate::protocol::{Headers, Received};
use crate::retry::{pause, retry_after};
use crate::{Outcome, Protocol, Request, Settings};

/// An answer that is larger is none.
const MAX_ANSWER_BYTES: usize = 8 << 20;
/// How long it may take to reach an endpoint.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// What stands in the place of the key if an endpoint says it.
const HIDDEN: &str = "***";

/// Asks one model. Cheap to share by reference; keeps connections open.
pub struct Client {
    settings: Settings,
    secrets: Vec<Box<dyn SecretSource>>,
    http: reqwest::Client,
    url: Url,
}

/// What came of a question, and how often it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// What came of the last try.
    pub outcome: Outcome,
    /// Requests that were sent.
    pub requests: u32,
}

/// Why a model cannot be asked at all.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// There is no such key.
    #[error("the key of the language model, {0}")]
    Key(SecretReference, #[source] SecretError),
    /// The key has characters that no header takes.
    #[error("the key of the language model, {0}, is none: it has characters that no HTTP header takes")]
    NoKey(SecretReference),
    /// There is no TLS.
    #[error("HTTP cannot be set up")]
    Http(#[source] reqwest::Error),
}

impl Client {
    /// A client with these settings. Its key comes from these sources each time it is used, so that it may be
    /// replaced; whether it is there now is seen at once.
    pub async fn new(settings: Settings, secrets: Vec<Box<dyn SecretSource>>) -> Result<Self, SetupError> {
        goalpost_tls::install_provider();
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(settings.timeout)
            // Nobody else gets the key.
            .redirect(Policy::none())
            .build()
            .map_err(SetupError::Http)?;
        let url = settings.base_url.join(settings.protocol.path());
        let client = Self { settings, secrets, http, url };
        client.headers().await?;
        Ok(client)
    }

    /// Which model it asks, and how.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What tells a request from others: the digest of what is sent.
    pub fn digest(&self, request: &Request) -> Digest {
        Digest::of(self.body(request).as_bytes())
    }

    fn body(&self, request: &Request) -> String {
        let Settings { protocol, model, max_output_tokens, .. } = &self.settings;
        protocol.body(request, model, *max_output_tokens).to_string()
    }

    /// Asks. What may pass (a rate limit, an endpoint that is away) is tried again, four times at most, when the
    /// endpoint wants to be asked again, but not later than in a minute.
    pub async fn ask(&self, request: &Request) -> Reply {
        let body = self.body(request);
        let (mut tries, mut requests) = (0, 0);
        loop {
            tries += 1;
            let outcome = match self.headers().await {
                Ok((headers, key)) => {
                    requests += 1;
                    let outcome = self.send(headers, body.clone()).await;
                    match key {
                        Some(key) => hide(outcome, key.reveal()),
                        None => outcome,
                    }
                }
                Err(SetupError::Key(_, SecretError::Unavailable(why))) => Outcome::Unavailable {
                    why: format!("its key cannot be read now: {why}"),
                    retry_after: None,
                },
                Err(_) => Outcome::Unauthorized,
            };
            count(&outcome);
            let Some(pause) = pause(&outcome, tries, chance()) else {
                return Reply { outcome, requests };
            };
            tracing::warn!(
                outcome = outcome.word(),
                pause_ms = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX),
                "the language model could not be asked; trying again"
            );
            tokio::time::sleep(pause).await;
        }
    }

    /// The headers of a request, with the key in one of them, and the key.
    async fn headers(&self) -> Result<(HeaderMap, Option<Secret>), SetupError> {
        let Headers { key, prefix, others } = self.settings.protocol.headers();
        let mut headers = HeaderMap::new();
        headers.insert("content-type", HeaderValue::from_static("application/json"));
        for (name, value) in others {
            headers.insert(*name, HeaderValue::from_static(value));
        }
        let Some(reference) = &self.settings.key else { return Ok((headers, None)) };
        let secret = find(reference, &self.secrets)
            .await
            .map_err(|error| SetupError::Key(reference.clone(), error))?;
        let mut value = HeaderValue::from_str(&format!("{prefix}{}", secret.reveal()))
            .map_err(|_| SetupError::NoKey(reference.clone()))?;
        value.set_sensitive(true);
        headers.insert(key, value);
        Ok((headers, Some(secret)))
    }

    async fn send(&self, headers: HeaderMap, body: String) -> Outcome {
        let started = Instant::now();
        let sent = self.http.post(self.url.clone()).headers(headers).body(body).send().await;
        let outcome = match sent {
            Ok(response) => receive(self.settings.protocol, response).await,
            Err(error) => failed(error),
        };
        metrics::histogram!("goalpost_llm_seconds").record(started.elapsed());
        outcome
    }
}

async fn receive(protocol: Protocol, mut response: Response) -> Outcome {
    let status = response.status().as_u16();
    let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
    let retry_after = retry_after(header("retry-after-ms"), header("retry-after"), Timestamp::now());
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => return protocol.read(Received { status, retry_after, body: &body }),
            Err(error) => return failed(error),
        }
        if body.len() > MAX_ANSWER_BYTES {
            return Outcome::Malformed { why: format!("it is larger than {MAX_ANSWER_BYTES} bytes") };
        }
    }
}

fn failed(error: reqwest::Error) -> Outcome {
    if error.is_timeout() && !error.is_connect() {
        return Outcome::TimedOut;
    }
    let error = error.without_url();
    let mut why = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        why = format!("{why}: {inner}");
        cause = inner.source();
    }
    Outcome::Unavailable { why, retry_after: None }
}

/// No word of an endpoint brings the key into a plan, a log or an error.
fn hide(outcome: Outcome, key: &str) -> Outcome {
    let hidden = |text: String| if text.contains(key) { text.replace(key, HIDDEN) } else { text };
    match outcome {
        Outcome::Answer { text, usage } => Outcome::Answer { text: hidden(text), usage },
        Outcome::Refused { reason, usage } => Outcome::Refused { reason: hidden(reason), usage },
        Outcome::Malformed { why } => Outcome::Malformed { why: hidden(why) },
        Outcome::Unavailable { why, retry_after } => Outcome::Unavailable { why: hidden(why), retry_after },
        Outcome::Rejected { status, why } => Outcome::Rejected { status, why: hidden(why) },
        other @ (Outcome::Truncated { .. }
        | Outcome::RateLimited { .. }
        | Outcome::TimedOut
        | Outcome::Unauthorized) => other,
    }
}

fn count(outcome: &Outcome) {
    metrics::counter!("goalpost_llm_requests_total", "outcome" => outcome.word()).increment(1);
    let usage = outcome.usage();
    metrics::counter!("goalpost_llm_tokens_total", "direction" => "input").increment(usage.input_tokens);
    metrics::counter!("goalpost_llm_tokens_total", "direction" => "output").increment(usage.output_tokens);
}

/// A number from 0 to 1, another one each time.
fn chance() -> f64 {
    use std::hash::{BuildHasher as _, RandomState};
    (RandomState::new().hash_one(0_u8) % 1_024) as f64 / 1_024.0
}
