//! Which connections stand, so that each one that was opened is also reported as closed when the run ends first. No output.

use std::collections::BTreeMap;

use crate::event::{Direction, Event};

/// A connection that was opened and not closed yet.
#[derive(Debug)]
struct Connection {
    peer: String,
    local: String,
    bytes_in: u64,
    bytes_out: u64,
}

/// The connections that stand, by ID.
#[derive(Debug, Default)]
pub struct Standing(BTreeMap<String, Connection>);

impl Standing {
    /// Takes note of what opens and closes a connection.
    pub fn note(&mut self, id: &str, event: &Event) {
        match event {
            Event::Connected { peer, local, .. } | Event::Accepted { peer, local, .. } => {
                let (peer, local) = (peer.clone(), local.clone());
                self.0.entry(id.to_owned()).or_insert(Connection { peer, local, bytes_in: 0, bytes_out: 0 });
            }
            Event::Closed { .. } => {
                self.0.remove(id);
            }
            _ => {}
        }
    }

    /// Bytes passed on a connection.
    pub fn count(&mut self, id: &str, direction: Direction, length: u64) {
        if let Some(connection) = self.0.get_mut(id) {
            match direction {
                Direction::In => connection.bytes_in += length,
                Direction::Out => connection.bytes_out += length,
            }
        }
    }

    /// The ends of all that stand. What the target of a forward, `CLIENT>TARGET`, sent is what its client got.
    pub fn closed(&self, reason: &str) -> impl Iterator<Item = (String, Event)> {
        self.0.iter().map(move |(id, connection)| {
            let client = id.split_once('>').and_then(|(client, _)| self.0.get(client));
            let (bytes_in, bytes_out) = match client {
                Some(client) => (client.bytes_out, client.bytes_in),
                None => (connection.bytes_in, connection.bytes_out),
            };
            let (peer, local, reason) = (connection.peer.clone(), connection.local.clone(), reason.to_owned());
            (id.clone(), Event::Closed { peer, local, bytes_in, bytes_out, code: None, reason })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_opened_and_not_closed_is_left_with_its_counts() {
        let connected =
            |peer: &str| Event::Connected { peer: peer.to_owned(), local: "l".to_owned(), transport: "tcp" };
        let mut standing = Standing::default();
        standing.note("a", &connected("first"));
        standing.note("a>t", &connected("target"));
        standing.note("b", &connected("other"));
        standing.count("a", Direction::In, 3);
        standing.count("a", Direction::Out, 2);
        standing.count("nobody", Direction::In, 9);
        standing.note("b", &standing_end());
        let left: Vec<(String, Event)> = standing.closed("over").collect();
        assert!(matches!(
            left.as_slice(),
            [
                (client, Event::Closed { peer, bytes_in: 3, bytes_out: 2, reason, .. }),
                (target, Event::Closed { bytes_in: 2, bytes_out: 3, .. }),
            ] if client == "a" && peer == "first" && reason == "over" && target == "a>t"
        ));
    }

    fn standing_end() -> Event {
        let (peer, local, reason) = ("other".to_owned(), "l".to_owned(), "done".to_owned());
        Event::Closed { peer, local, bytes_in: 0, bytes_out: 0, code: None, reason }
    }
}
