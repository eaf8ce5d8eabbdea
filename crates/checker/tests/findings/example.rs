//! One mistake, what is said of it, and how it is mended.

use goalpost_checker::{check, code, compile};
use goalpost_model::{Blueprint, Finding, Severity};

use crate::sample::catalog;

/// One mistake. The finding is spelled out whole: severity, code, node, field, message, fix.
pub(crate) struct Example {
    pub(crate) finding: &'static str,
    pub(crate) broken: Blueprint,
    pub(crate) mended: Blueprint,
}

impl Example {
    /// The code that it is an example of.
    pub(crate) fn code(&self) -> &'static str {
        let (_, rest) = self.finding.split_once('[').unwrap();
        rest.split_once(']').unwrap().0
    }

    /// The mistake is found, and nothing else; the mended twin has no findings and compiles.
    pub(crate) fn holds(&self) {
        let checked = check(&self.broken, &catalog());
        let last = checked.findings.last().map(ToString::to_string).unwrap_or_default();
        assert_eq!(last, self.finding);
        let alone = self.code() != code::MORE;
        assert!(!alone || checked.findings.len() == 1, "{:#?}", checked.findings);
        checked.findings.iter().for_each(is_useful);
        let refused = checked.findings.iter().any(|finding| finding.severity == Severity::Error);
        assert_eq!(checked.blueprint.is_none(), refused, "{}", self.finding);
        self.mended_is_clean();
    }

    fn mended_is_clean(&self) {
        let checked = check(&self.mended, &catalog());
        assert_eq!(checked.findings, [], "the mended twin of {}", self.finding);
        let complete = checked.blueprint.unwrap();
        assert_eq!(compile(&complete).unwrap().digest, complete.digest());
    }
}

/// It says what is wrong and what to do, each in one line of its own.
fn is_useful(finding: &Finding) {
    for text in [&finding.message, &finding.fix] {
        assert!(text.len() > 5 && text.len() < 1_000 && !text.contains('\n'), "{finding:?}");
    }
    assert_ne!(finding.message, finding.fix);
}
