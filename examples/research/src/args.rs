//! Settings of the language model. They have the names that the planner's have, so that both may share an environment.

use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use goalpost_llm::{BaseUrl, Client, Protocol, Settings};
use goalpost_worker::{DirectorySecrets, EnvSecrets, SecretPlace, SecretReference, SecretSource};

use crate::Model;

/// The language model that reads and writes. Without a URL there is none.
#[derive(Args)]
pub struct LlmArgs {
    /// The base URL of the model's endpoint, up to the version, for example `https://api.openai.com/v1`.
    #[arg(long, env = "GOALPOST_LLM_URL", requires = "llm_model")]
    llm_url: Option<BaseUrl>,
    /// The model, as its endpoint calls it.
    #[arg(long, env = "GOALPOST_LLM_MODEL", requires = "llm_url")]
    llm_model: Option<String>,
    /// What the endpoint speaks: chat-completions, responses or messages.
    #[arg(long, env = "GOALPOST_LLM_PROTOCOL", default_value_t)]
    llm_protocol: Protocol,
    /// The endpoint's key, as a reference: `secret://env/NAME`, or `secret://file/NAME` below --llm-secrets. None: it
    /// wants none.
    #[arg(long, env = "GOALPOST_LLM_KEY", requires = "llm_url")]
    llm_key: Option<SecretReference>,
    /// The directory of `secret://file/NAME`.
    #[arg(long, env = "GOALPOST_LLM_SECRETS", value_name = "DIRECTORY")]
    llm_secrets: Option<PathBuf>,
    /// The endpoint cannot bind answers to a JSON Schema; the model is only told.
    #[arg(long)]
    llm_unbound: bool,
    /// How long one answer may take, in milliseconds.
    #[arg(long, env = "GOALPOST_LLM_TIMEOUT_MS", default_value_t = 120_000, value_parser = clap::value_parser!(u64).range(1..))]
    llm_timeout_ms: u64,
    /// How many tokens an answer may have at most, those that the model thinks with included.
    #[arg(long, env = "GOALPOST_LLM_MAX_OUTPUT_TOKENS", default_value_t = 8_000, value_parser = clap::value_parser!(u32).range(1..))]
    llm_max_output_tokens: u32,
}

impl LlmArgs {
    /// The model; `None` if there is none. Errors: settings that do not go together, a key that is not there.
    pub async fn model(self) -> Result<Option<Model>, Box<dyn Error>> {
        let secrets = self.secrets()?;
        let (Some(base_url), Some(model)) = (self.llm_url, self.llm_model) else { return Ok(None) };
        let settings = Settings {
            protocol: self.llm_protocol,
            base_url,
            model,
            key: self.llm_key,
            timeout: Duration::from_millis(self.llm_timeout_ms),
            max_output_tokens: self.llm_max_output_tokens,
        };
        Ok(Some(Model::new(Client::new(settings, secrets).await?, !self.llm_unbound)))
    }

    /// Where the key is: nothing else is given out.
    fn secrets(&self) -> Result<Vec<Box<dyn SecretSource>>, &'static str> {
        let Some(key) = &self.llm_key else { return Ok(Vec::new()) };
        match (key.place(), &self.llm_secrets) {
            (SecretPlace::Env, _) => Ok(vec![Box::new(EnvSecrets::with_prefix(key.name()))]),
            (SecretPlace::File, Some(directory)) => Ok(vec![Box::new(DirectorySecrets::below(directory))]),
            (SecretPlace::File, None) => Err("a key in a file needs --llm-secrets (GOALPOST_LLM_SECRETS)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;
    use goalpost_testkit::llm::{Line, Server};
    use serde_json::json;

    use super::*;
    use crate::writing;

    #[derive(clap::Parser)]
    struct Arguments {
        #[command(flatten)]
        llm: LlmArgs,
    }

    fn parsed(arguments: &[&str]) -> Result<LlmArgs, clap::Error> {
        let all = ["research"].iter().chain(arguments);
        Arguments::try_parse_from(all).map(|arguments| arguments.llm)
    }

    #[tokio::test]
    async fn without_a_url_there_is_no_model() {
        assert!(parsed(&[]).unwrap().model().await.unwrap().is_none());
        assert!(parsed(&["--llm-url", "http://localhost/v1"]).is_err());
        assert!(parsed(&["--llm-model", "m"]).is_err());
    }

    #[tokio::test]
    async fn the_key_is_what_its_reference_stands_for_and_has_to_be_there() {
        let answer = || Line::json(&json!({"questions": ["Why?"]}));
        let server = Server::start([answer(), answer()]).await;
        let url = server.url();
        let with = |more: &[&'static str]| {
            let base = ["--llm-url", url.as_str(), "--llm-model", "scripted"];
            parsed(&[&base[..], more].concat()).unwrap()
        };
        let file = ["--llm-key", "secret://file/key"];
        assert!(with(&file).model().await.is_err());
        assert!(with(&["--llm-key", "secret://env/GOALPOST_NO_SUCH_KEY"]).model().await.is_err());
        // Cargo sets it for every test; its value stands for the key.
        let bound =
            with(&["--llm-key", "secret://env/CARGO_PKG_DESCRIPTION"]).model().await.unwrap().unwrap();
        let unbound = with(&["--llm-unbound"]).model().await.unwrap().unwrap();
        for model in [bound, unbound] {
            writing::derive(&model, serde_json::from_value(json!({"topic": "tides"})).unwrap())
                .await
                .unwrap();
        }
        let recorded = server.recorded();
        assert_eq!(recorded[0].headers["authorization"], format!("Bearer {}", env!("CARGO_PKG_DESCRIPTION")));
        assert!(recorded[0].body["response_format"].is_object());
        assert_eq!(recorded[1].headers.get("authorization"), None);
        assert!(recorded[1].body.get("response_format").is_none());
        assert!(recorded[1].text().contains("\"questions\""));
    }
}
