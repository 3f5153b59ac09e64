//! The clients that are connected at the same time, and how to reach them all.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use tokio::time::Instant;

use super::outbox::{Full, Outbox};

/// The number of a member, in order of arrival.
pub type Member = u64;

/// Members, each with its outbox.
#[derive(Debug, Default)]
pub struct Room {
    members: RefCell<BTreeMap<Member, Rc<Outbox>>>,
    next: Cell<Member>,
}

impl Room {
    /// Lets a member in.
    pub fn enter(&self) -> (Member, Rc<Outbox>) {
        let member = self.next.get();
        self.next.set(member + 1);
        let outbox = Rc::new(Outbox::default());
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
    pub fn tell_others(&self, bytes: &Rc<[u8]>, except: Option<Member>) -> Vec<(Member, Rc<Outbox>)> {
        let members = self.members.borrow();
        let others = members.iter().filter(|(member, _)| Some(**member) != except);
        let full = others.filter(|(_, outbox)| outbox.push(bytes) == Err(Full));
        full.map(|(member, outbox)| (*member, outbox.clone())).collect()
    }

    /// Waits until these members have room for the bytes. Those that have none for too long do not read: they are given up
    /// rather than left with a gap in what they hear, and their number is returned. Not to be told twice: what it has done
    /// is taken out of `full`.
    pub async fn tell_slow(&self, bytes: &Rc<[u8]>, full: &mut Vec<(Member, Rc<Outbox>)>, until: Instant) -> usize {
        while let Some((_, outbox)) = full.last() {
            if tokio::time::timeout_at(until, outbox.push_when_room(bytes)).await.is_err() {
                break;
            }
            full.pop();
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
