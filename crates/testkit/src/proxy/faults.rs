//! What is wrong with the network at this moment.

/// A direction of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the client to the server.
    ToServer,
    /// From the server to the client.
    ToClient,
    /// Both.
    Both,
}

/// The faults of one proxy.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Faults {
    /// Connections are reset, new ones too.
    pub(super) is_cut: bool,
    /// How often all connections were reset.
    pub(super) resets: u64,
    to_server_is_frozen: bool,
    to_client_is_frozen: bool,
}

impl Faults {
    pub(super) fn freeze(&mut self, direction: Direction, is_frozen: bool) {
        if direction != Direction::ToClient {
            self.to_server_is_frozen = is_frozen;
        }
        if direction != Direction::ToServer {
            self.to_client_is_frozen = is_frozen;
        }
    }

    pub(super) fn heal(&mut self) {
        *self = Self { resets: self.resets, ..Self::default() };
    }

    /// Whether what goes in this direction arrives.
    pub(super) fn flows(&self, direction: Direction) -> bool {
        match direction {
            Direction::ToServer => !self.to_server_is_frozen,
            Direction::ToClient => !self.to_client_is_frozen,
            Direction::Both => !self.to_server_is_frozen && !self.to_client_is_frozen,
        }
    }
}
