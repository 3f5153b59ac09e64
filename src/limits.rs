//! The limit of open descriptors: raised for this process, as it was for the programs it starts.

use std::cell::Cell;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

thread_local! {
    static ORIGINAL: Cell<Option<Rlimit>> = const { Cell::new(None) };
}

/// Raises the soft limit to the hard one, so that one process can hold thousands of connections.
pub fn raise_descriptor_limit() {
    let limit = getrlimit(Resource::Nofile);
    if limit.current == limit.maximum {
        return;
    }
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    if setrlimit(Resource::Nofile, raised).is_ok() {
        ORIGINAL.set(Some(limit));
    }
}

/// Gives the limit that this process was started with to a program that will be started: programs that use select(2) rely on
/// a low one.
pub fn give_original_descriptor_limit(command: &mut std::process::Command) {
    if let Some(original) = ORIGINAL.get() {
        crate::sys::limit_descriptors_of(command, original);
    }
}
