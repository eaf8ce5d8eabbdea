//! Workflows, advanced event by event: each rule by example, then all of them on random graphs.

#[cfg(test)]
mod attempts;
#[cfg(test)]
mod bodies;
#[cfg(test)]
mod branches;
#[cfg(test)]
mod cancel;
#[cfg(test)]
mod data;
#[cfg(test)]
mod drive;
#[cfg(test)]
mod edges;
#[cfg(test)]
mod expanding;
#[cfg(test)]
mod explaining;
#[cfg(test)]
mod extending;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod hands;
#[cfg(test)]
mod joins;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod order;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod random;
#[cfg(test)]
mod reference;
#[cfg(test)]
mod replacing;
#[cfg(test)]
mod replanning;
#[cfg(test)]
mod restoring;
#[cfg(test)]
mod retrying;
#[cfg(test)]
mod revising;
#[cfg(test)]
mod run;
#[cfg(test)]
mod simulating;
#[cfg(test)]
mod size;
#[cfg(test)]
mod spending;
#[cfg(test)]
mod spending_at_random;
#[cfg(test)]
mod timers;
#[cfg(test)]
mod undoing;
#[cfg(test)]
mod worst_case;
