//! The clients that a listener serves at this moment, as far as they matter to each other: a lone one may be looked for before
//! sleeping, because nobody else waits meanwhile.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::relay::spin::Spin;
use crate::transport::Descriptor;

/// How many clients there are, and the luck with spinning that they had.
#[derive(Debug)]
pub struct Presence {
    clients: Cell<usize>,
    spin: RefCell<Option<Spin>>,
}

/// One client, from its first moment to its last.
#[derive(Debug)]
pub struct Present(Rc<Presence>);

impl Presence {
    /// Nobody is there yet.
    pub fn new() -> Rc<Self> {
        Rc::new(Presence { clients: Cell::new(0), spin: RefCell::new(Spin::new()) })
    }

    /// Counts a client until what is returned is dropped.
    pub fn enter(self: &Rc<Self>) -> Present {
        self.clients.set(self.clients.get() + 1);
        Present(self.clone())
    }

    /// Whether there is exactly one client.
    pub fn is_lone(&self) -> bool {
        self.clients.get() == 1
    }

    /// To be called when a client has nothing to read and its task is about to sleep.
    pub fn before_sleep(&self, source: Option<&Descriptor>) {
        if let Some(spin) = self.spin.borrow_mut().as_mut().filter(|_| self.is_lone()) {
            spin.wait([source, None]);
        }
    }

    /// To be called when a client had something to read.
    pub fn moved(&self) {
        if let Some(spin) = self.spin.borrow_mut().as_mut() {
            spin.moved();
        }
    }
}

impl Drop for Present {
    fn drop(&mut self) {
        self.0.clients.set(self.0.clients.get().saturating_sub(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_lone_while_no_other_is_there() {
        let presence = Presence::new();
        assert!(!presence.is_lone());
        let first = presence.enter();
        assert!(presence.is_lone());
        let second = presence.enter();
        assert!(!presence.is_lone());
        drop(first);
        assert!(presence.is_lone());
        drop(second);
        assert!(!presence.is_lone());
    }
}
