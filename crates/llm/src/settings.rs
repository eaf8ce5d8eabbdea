//! Which model is asked, and how.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use goalpost_model::SecretReference;
use reqwest::Url;

use crate::Protocol;

/// Which model is asked, and how.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What its endpoint speaks.
    pub protocol: Protocol,
    /// Where its endpoint is.
    pub base_url: BaseUrl,
    /// Its name, as the endpoint knows it.
    pub model: String,
    /// What the key is. `None`: the endpoint wants none.
    pub key: Option<SecretReference>,
    /// How long one answer may take.
    pub timeout: Duration,
    /// How many tokens an answer may have at most.
    pub max_output_tokens: u32,
}

/// Where an endpoint is, up to the version: `https://api.openai.com/v1`. Neither user nor query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl(Url);

/// Text that is no such URL. What it is is not told: it may hold a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "no base URL: write http or https, a host and a path up to the version, for example https://api.openai.com/v1; no user, no query"
)]
pub struct InvalidBaseUrl;

impl BaseUrl {
    /// The URL of a resource below.
    pub(crate) fn join(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        let base = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{base}/{path}"));
        url
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for BaseUrl {
    type Err = InvalidBaseUrl;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let url = Url::parse(text).map_err(|_| InvalidBaseUrl)?;
        let is_http = matches!(url.scheme(), "http" | "https") && url.has_host();
        let is_bare = url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        (is_http && is_bare).then_some(Self(url)).ok_or(InvalidBaseUrl)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_are_below_the_base() {
        for base in ["https://api.openai.com/v1", "https://api.openai.com/v1/"] {
            let url = base.parse::<BaseUrl>().unwrap().join("chat/completions");
            assert_eq!(url.as_str(), "https://api.openai.com/v1/chat/completions");
        }
        assert_eq!(
            "http://[::1]:8080".parse::<BaseUrl>().unwrap().join("messages").as_str(),
            "http://[::1]:8080/messages"
        );
    }

    #[test]
    fn what_is_no_base_is_refused() {
        for wrong in [
            "",
            "api.openai.com/v1",
            "ftp://host/v1",
            "file:///v1",
            "https://key@host/v1",
            "https://:key@host/v1",
            "https://host/v1?key=a",
            "https://host/v1#a",
        ] {
            assert_eq!(wrong.parse::<BaseUrl>(), Err(InvalidBaseUrl), "{wrong}");
        }
    }
}
