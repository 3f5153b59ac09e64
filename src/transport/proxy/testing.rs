//! For tests: peers that send fixed bytes, in single bytes or at once, and keep what they receive.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::task::JoinHandle;

/// The other end of a stream under test.
pub struct Peer {
    /// Our end.
    pub stream: DuplexStream,
    task: JoinHandle<Vec<u8>>,
}

impl Peer {
    /// A peer that sends these bytes one at a time, and closes.
    pub fn answering(answer: &[u8]) -> Self {
        Peer::new(answer, 1, true)
    }

    /// A peer that sends these bytes at once, and closes.
    pub fn answering_at_once(answer: &[u8]) -> Self {
        Peer::new(answer, 1 << 20, true)
    }

    /// A peer that sends these bytes one at a time, and waits.
    pub fn waiting_after(answer: &[u8]) -> Self {
        Peer::new(answer, 1, false)
    }

    fn new(answer: &[u8], capacity: usize, closes: bool) -> Self {
        let (stream, theirs) = tokio::io::duplex(capacity);
        let answer = answer.to_vec();
        let task = tokio::spawn(async move {
            let (mut reader, mut writer) = tokio::io::split(theirs);
            let mut received = Vec::new();
            let send = async {
                let sent = writer.write_all(&answer).await;
                if closes && sent.is_ok() {
                    let _ = writer.shutdown().await;
                }
            };
            let _ = tokio::join!(send, reader.read_to_end(&mut received));
            received
        });
        Peer { stream, task }
    }

    /// Closes our end; all that the peer has received.
    pub async fn received(self) -> Vec<u8> {
        drop(self.stream);
        self.task.await.unwrap()
    }
}

/// Runs one case of a property; a case that hangs fails.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(Duration::from_secs(20), future).await.unwrap() })
}
