//! `goalpost watch`: follows a goal to its end.

use std::io::{IsTerminal as _, Write as _, stdout};
use std::pin::pin;

use clap::Args;
use crossterm::cursor::MoveUp;
use crossterm::queue;
use crossterm::terminal::{self, Clear, ClearType};
use goalpost_client::Client;
use goalpost_client::v1::{Event, EventType};

use crate::failure::Failure;
use crate::session::{Output, Session};
use crate::view::{events, live};

/// On a terminal, a picture of the tasks that moves; elsewhere, and with --output, an event a line, as
/// `goalpost events --follow` has it. Exit code 0: the goal succeeded; 1: it failed or was cancelled.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The goal's id.
    #[arg(value_name = "GOAL")]
    id: String,
    /// Only events with greater numbers.
    #[arg(long, value_name = "N", default_value_t = 0)]
    after: i64,
}

pub(crate) async fn run(session: &Session, arguments: Arguments) -> Result<(), Failure> {
    follow(session, &session.client()?, &arguments.id, arguments.after).await
}

/// Shows the goal's events as they come. Negative if the goal did not succeed.
pub(crate) async fn follow(session: &Session, client: &Client, id: &str, after: i64) -> Result<(), Failure> {
    let is_live = session.output == Output::Table && stdout().is_terminal();
    let mut watch = client.watch(id, after);
    let mut screen = Screen::default();
    let mut last = EventType::Unspecified;
    loop {
        let mut next = pin!(watch.next());
        // What is there already is shown together: thousands of tasks are not drawn thousands of times.
        let event = tokio::select! {
            biased;
            event = &mut next => event?,
            () = std::future::ready(()) => {
                screen.draw()?;
                next.await?
            }
        };
        let Some(event) = event else { break };
        last = event.r#type();
        if is_live {
            screen.take(&event);
        } else {
            session.show_next(&event, || events::line(&event))?;
        }
    }
    screen.draw()?;
    if last == EventType::GoalSucceeded { Ok(()) } else { Err(Failure::Negative) }
}

/// What is shown on a terminal.
#[derive(Default)]
struct Screen {
    frame: live::Frame,
    is_drawn: bool,
    /// Lines that are there.
    drawn: u16,
}

impl Screen {
    fn take(&mut self, event: &Event) {
        self.frame.take(event);
        self.is_drawn = false;
    }

    /// Replaces what was drawn before, if anything is new.
    fn draw(&mut self) -> std::io::Result<()> {
        if self.is_drawn || self.frame.is_empty() {
            return Ok(());
        }
        let (width, height) =
            terminal::size().map_or((80, 24), |(width, height)| (width.into(), height.into()));
        // The cursor is on a line of its own.
        let lines = self.frame.lines(width, usize::max(height, 4) - 1);
        let mut out = stdout().lock();
        if self.drawn > 0 {
            queue!(out, MoveUp(self.drawn))?;
        }
        queue!(out, Clear(ClearType::FromCursorDown))?;
        for line in &lines {
            writeln!(out, "{line}")?;
        }
        out.flush()?;
        self.is_drawn = true;
        self.drawn = u16::try_from(lines.len()).unwrap_or(u16::MAX);
        Ok(())
    }
}
