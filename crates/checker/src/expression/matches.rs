//! `matches`, in the place of CEL's own, which compiles its pattern anew each time and as large as it gets.

use std::cell::RefCell;
use std::collections::HashMap;

use cel::common::types::{CelBool, CelString, STRING_TYPE};
use cel::common::value::CowVal;
use cel::{Env, ExecutionError};
use regex::{Regex, RegexBuilder};

use super::limits::{MAX_CACHED_PATTERNS, MAX_PATTERN_BYTES};

/// What calls of `matches` are renamed to. No function of CEL has such a name.
pub(super) const NAME: &str = "@matches";

thread_local! {
    static PATTERNS: RefCell<HashMap<String, Regex>> = RefCell::default();
}

/// CEL's own functions, and this one.
pub(super) fn environment() -> Env {
    let mut env = Env::stdlib();
    // Refused only if there was one of this name already.
    let _ = env.add_overload(NAME, "matches", vec![STRING_TYPE, STRING_TYPE], call);
    env
}

fn call<'b, 'v>(arguments: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let text = |place: usize| arguments.get(place).and_then(|value| value.downcast_ref::<CelString<'_>>());
    let (Some(text), Some(pattern)) = (text(0), text(1)) else {
        return Err(ExecutionError::function_error("matches", "it takes two texts"));
    };
    let is_match = is_match(text.inner(), pattern.inner());
    is_match
        .map(|is_match| CowVal::owned(CelBool::from(is_match)))
        .map_err(|fault| ExecutionError::function_error("matches", fault))
}

fn is_match(text: &str, pattern: &str) -> Result<bool, String> {
    PATTERNS.with_borrow_mut(|patterns| {
        if let Some(known) = patterns.get(pattern) {
            return Ok(known.is_match(text));
        }
        let compiled = compile(pattern)?;
        if patterns.len() == MAX_CACHED_PATTERNS {
            patterns.clear();
        }
        Ok(patterns.entry(pattern.to_owned()).or_insert(compiled).is_match(text))
    })
}

fn compile(pattern: &str) -> Result<Regex, String> {
    RegexBuilder::new(pattern).size_limit(MAX_PATTERN_BYTES).build().map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => {
            format!("the pattern is larger than {MAX_PATTERN_BYTES} bytes when compiled")
        }
        other => format!("{pattern:?} is no pattern: {}", reason(&other)),
    })
}

/// The last line of what the library says; those before it show the pattern.
fn reason(error: &regex::Error) -> String {
    let said = error.to_string();
    let last = said.lines().last().unwrap_or_default();
    last.strip_prefix("error: ").unwrap_or(last).to_owned()
}
