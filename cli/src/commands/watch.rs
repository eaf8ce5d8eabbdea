//! `goalpost watch`: follows a goal to its end.

use std::io::{IsTerminal as _, Write as _, stdout};
use std::pin::pin;

use clap::Args;
use crossterm::cursor::MoveUp;
use crossterm::queue;
use crossterm::terminal::{self, Clear, ClearType};
use goalpost_client::Client;
use goalpost_client::v1::{Event, EventType};

use super::Endpoint;
use crate::failure::Failure;
use crate::out;
use crate::view::{events, live};

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    endpoint: Endpoint,
    /// The goal's id.
    id: String,
    /// Only events with greater numbers.
    #[arg(long, default_value_t = 0)]
    after: i64,
    /// Print each event as a JSON object on a line.
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let client = arguments.endpoint.client()?;
    follow(&client, &arguments.id, arguments.after, arguments.json).await
}

/// Shows the goal's events as they come. Negative if the goal did not succeed.
pub(crate) async fn follow(client: &Client, id: &str, after: i64, json: bool) -> Result<(), Failure> {
    let is_live = !json && stdout().is_terminal();
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
        } else if json {
            out::line(serde_json::to_string(&event)?)?;
        } else {
            out::line(events::line(&event))?;
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
