//! What in a text leads out: URLs and addresses.

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};

use goalpost_checker::UNKNOWN;

/// Schemes whose URLs lead to a host even without their slashes.
const SPECIAL: [&str; 5] = ["https:", "http:", "wss:", "ws:", "ftp:"];

/// Where the words of a text lead that lead out: scheme and authority of a URL, or an address; in lower case. Those are
/// URLs, also without their scheme (`//host`), IP addresses with or without a port, `localhost` and names that begin
/// with `www.`; another bare name of a host cannot be told from other words. Read as browsers read them, so that none is hidden
/// from here that leads out there: a backslash is a slash, and what breaks a line breaks no URL.
///
/// What leads where only the run of a workflow will tell is left out.
pub(super) fn places(text: &str) -> Vec<String> {
    let text = if text.contains('\\') { Cow::Owned(text.replace('\\', "/")) } else { Cow::Borrowed(text) };
    let mut found = in_words(&text);
    if text.contains(BREAKS) {
        let unbroken = in_words(&text.replace(BREAKS, ""));
        found.extend(unbroken);
    }
    found
}

/// What URLs are read without.
const BREAKS: [char; 3] = ['\n', '\r', '\t'];

fn in_words(text: &str) -> Vec<String> {
    let between = |c: char| c.is_whitespace() || c.is_control() || "\"'`<>()[]{},;|=&".contains(c);
    text.split(between).filter_map(place).collect()
}

fn place(word: &str) -> Option<String> {
    let word = word.trim_end_matches(['.', '!', '?']).to_lowercase();
    let special = SPECIAL.iter().find_map(|scheme| word.strip_prefix(scheme).map(|rest| (*scheme, rest)));
    if let Some((scheme, rest)) = special {
        return known(authority(rest.trim_start_matches('/'))).map(|host| format!("{scheme}//{host}"));
    }
    if let Some((scheme, rest)) = word.split_once("//") {
        let is_scheme = scheme.is_empty() || scheme.ends_with([':', UNKNOWN]);
        return known(authority(rest)).filter(|_| is_scheme).map(|host| format!("{scheme}//{host}"));
    }
    let host = authority(&word);
    let name = host.split_once(':').map_or(host, |(name, _)| name);
    let is_address = host.parse::<IpAddr>().is_ok() || host.parse::<SocketAddr>().is_ok();
    // `::` alone is an address, too, and an operator to others.
    let is_meant = is_address && host.contains(|c: char| c.is_ascii_digit());
    (is_meant || name == "localhost" || name.starts_with("www.")).then(|| host.to_owned())
}

fn authority(rest: &str) -> &str {
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

/// An authority of which something is said.
fn known(authority: &str) -> Option<&str> {
    authority.contains(|c| c != UNKNOWN).then_some(authority)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leads_out_is_found_in_the_middle_of_a_text() {
        for (text, found) in [
            ("see https://Evil.example/a?b.", "https://evil.example"),
            ("(http://a.example:8080)", "http://a.example:8080"),
            ("http://good.example@evil.example/", "http://good.example@evil.example"),
            (r"http://evil.example\@good.example", "http://evil.example"),
            (r"\\evil.example\share", "//evil.example"),
            ("https:evil.example", "https://evil.example"),
            ("https:///evil.example", "https://evil.example"),
            ("url=//evil.example/x", "//evil.example"),
            ("a://h", "a://h"),
            ("\u{fffc}//evil.example", "\u{fffc}//evil.example"),
            ("https://\u{fffc}.evil.example", "https://\u{fffc}.evil.example"),
            ("send it to 10.0.0.1:25!", "10.0.0.1:25"),
            ("169.254.169.254/latest", "169.254.169.254"),
            ("localhost:6379", "localhost:6379"),
            ("fe80::1", "fe80::1"),
            ("www.evil.example/", "www.evil.example"),
        ] {
            assert_eq!(places(text), [found], "{text}");
        }
        assert!(places("ht\ntps:/\n/evil.example").contains(&"https://evil.example".to_owned()));
        assert_eq!(
            places("https://a.example?next=https://b.example"),
            ["https://a.example", "https://b.example"]
        );
    }

    #[test]
    fn other_words_lead_nowhere() {
        for text in [
            "",
            "a/b",
            "1/2",
            "12:30",
            "a // b",
            "report.md",
            "v1.2.3",
            "x::y",
            "and/or",
            "50%",
            "a//b",
            "note: this",
            "https://",
            "https://\u{fffc}/items",
        ] {
            assert_eq!(places(text), Vec::<String>::new(), "{text}");
        }
    }
}
