//! Findings and failures.

use goalpost_model::{Failure, Finding, Severity};

use crate::v1;

impl From<Finding> for v1::Finding {
    fn from(finding: Finding) -> Self {
        let Finding { code, severity, node, field, message, fix } = finding;
        let severity = match severity {
            Severity::Error => v1::Severity::Error,
            Severity::Warning => v1::Severity::Warning,
        };
        Self { code, severity: severity.into(), node, field, message, fix }
    }
}

impl From<v1::Finding> for Finding {
    /// A severity that this version does not know is taken for an error.
    fn from(finding: v1::Finding) -> Self {
        let severity = match finding.severity() {
            v1::Severity::Warning => Severity::Warning,
            v1::Severity::Unspecified | v1::Severity::Error => Severity::Error,
        };
        let v1::Finding { code, severity: _, node, field, message, fix } = finding;
        Self { code, severity, node, field, message, fix }
    }
}

impl From<Failure> for v1::Failure {
    fn from(failure: Failure) -> Self {
        let Failure { kind, message } = failure;
        Self { kind, message }
    }
}

impl From<v1::Failure> for Failure {
    fn from(failure: v1::Failure) -> Self {
        let v1::Failure { kind, message } = failure;
        Self { kind, message }
    }
}
