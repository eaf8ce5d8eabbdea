//! Addresses in settings.

/// What leads out of the system: nothing here can say whether it is there.
const OUTSIDE: [&str; 3] = ["OTEL_EXPORTER_OTLP_ENDPOINT", "GOALPOST_LLM_URL", "GOALPOST_OIDC_ISSUER"];
const SCHEMES: [&str; 6] = ["http", "https", "postgres", "postgresql", "redis", "rediss"];

/// An address of something that has to be there.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) host: String,
    pub(super) port: Option<u64>,
}

/// The addresses in a setting: one, or several with commas between them.
pub(super) fn of_setting(name: &str, value: &str) -> Vec<Address> {
    if OUTSIDE.contains(&name) {
        return Vec::new();
    }
    let Some((scheme, rest)) = value.split_once("://").filter(|(scheme, _)| SCHEMES.contains(scheme)) else {
        return Vec::new();
    };
    // Several hosts of a database share the rest; several addresses of a service have each their own.
    let bare = rest.replace(&format!("{scheme}://"), "");
    let authority = bare.split('/').next().unwrap_or_default();
    let hosts = authority.rsplit_once('@').map_or(authority, |(_, hosts)| hosts);
    hosts.split(',').map(read).collect()
}

fn read(authority: &str) -> Address {
    match authority.rsplit_once(':') {
        Some((host, port)) => Address { host: host.to_owned(), port: port.parse().ok() },
        None => Address { host: authority.to_owned(), port: None },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_ports_are_found() {
        let read = |value| {
            let found = of_setting("ANY", value).into_iter();
            found
                .map(|address| format!("{}:{}", address.host, address.port.unwrap_or_default()))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            read("postgres://goalpost:$(PASSWORD)@one:5432,two:5433/goalpost"),
            ["one:5432", "two:5433"]
        );
        assert_eq!(read("http://a:1,http://b:2"), ["a:1", "b:2"]);
        assert_eq!(read("redis://redis/0"), ["redis:0"]);
        assert_eq!(read("secret://file/key"), [""; 0]);
        assert_eq!(of_setting("GOALPOST_LLM_URL", "https://elsewhere/v1"), []);
    }
}
