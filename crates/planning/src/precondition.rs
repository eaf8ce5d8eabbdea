//! `when`: a CEL condition under which a method may be used.

use goalpost_checker::{GoalCondition, GoalView};
use serde_json::Value;

use crate::goal::Bound;

/// A condition over `goal.text`, `goal.input`, `captures` and `input` (captures overlaid by
/// `goal.input`).
#[derive(Debug)]
pub(crate) struct Precondition(GoalCondition);

impl Precondition {
    /// Compiles a condition. The error says what is wrong with it.
    pub(crate) fn parse(source: &str) -> Result<Self, String> {
        GoalCondition::parse(source).map(Self)
    }

    /// Whether the condition holds. `Err` says why it does not.
    pub(crate) fn holds(&self, bound: &Bound<'_>) -> Result<(), String> {
        let captures = bound.captures.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str())));
        let view = GoalView {
            text: &bound.goal.text,
            goal_input: &bound.goal.input,
            captures: &captures.collect(),
            input: &bound.input,
        };
        let said = |what: String| format!("its condition '{}' {what}", self.0.text());
        match self.0.holds(&view) {
            Ok(true) => Ok(()),
            Ok(false) => Err(said("is false".to_owned())),
            Err(why) => Err(said(format!("cannot be decided: {why}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::GoalRequest;

    fn decided(source: &str) -> Result<(), String> {
        let input = json!({"days": 7.0, "cities": ["a", "b"], "deep": {"x": null}});
        let goal = GoalRequest {
            text: "the goal".into(),
            input: input.as_object().unwrap().clone(),
            ..Default::default()
        };
        Precondition::parse(source)?
            .holds(&Bound::new(&goal, [("city".to_owned(), "Seattle".to_owned())].into()))
    }

    #[test]
    fn conditions_see_the_goal_the_captures_and_the_input() {
        for holds in [
            "goal.text == 'the goal' && goal.input.days == 7 && goal.input.days > 6.5",
            "captures.city == 'Seattle' && input.city.startsWith('Sea') && !has(goal.input.city)",
            "'b' in input.cities && input.cities.exists(c, c.matches('^a$')) && has(input.deep.x)",
        ] {
            assert_eq!(decided(holds), Ok(()), "{holds}");
        }
    }

    #[test]
    fn a_condition_that_does_not_hold_says_why() {
        for (source, word) in [
            ("input.city == 'Oslo'", "is false"),
            ("input.city", "it gave \"Seattle\", not true or false"),
            ("input.none == 1", "cannot be decided: input.none is absent"),
        ] {
            let message = decided(source).unwrap_err();
            assert!(message.contains(word), "{message}");
        }
    }

    #[test]
    fn a_condition_that_would_cost_too_much_over_what_a_goal_brings_is_not_decided() {
        let numbers: Vec<usize> = (0..10_000).collect();
        let input = json!({"few": [1, 2], "many": numbers});
        let goal = GoalRequest { input: input.as_object().unwrap().clone(), ..Default::default() };
        let decided =
            |source: &str| Precondition::parse(source)?.holds(&Bound::new(&goal, Default::default()));
        assert_eq!(decided("input.few.all(x, x in input.few)"), Ok(()));
        let message = decided("input.many.all(x, x in input.many)").unwrap_err();
        assert!(message.contains("cannot be decided: it would cost up to"), "{message}");
    }

    #[test]
    fn a_condition_that_is_never_true_or_false_is_refused() {
        for (source, word) in [
            ("goal.text", "the condition is text"),
            ("captures.city > 5", "cannot be applied to text and a number"),
            ("tasks.a.state == 'x'", "no variable 'tasks'"),
            ("item == 1", "an expression sees goal.text, goal.input, input, captures"),
        ] {
            let message = Precondition::parse(source).unwrap_err();
            assert!(message.contains(word), "{message}");
        }
    }

    #[test]
    fn wrong_and_costly_conditions_are_refused() {
        let chain = vec!["1"; 200].join(" + ");
        let deep = format!("{}1{}", "(".repeat(300), ")".repeat(300));
        for wrong in ["1 +", "tasks.a.state == 'x'", "input.a.all(x, input.b.all(y, x == y))", &chain, &deep]
        {
            assert!(Precondition::parse(wrong).is_err(), "{wrong}");
        }
    }
}
