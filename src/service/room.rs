//! The clients that are connected at the same time, and how to reach them all.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

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

    /// Sends bytes to all but one, and says how many did not take them. A member whose outbox is full does not read; it is
    /// given up rather than left with a gap in what it hears.
    pub fn tell_others(&self, bytes: &Rc<[u8]>, except: Option<Member>) -> usize {
        let mut stuck = Vec::new();
        for (member, outbox) in self.members.borrow().iter().filter(|(member, _)| Some(**member) != except) {
            if outbox.push(bytes) == Err(Full) {
                outbox.abandon();
                stuck.push(*member);
            }
        }
        for member in &stuck {
            self.leave(*member);
        }
        stuck.len()
    }

    /// The outboxes of all members now.
    pub fn outboxes(&self) -> Vec<(Member, Rc<Outbox>)> {
        self.members.borrow().iter().map(|(member, outbox)| (*member, outbox.clone())).collect()
    }
}
