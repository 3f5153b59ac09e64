//! The clients that are connected at the same time, and how to reach them all.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::outbox::{Full, Outbox};
use crate::message::Message;

/// The number of a member, in order of arrival.
pub type Member = u64;

/// Members, each with its outbox.
#[derive(Debug, Default)]
pub struct Room {
    members: RefCell<BTreeMap<Member, Rc<Outbox>>>,
    next: Cell<Member>,
    /// There is more room in some outbox.
    emptied: Rc<Notify>,
}

impl Room {
    /// Lets a member in.
    pub fn enter(&self) -> (Member, Rc<Outbox>) {
        let member = self.next.get();
        self.next.set(member + 1);
        let outbox = Rc::new(Outbox::new(self.emptied.clone()));
        self.members.borrow_mut().insert(member, outbox.clone());
        (member, outbox)
    }

    /// Sees a member off.
    pub fn leave(&self, member: Member) {
        self.members.borrow_mut().remove(&member);
    }

    /// How many are in.
    pub fn len(&self) -> usize {
        self.members.borrow().len()
    }

    /// Whether nobody is in.
    pub fn is_empty(&self) -> bool {
        self.members.borrow().is_empty()
    }

    /// Sends bytes to all but one, and names the members that have no room for them.
    pub fn tell_others(&self, bytes: &Rc<Message>, except: Option<Member>) -> Vec<(Member, Rc<Outbox>)> {
        let members = self.members.borrow();
        let others = members.iter().filter(|(member, _)| Some(**member) != except);
        let full = others.filter(|(_, outbox)| outbox.push(bytes) == Err(Full));
        full.map(|(member, outbox)| (*member, outbox.clone())).collect()
    }

    /// Waits until these members have room for the bytes. Those that have none until this moment do not read: they are given up
    /// rather than left with a gap in what they hear, and their number is returned. Whoever has the bytes is taken out of
    /// `full`, so that nobody gets them twice when this is called again after it was dropped.
    pub async fn tell_slow(&self, bytes: &Rc<Message>, full: &mut Vec<(Member, Rc<Outbox>)>, until: Instant) -> usize {
        loop {
            // Made before looking, so that no room is missed.
            let emptied = self.emptied.notified();
            full.retain(|(_, outbox)| !outbox.has_taken(bytes));
            if full.is_empty() {
                return 0;
            }
            if tokio::time::timeout_at(until, emptied).await.is_err() {
                break;
            }
        }
        for (member, outbox) in full.iter() {
            outbox.abandon();
            self.leave(*member);
        }
        std::mem::take(full).len()
    }

    /// The outboxes of all members now.
    pub fn outboxes(&self) -> Vec<(Member, Rc<Outbox>)> {
        self.members.borrow().iter().map(|(member, outbox)| (*member, outbox.clone())).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::outbox::CAPACITY;
    use super::*;

    #[tokio::test]
    async fn who_makes_room_in_time_is_not_given_up_with_who_does_not() {
        let room = Room::default();
        let (speaker, _) = room.enter();
        let (_, slow) = room.enter();
        let (_, deaf) = room.enter();
        let fill = Rc::new(Message::new(&vec![0; CAPACITY]));
        assert!(room.tell_others(&fill, Some(speaker)).is_empty());
        let word = Rc::new(Message::new(b"word"));
        let mut full = room.tell_others(&word, Some(speaker));
        assert_eq!(full.len(), 2);
        let until = Instant::now() + Duration::from_millis(50);
        // Polled second: the others are being waited for already.
        let reads = async {
            let read = slow.next().await.unwrap();
            slow.sent(&read);
        };
        let (given_up, ()) = tokio::join!(biased; room.tell_slow(&word, &mut full, until), reads);
        assert_eq!((given_up, room.len()), (1, 2));
        assert_eq!(slow.next().await, Some(word));
        deaf.is_abandoned().await;
    }
}
