//! What tells people: tickets, the channel, the pager.

use goalpost_worker::Failure;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::site::Site;

/// A ticket to be.
#[derive(Debug, Deserialize)]
pub struct NewTicket {
    /// What it is about.
    pub title: String,
    /// More of it.
    #[serde(default)]
    pub text: String,
}

/// Which ticket.
#[derive(Debug, Serialize, Deserialize)]
pub struct OfTicket {
    /// Its id.
    pub ticket: String,
}

/// A ticket, as `tickets/ID.json` has it.
#[derive(Debug, Serialize, Deserialize)]
struct Ticket {
    title: String,
    text: String,
    is_open: bool,
}

/// Something for the channel of incidents.
#[derive(Debug, Deserialize)]
pub struct Post {
    /// What is said.
    pub text: String,
}

/// Somebody to be woken.
#[derive(Debug, Deserialize)]
pub struct Page {
    /// Who.
    pub who: String,
    /// Why.
    pub text: String,
}

/// What came of a page.
#[derive(Debug, Serialize)]
pub struct Paged {
    /// Whether somebody has answered. Nobody answers a file.
    pub acknowledged: bool,
}

/// Nothing more than that it is done.
#[derive(Debug, Serialize)]
pub struct Done {}

/// `tickets.open`.
pub fn open_ticket(site: &Site, NewTicket { title, text }: NewTicket) -> Result<OfTicket, Failure> {
    let _changing = site.lock();
    // Tickets are closed, never removed.
    let ticket = format!("T-{}", site.count("tickets")? + 1);
    site.put("tickets", &ticket, &Ticket { title, text, is_open: true })?;
    Ok(OfTicket { ticket })
}

/// `tickets.close`. Closing it again changes nothing.
pub fn close_ticket(site: &Site, OfTicket { ticket }: OfTicket) -> Result<Done, Failure> {
    let _changing = site.lock();
    let found: Ticket = site.read("tickets", &ticket)?;
    site.put("tickets", &ticket, &Ticket { is_open: false, ..found })?;
    Ok(Done {})
}

/// `chat.post`.
pub fn post(site: &Site, Post { text }: Post) -> Result<Done, Failure> {
    site.append("chat.log", &line(&text))?;
    Ok(Done {})
}

/// `pager.page`.
pub fn page(site: &Site, Page { who, text }: Page) -> Result<Paged, Failure> {
    site.append("pages.log", &line(&format!("{who}: {text}")))?;
    Ok(Paged { acknowledged: false })
}

/// One line, whatever the text is.
fn line(text: &str) -> String {
    format!("{} {}", Timestamp::now(), text.replace(['\n', '\r'], " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_is_opened_and_closed() {
        let folder = tempfile::tempdir().unwrap();
        let site = Site::open(folder.path()).unwrap();
        let open = |title: &str| open_ticket(&site, NewTicket { title: title.into(), text: String::new() });
        let (one, two) = (open("one").unwrap().ticket, open("two").unwrap().ticket);
        assert_eq!((one.as_str(), two.as_str()), ("T-1", "T-2"));
        close_ticket(&site, OfTicket { ticket: one.clone() }).unwrap();
        let is_open = |ticket: &str| site.read::<Ticket>("tickets", ticket).unwrap().is_open;
        assert!(!is_open(&one) && is_open(&two));
        assert_eq!(close_ticket(&site, OfTicket { ticket: "T-9".into() }).unwrap_err().kind, "NOT_FOUND");
    }

    #[test]
    fn a_text_is_one_line() {
        assert!(line("a\nb\rc").ends_with(" a b c"));
    }
}
