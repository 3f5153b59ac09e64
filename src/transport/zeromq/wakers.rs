//! One waker for all connections of a socket, which wakes everybody who waits for the socket: whoever polls it drives all of it.

use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Wake, Waker};

/// Who waits, by what for.
#[derive(Debug, Default)]
pub struct Wakers([Mutex<Option<Waker>>; 3]);

/// What somebody waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waits {
    /// A message to receive.
    Receiving = 0,
    /// Space to send.
    Sending = 1,
    /// Everything to be sent.
    Flushing = 2,
}

impl Wakers {
    /// Takes note of who waits.
    pub fn register(&self, waits: Waits, waker: &Waker) {
        let Some(place) = self.0.get(waits as usize) else { return };
        let mut place = place.lock().unwrap_or_else(PoisonError::into_inner);
        if !place.as_ref().is_some_and(|known| known.will_wake(waker)) {
            *place = Some(waker.clone());
        }
    }
}

impl Wake for Wakers {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        for place in &self.0 {
            if let Some(waker) = &*place.lock().unwrap_or_else(PoisonError::into_inner) {
                waker.wake_by_ref();
            }
        }
    }
}
