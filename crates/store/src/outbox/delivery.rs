//! What is announced and what is stored of a delivery.

/// A row of the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Its id.
    pub id: i64,
    /// The list.
    pub list: String,
    /// The element's lane on it.
    pub lane: String,
    /// The element.
    pub element: String,
}

impl Delivery {
    /// Reads the payload of a notification: a line each, or `*` for "look yourself". `None`
    /// if the outbox has to be drained.
    pub fn parse(payload: &str) -> Option<Vec<Self>> {
        payload.lines().map(Self::parse_line).collect()
    }

    fn parse_line(line: &str) -> Option<Self> {
        let (id, rest) = line.split_once(' ')?;
        let (lane, rest) = rest.split_once(' ')?;
        let (list, element) = rest.rsplit_once(' ')?;
        let (list, lane, element) = (list.to_owned(), lane.to_owned(), element.to_owned());
        Some(Self { id: id.parse().ok()?, list, lane, element })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_is_read_line_by_line() {
        let deliveries = Delivery::parse("7 team:3 ready:a.b w:0:1\n8 default:2 goals g").unwrap();
        let first =
            Delivery { id: 7, list: "ready:a.b".into(), lane: "team:3".into(), element: "w:0:1".into() };
        assert_eq!(deliveries[0], first);
        assert_eq!(deliveries[1].id, 8);
    }

    #[test]
    fn what_is_not_carried_must_be_drained() {
        assert_eq!(Delivery::parse("*"), None);
        assert_eq!(Delivery::parse("7 default:2 goals g\nnonsense"), None);
    }
}
