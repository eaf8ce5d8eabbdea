//! `when`: a CEL condition under which a method may be used.

use std::collections::BTreeSet;

use goalpost_checker::{GoalCondition, GoalView};
use serde_json::{Map, Value};

use crate::dead::Dead;
use crate::goal::Bound;
use crate::rename::{facts_of, field_literal, fill_facts, fix_fields, fix_goal};

/// A condition over `goal.text`, `goal.input`, `captures`, `input` (captures overlaid by `goal.input`), and
/// `facts`: what the input says, or what will be known when the workflow gets there.
#[derive(Debug)]
pub(crate) struct Precondition {
    source: String,
    /// The same with `input` in the place of `facts`.
    condition: GoalCondition,
    facts: BTreeSet<String>,
}

/// What a condition says of a goal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// It holds.
    Holds,
    /// This expression over `facts` says so, when they are known.
    AtRunTime(String),
}

impl Precondition {
    /// Compiles a condition. The error says what is wrong with it.
    pub(crate) fn parse(source: &str) -> Result<Self, String> {
        let facts = facts_of(source)?;
        let condition = fill_facts(source, |fact| Ok(Some(format!("input.{fact}"))))?;
        let condition = GoalCondition::parse(&condition)?;
        Ok(Self { source: source.to_owned(), condition, facts })
    }

    /// What the condition says if these facts will only be known when the workflow runs.
    pub(crate) fn decide(&self, bound: &Bound<'_>, at_run_time: &BTreeSet<String>) -> Result<Decision, Dead> {
        let is_open = |fact: &String| at_run_time.contains(fact) && !bound.input.contains_key(fact);
        if self.facts.iter().any(is_open) {
            return Ok(Decision::AtRunTime(self.over_facts(bound, at_run_time)?));
        }
        let captures = captures(bound);
        let view = GoalView {
            text: &bound.goal.text,
            goal_input: &bound.goal.input,
            captures: &captures,
            input: &bound.input,
        };
        let said = |what: String| Dead {
            why: format!("its condition '{}' {what}", self.source),
            depends: !self.facts.is_empty(),
        };
        match self.condition.holds(&view) {
            Ok(true) => Ok(Decision::Holds),
            Ok(false) => Err(said("is false".to_owned())),
            Err(why) => Err(said(format!("cannot be decided: {why}"))),
        }
    }

    /// The condition with everything in it that is known now.
    fn over_facts(&self, bound: &Bound<'_>, at_run_time: &BTreeSet<String>) -> Result<String, String> {
        let source = fix_goal(&self.source, bound.goal)?;
        let source = fix_fields(&source, "captures", &captures(bound))?;
        let source = fix_fields(&source, "input", &bound.input)?;
        fill_facts(&source, |fact| match bound.input.get(fact) {
            Some(value) => Ok(Some(field_literal(fact, value))),
            None if at_run_time.contains(fact) => Ok(None),
            None => Err(format!("has a condition over facts.{fact}, which nothing gives")),
        })
    }
}

fn captures(bound: &Bound<'_>) -> Map<String, Value> {
    bound.captures.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect()
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
        let bound = Bound::new(&goal, [("city".to_owned(), "Seattle".to_owned())].into());
        let at_run_time = ["cause".to_owned(), "days".to_owned()].into();
        match Precondition::parse(source)?.decide(&bound, &at_run_time).map_err(|dead| dead.why)? {
            Decision::Holds => Ok(()),
            Decision::AtRunTime(expression) => Err(expression),
        }
    }

    #[test]
    fn what_is_known_only_at_run_time_is_left_and_everything_else_is_in_its_place() {
        let source =
            "facts.cause == 'load' && facts.days > 6 && captures.city != input.city || goal.text == ''";
        let expected = r#"facts.cause == 'load' && ({"days": 7.0}.days) > 6 && {"city": "Seattle"}.city != {"city": "Seattle"}.city || {"text": "the goal"}.text == ''"#;
        assert_eq!(decided(source).unwrap_err(), expected);
        assert_eq!(decided("facts.days == 7"), Ok(()));
        let message = decided("facts.cause == facts.other").unwrap_err();
        assert!(message.contains("facts.other, which nothing gives"), "{message}");
        let message = decided("facts.other == 1").unwrap_err();
        assert!(message.contains("cannot be decided: input.other is absent"), "{message}");
        assert!(decided("size(facts) > 1").unwrap_err().contains("other than as facts.NAME"));
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
        let decided = |source: &str| {
            let bound = Bound::new(&goal, Default::default());
            Precondition::parse(source)?.decide(&bound, &BTreeSet::new()).map_err(|dead| dead.why)
        };
        assert_eq!(decided("input.few.all(x, x in input.few)"), Ok(Decision::Holds));
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
