//! The protocol as a model that can be checked.

use stateright::{Model, Property};

use crate::actions::Action;
use crate::bounds::Bounds;
use crate::mutation::Mutation;
use crate::state::{ENGINES, RELAYS, State, WORKERS};
use crate::{deaths, engine, faults, properties, relay, timers, worker};

/// The protocol, or one in which a rule is broken.
#[derive(Clone, Copy, Debug)]
pub struct Protocol {
    /// How much is explored.
    pub bounds: Bounds,
    /// The rule that is broken.
    pub broken: Option<Mutation>,
}

impl Protocol {
    pub(crate) fn breaks(&self, rule: Mutation) -> bool {
        self.broken == Some(rule)
    }

    /// What can happen by itself.
    pub(crate) fn offer_progress(&self, state: &State, actions: &mut Vec<Action>) {
        (0..ENGINES).for_each(|engine| engine::offer(self, state, engine, actions));
        (0..WORKERS).for_each(|worker| worker::offer(state, worker, actions));
        (0..RELAYS).for_each(|relay| relay::offer(state, relay, actions));
        deaths::offer(state, actions);
        actions.extend(timers::due(state).map(Action::Fire));
        for (place, _) in state.redis.takers.iter().enumerate().filter(|(_, taker)| taker.ghost) {
            actions.push(Action::GhostEnds(place));
            actions.extend(state.redis.list.elements().map(|element| Action::GhostTakes(place, element)));
        }
    }
}

impl Model for Protocol {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State::initial(&self.bounds)]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        self.offer_progress(state, actions);
        faults::offer(self, state, actions);
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = last.clone();
        match action {
            Action::Engine(engine, action) => engine::act(self, &mut state, engine, action),
            Action::Worker(worker, action) => worker::act(&mut state, worker, action),
            Action::Relay(relay, action) => relay::act(self, &mut state, relay, action),
            Action::Deaths(action) => deaths::act(self, &mut state, action),
            Action::Fire(task) => timers::fire(self, &mut state, task),
            Action::GhostTakes(taker, element) => {
                state.redis.list.take(element);
                state.redis.takers[taker].processing.put(element);
                state.redis.takers[taker].ghost = false;
            }
            Action::GhostEnds(taker) => state.redis.takers[taker].ghost = false,
            Action::Fault(fault) => faults::happen(self, &mut state, fault),
        }
        // Whoever is connected, has nothing in hand and has credit waits at once.
        for engine in &mut state.engines {
            engine.line.waits |= engine.line.connected && !engine.line.busy && engine.has_any_credit();
        }
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all()
    }
}
