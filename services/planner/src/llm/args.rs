//! Settings of the language model.
//!
//! | flag | variable |
//! |---|---|
//! | `--llm-url` | `GOALPOST_LLM_URL` |
//! | `--llm-model` | `GOALPOST_LLM_MODEL` |
//! | `--llm-protocol` | `GOALPOST_LLM_PROTOCOL` |
//! | `--llm-key` | `GOALPOST_LLM_KEY` |
//! | `--llm-secrets` | `GOALPOST_LLM_SECRETS` |
//! | `--llm-output` | `GOALPOST_LLM_OUTPUT` |
//! | `--llm-timeout-ms` | `GOALPOST_LLM_TIMEOUT_MS` |
//! | `--llm-max-output-tokens` | `GOALPOST_LLM_MAX_OUTPUT_TOKENS` |
//! | `--llm-input-price`, `--llm-output-price` | `GOALPOST_LLM_INPUT_PRICE`, `GOALPOST_LLM_OUTPUT_PRICE` |
//! | `--llm-concurrency` | `GOALPOST_LLM_CONCURRENCY` |
//! | `--llm-max-replans` | `GOALPOST_LLM_MAX_REPLANS` |

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use goalpost_llm::{BaseUrl, Price, Protocol, Settings};
use goalpost_model::{SecretPlace, SecretReference};
use goalpost_secrets::{DirectorySecrets, EnvSecrets, SecretSource};

/// The language model that is asked where the catalog has no plan. Without a URL there is none.
#[derive(Args, Clone, Debug)]
pub struct LlmArgs {
    /// The base URL of the model's endpoint, up to the version, for example `https://api.openai.com/v1`. None: no
    /// language model is asked.
    #[arg(long, env = "GOALPOST_LLM_URL")]
    pub llm_url: Option<BaseUrl>,
    /// The model, as its endpoint calls it.
    #[arg(long, env = "GOALPOST_LLM_MODEL")]
    pub llm_model: Option<String>,
    /// What the endpoint speaks: chat-completions, responses or messages.
    #[arg(long, env = "GOALPOST_LLM_PROTOCOL", default_value_t)]
    pub llm_protocol: Protocol,
    /// The endpoint's key, as a reference: `secret://env/NAME`, or `secret://file/NAME` below --llm-secrets. None: it
    /// wants none.
    #[arg(long, env = "GOALPOST_LLM_KEY")]
    pub llm_key: Option<SecretReference>,
    /// The directory of `secret://file/NAME`.
    #[arg(long, env = "GOALPOST_LLM_SECRETS", value_name = "DIRECTORY")]
    pub llm_secrets: Option<PathBuf>,
    /// How the form of an answer is told.
    #[arg(long, env = "GOALPOST_LLM_OUTPUT", value_enum, default_value_t = OutputForm::Schema)]
    pub llm_output: OutputForm,
    /// How long one answer may take, in milliseconds.
    #[arg(long, env = "GOALPOST_LLM_TIMEOUT_MS", default_value_t = 120_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub llm_timeout_ms: u64,
    /// How many tokens an answer may have at most, those that the model thinks with included.
    #[arg(long, env = "GOALPOST_LLM_MAX_OUTPUT_TOKENS", default_value_t = 16_000, value_parser = clap::value_parser!(u32).range(1..))]
    pub llm_max_output_tokens: u32,
    /// What a million tokens of prompts cost, in units of the deployment's currency, for example 2.50.
    #[arg(long, env = "GOALPOST_LLM_INPUT_PRICE")]
    pub llm_input_price: Option<Price>,
    /// What a million tokens of answers cost.
    #[arg(long, env = "GOALPOST_LLM_OUTPUT_PRICE")]
    pub llm_output_price: Option<Price>,
    /// Goals that the model plans at once, of each planner.
    #[arg(long, env = "GOALPOST_LLM_CONCURRENCY", default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..))]
    pub llm_concurrency: u32,
    /// How often a plan that the model has made may make room for another one when it fails (its `max_replans`).
    #[arg(long, env = "GOALPOST_LLM_MAX_REPLANS", default_value_t = 1, value_parser = clap::value_parser!(u32).range(..=10))]
    pub llm_max_replans: u32,
}

/// How the form of an answer is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum OutputForm {
    /// The endpoint binds answers to a JSON Schema.
    #[default]
    Schema,
    /// It cannot: the model is told the schema in words.
    Text,
}

/// Settings that do not go together; all of them.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.join("; "))]
pub struct SettingsError(Vec<String>);

impl Default for LlmArgs {
    /// No language model.
    fn default() -> Self {
        Self {
            llm_url: None,
            llm_model: None,
            llm_protocol: Protocol::default(),
            llm_key: None,
            llm_secrets: None,
            llm_output: OutputForm::default(),
            llm_timeout_ms: 120_000,
            llm_max_output_tokens: 16_000,
            llm_input_price: None,
            llm_output_price: None,
            llm_concurrency: 4,
            llm_max_replans: 1,
        }
    }
}

