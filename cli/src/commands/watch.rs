//! `goalpost watch`: follows a goal to its end.

use std::io::{IsTerminal as _, Write as _, stdout};

use clap::Args;
use crossterm::cursor::MoveUp;
use crossterm::queue;
use crossterm::terminal::{Clear, ClearType};
use goalpost_client::Client;
use goalpost_client::v1::EventType;

use super::Endpoint;
use crate::failure::Failure;
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
    let mut frame = live::Frame::default();
    let mut drawn = 0;
    let mut last = EventType::Unspecified;
    while let Some(event) = watch.next().await? {
        last = event.r#type();
        if is_live {
            frame.take(&event);
            drawn = redraw(&frame.lines(terminal_width()), drawn)?;
        } else if json {
            println!("{}", serde_json::to_string(&event)?);
        } else {
            println!("{}", events::line(&event));
        }
    }
    if last == EventType::GoalSucceeded { Ok(()) } else { Err(Failure::Negative) }
}

/// Replaces what was drawn before. Answers with the number of lines.
fn redraw(lines: &[String], before: u16) -> std::io::Result<u16> {
    let mut out = stdout().lock();
    if before > 0 {
        queue!(out, MoveUp(before))?;
    }
    queue!(out, Clear(ClearType::FromCursorDown))?;
    for line in lines {
        writeln!(out, "{line}")?;
    }
    out.flush()?;
    Ok(u16::try_from(lines.len()).unwrap_or(u16::MAX))
}

fn terminal_width() -> usize {
    crossterm::terminal::size().map_or(80, |(width, _)| usize::from(width))
}
