//! The keys of the terminal. crossterm waits for them in a thread, which ends with the process: nothing else could read them.

use std::io;
use std::thread;

use crossterm::event::{Event, read};
use tokio::sync::mpsc;

/// How many keys may wait; beyond that the terminal keeps them.
const MOST: usize = 64;

/// Begins to read keys.
///
/// # Errors
/// No thread can be started.
pub fn keys() -> io::Result<mpsc::Receiver<io::Result<Event>>> {
    let (sender, receiver) = mpsc::channel(MOST);
    thread::Builder::new().name("keyboard".to_owned()).spawn(move || {
        loop {
            let event = read();
            let over = event.is_err();
            if sender.blocking_send(event).is_err() || over {
                return;
            }
        }
    })?;
    Ok(receiver)
}