impl LlmArgs {
    /// Which model is asked; `None` if none is. The error has everything that is wrong.
    pub(super) fn settings(&self) -> Result<Option<Settings>, SettingsError> {
        let mut wrong = Vec::new();
        let Some(base_url) = self.llm_url.clone() else {
            if self.llm_model.is_some() || self.llm_key.is_some() {
                wrong.push("a language model needs --llm-url (GOALPOST_LLM_URL)".to_owned());
            }
            return if wrong.is_empty() { Ok(None) } else { Err(SettingsError(wrong)) };
        };
        let model = self.llm_model.clone().unwrap_or_default();
        if model.trim().is_empty() {
            wrong.push("--llm-url needs --llm-model (GOALPOST_LLM_MODEL)".to_owned());
        }
        if self.llm_input_price.is_some() != self.llm_output_price.is_some() {
            wrong.push("--llm-input-price and --llm-output-price go together".to_owned());
        }
        let is_in_file = |key: &SecretReference| key.place() == SecretPlace::File;
        if self.llm_key.as_ref().is_some_and(is_in_file) && self.llm_secrets.is_none() {
            wrong.push("a key in a file needs --llm-secrets (GOALPOST_LLM_SECRETS)".to_owned());
        }
        if !wrong.is_empty() {
            return Err(SettingsError(wrong));
        }
        Ok(Some(Settings {
            protocol: self.llm_protocol,
            base_url,
            model,
            key: self.llm_key.clone(),
            timeout: Duration::from_millis(self.llm_timeout_ms),
            max_output_tokens: self.llm_max_output_tokens,
        }))
    }

    /// Where the key is: nothing else is given out.
    pub(super) fn secrets(&self) -> Vec<Box<dyn SecretSource>> {
        let Some(key) = &self.llm_key else { return Vec::new() };
        match (key.place(), &self.llm_secrets) {
            (SecretPlace::Env, _) => vec![Box::new(EnvSecrets::with_prefix(key.name()))],
            (SecretPlace::File, Some(directory)) => vec![Box::new(DirectorySecrets::below(directory))],
            (SecretPlace::File, None) => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(clap::Parser)]
    struct Arguments {
        #[command(flatten)]
        llm: LlmArgs,
    }

    fn parsed(arguments: &[&str]) -> LlmArgs {
        Arguments::try_parse_from(["planner"].iter().chain(arguments)).unwrap().llm
    }

    #[test]
    fn every_setting_is_on_its_page() {
        use clap::CommandFactory as _;
        let page = include_str!("../../../../docs/planning.md");
        let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| `--llm-")).collect();
        let command = Arguments::command();
        let settings: Vec<&clap::Arg> = command
            .get_arguments()
            .filter(|argument| argument.get_id().as_str().starts_with("llm_"))
            .collect();
        for argument in &settings {
            let flag = format!("`--{}`", argument.get_long().unwrap());
            let variable = format!("`{}`", argument.get_env().unwrap().display());
            assert!(
                rows.iter().any(|row| row.contains(&flag) && row.contains(&variable)),
                "{flag} {variable}"
            );
        }
        let told: usize = rows.iter().map(|row| row.matches("`--llm-").count()).sum();
        // One of them names another one.
        assert_eq!(told, settings.len() + 1);
    }

    #[test]
    fn without_a_url_there_is_no_model() {
        assert!(parsed(&[]).settings().unwrap().is_none());
        assert_eq!(format!("{:?}", parsed(&[])), format!("{:?}", LlmArgs::default()));
    }

    #[test]
    fn a_url_and_a_model_are_enough() {
        let args = parsed(&["--llm-url", "http://localhost:8080/v1", "--llm-model", "m"]);
        let settings = args.settings().unwrap().unwrap();
        assert_eq!((settings.protocol, settings.model.as_str()), (Protocol::ChatCompletions, "m"));
        assert!(settings.key.is_none() && args.secrets().is_empty());
    }

    #[test]
    fn settings_that_do_not_go_together_are_told_all_at_once() {
        let told = |arguments: &[&str]| parsed(arguments).settings().unwrap_err().0.len();
        assert_eq!(told(&["--llm-model", "m"]), 1);
        let url = "--llm-url=http://localhost/v1";
        assert_eq!(told(&[url, "--llm-input-price", "1", "--llm-key", "secret://file/key"]), 3);
        for wrong in [
            ["--llm-url", "https://key@host/v1"],
            ["--llm-key", "sk-1234"],
            ["--llm-protocol", "smoke"],
            ["--llm-input-price", "cheap"],
            ["--llm-concurrency", "0"],
        ] {
            let refused = Arguments::try_parse_from(["planner"].iter().chain(&wrong)).err().unwrap();
            assert!(refused.to_string().contains(wrong[0]), "{refused}");
        }
    }
}
