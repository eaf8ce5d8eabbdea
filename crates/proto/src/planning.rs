//! Steps of planning with a language model.

use goalpost_model::limits::{MAX_MODEL_ANSWER_BYTES, MAX_PLANNING_STEPS};
use goalpost_model::{Digest, ModelAnswer, PlanningStep};

use crate::v1::planning_step::Answer;
use crate::{Violations, v1};

impl From<PlanningStep> for v1::PlanningStep {
    fn from(step: PlanningStep) -> Self {
        let PlanningStep { request, answer, usage } = step;
        let answer = match answer {
            ModelAnswer::Text(text) => Answer::Text(text),
            ModelAnswer::Refusal(words) => Answer::Refusal(words),
            ModelAnswer::Truncated => Answer::Truncated(true),
        };
        Self { request_digest: request.to_string(), answer: Some(answer), usage: Some(usage.into()) }
    }
}

/// The step that a message says; `None` if it says none.
pub fn read_step(
    message: v1::PlanningStep,
    field: &str,
    violations: &mut Violations,
) -> Option<PlanningStep> {
    let v1::PlanningStep { request_digest, answer, usage } = message;
    let request: Option<Digest> = request_digest.parse().ok();
    if request.is_none() {
        violations.add(format!("{field}.request_digest"), "must be a digest: 64 hexadecimal digits");
    }
    if usage.is_none() {
        violations.add(format!("{field}.usage"), "must say what the answer took");
    }
    let answer = match answer {
        Some(Answer::Text(text)) => Some(ModelAnswer::Text(text)),
        Some(Answer::Refusal(words)) => Some(ModelAnswer::Refusal(words)),
        Some(Answer::Truncated(true)) => Some(ModelAnswer::Truncated),
        Some(Answer::Truncated(false)) | None => {
            violations.add(format!("{field}.answer"), "must say what the model said");
            None
        }
    };
    if let Some(ModelAnswer::Text(words) | ModelAnswer::Refusal(words)) = &answer
        && words.len() > MAX_MODEL_ANSWER_BYTES
    {
        violations
            .add(format!("{field}.answer"), format!("must have at most {MAX_MODEL_ANSWER_BYTES} bytes"));
    }
    Some(PlanningStep { request: request?, answer: answer?, usage: usage?.into() })
}

/// The steps that a message says; `None` if one of them is none.
pub fn read_steps(
    messages: Vec<v1::PlanningStep>,
    field: &str,
    violations: &mut Violations,
) -> Option<Vec<PlanningStep>> {
    if messages.len() > MAX_PLANNING_STEPS {
        violations.add(field, format!("must have at most {MAX_PLANNING_STEPS} steps"));
        return None;
    }
    let read = messages.into_iter().enumerate();
    let read: Vec<_> =
        read.map(|(place, message)| read_step(message, &format!("{field}[{place}]"), violations)).collect();
    read.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use goalpost_model::LlmUsage;

    use super::*;

    fn step(answer: ModelAnswer) -> PlanningStep {
        let usage = LlmUsage {
            model: "m".to_owned(),
            requests: 1,
            input_tokens: 2,
            output_tokens: 3,
            money_micros: None,
        };
        PlanningStep { request: Digest::of(b"question"), answer, usage }
    }

    fn fields(messages: Vec<v1::PlanningStep>) -> Vec<String> {
        let mut violations = Violations::default();
        let _ = read_steps(messages, "steps", &mut violations);
        violations.into_iter().map(|violation| violation.field).collect()
    }

    #[test]
    fn steps_survive_the_way_through_messages() {
        let steps = ["{}", "a\0b"].map(|text| ModelAnswer::Text(text.to_owned())).to_vec();
        let others = [ModelAnswer::Refusal(String::new()), ModelAnswer::Truncated];
        let steps: Vec<PlanningStep> = steps.into_iter().chain(others).map(step).collect();
        let messages = steps.iter().cloned().map(v1::PlanningStep::from).collect();
        assert_eq!(read_steps(messages, "steps", &mut Violations::default()), Some(steps));
    }

    #[test]
    fn what_is_no_step_is_told_field_by_field() {
        let sound = || v1::PlanningStep::from(step(ModelAnswer::Truncated));
        assert_eq!(
            fields(vec![sound(), v1::PlanningStep::default()]),
            ["steps[1].request_digest", "steps[1].usage", "steps[1].answer"]
        );
        let answered = |answer| vec![v1::PlanningStep { answer: Some(answer), ..sound() }];
        assert_eq!(fields(answered(Answer::Truncated(false))), ["steps[0].answer"]);
        let long = |more: usize| "x".repeat(MAX_MODEL_ANSWER_BYTES + more);
        assert_eq!(fields(answered(Answer::Text(long(0)))), [""; 0]);
        assert_eq!(fields(answered(Answer::Text(long(1)))), ["steps[0].answer"]);
        assert_eq!(fields(vec![sound(); MAX_PLANNING_STEPS]), [""; 0]);
        assert_eq!(fields(vec![sound(); MAX_PLANNING_STEPS + 1]), ["steps"]);
    }
}
