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

/// Runs a function under the limit that this process was started with: programs that use select(2) rely on a low one.
pub fn with_original_descriptor_limit<T>(work: impl FnOnce() -> T) -> T {
    let Some(original) = ORIGINAL.get() else { return work() };
    let raised = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, original);
    let result = work();
    let _ = setrlimit(Resource::Nofile, raised);
    result
}
