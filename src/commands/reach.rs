//! One try to reach a target: connect, and see the proof that it answers. When to try again is the caller's.

use std::time::Duration;

use tokio::time::Instant;

use crate::address::{Endpoint, Host, SocketId};
use crate::condition::{Answer, Condition, Expectation, Matcher, MatcherError, Pattern, Progress, Supply};
use crate::conversation::Excerpt;
use crate::event::Unheard;
use crate::exit::Exit;
use crate::failure::{Failure, reason};
use crate::keeper::client::dial;
use crate::keeper::directory::Place;
use crate::relay::buffer;
use crate::transport::connect::ConnectError;
use crate::transport::{Bytes, Channel, ConnectOptions, Messages, connect};

/// What is known of TLS.
#[cfg(feature = "tls")]
pub type Session = crate::transport::tls::SessionInfo;
/// What is known of TLS: nothing.
#[cfg(not(feature = "tls"))]
pub type Session = std::convert::Infallible;

/// The most that is read before an answer must be recognized, in bytes.
const MOST: usize = 64 << 10;

/// What shows that a target answers.
#[derive(Debug, Clone)]
pub enum Proof {
    /// A connection, with its TLS handshake where there is TLS.
    Connection,
    /// A status of 2xx or 3xx to `GET PATH`.
    Http(String),
    /// Data that matches.
    Match(Pattern),
}

/// A target.
#[derive(Debug, Clone)]
pub struct Target {
    /// As it was written.
    pub text: String,
    /// What it is, and what shows that it answers.
    pub what: What,
}

/// What a target is.
#[derive(Debug, Clone)]
pub enum What {
    /// An address.
    Address {
        /// Where it is.
        endpoint: Endpoint,
        /// How to connect to it.
        connect: Box<ConnectOptions>,
        /// What shows that it answers.
        proof: Proof,
        /// How many days its certificates must still be valid.
        min_days: Option<i64>,
    },
    /// A kept socket.
    Kept(SocketId, KeptProof),
}

/// What shows that a kept socket answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeptProof {
    /// There is something to read, the end of the data included; at a listener, a connection.
    Readable,
    /// It is open.
    Open,
}

/// Why a target was not reached.
#[derive(Debug, thiserror::Error)]
pub enum Miss {
    /// There is no connection.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// A try took too long.
    #[error("{target} gave no answer within {}", humantime::format_duration(*.limit))]
    Late {
        /// The target.
        target: String,
        /// The limit of a try.
        limit: Duration,
    },
    /// The HTTP status is another.
    #[error("{target} answered GET {path} with status {status}")]
    Status {
        /// The target.
        target: String,
        /// What was asked for.
        path: String,
        /// The status.
        status: u16,
    },
    /// It came to an end without the proof.
    #[error("{target} sent {what}, not {wanted}")]
    Other {
        /// The target.
        target: String,
        /// What it sent, or that it sent nothing.
        what: String,
        /// What it should have sent.
        wanted: String,
    },
    /// Its certificate does not last.
    #[error("{target}: {failure}")]
    Certificate {
        /// The target.
        target: String,
        /// What is wrong with it.
        failure: Failure,
    },
    /// The connection broke.
    #[error("{target}: {reason}")]
    Broken {
        /// The target.
        target: String,
        /// Why.
        reason: String,
    },
    /// There is nothing to read from a kept socket yet.
    #[error("{0} has nothing to read")]
    Unreadable(String),
    /// A kept socket is not open, which may be what is waited for.
    #[error("{0} is not open")]
    NotOpen(String),
    /// A kept socket is not open, or cannot be asked.
    #[error("{0}")]
    Kept(Failure),
    /// The pattern cannot be searched for.
    #[error(transparent)]
    Pattern(#[from] MatcherError),
    /// Only a stream of bytes can be read.
    #[error("{0} carries messages: neither --http nor --expect can be seen there")]
    Messages(String),
}

impl Miss {
    /// Whether no later try can fare better, because the fault is on this side.
    pub fn is_hopeless(&self) -> bool {
        match self {
            Miss::Connect(ConnectError::Option(_) | ConnectError::Unsupported(_) | ConnectError::Source { .. }) => true,
            #[cfg(feature = "tls")]
            Miss::Connect(ConnectError::Tls(crate::transport::tls::TlsError::Local(_))) => true,
            Miss::Pattern(_) | Miss::Messages(_) | Miss::Kept(_) => true,
            _ => false,
        }
    }

    /// The failure of a run that cannot go on.
    pub fn into_failure(self) -> Failure {
        match self {
            Miss::Connect(error) => error.into(),
            Miss::Kept(failure) => failure,
            Miss::Pattern(error) => Failure::new(crate::exit::Exit::Usage, error),
            other => Failure::new(crate::exit::Exit::Unsupported, other),
        }
    }
}

impl Target {
    /// Whether it is a kept socket.
    pub fn is_kept(&self) -> bool {
        matches!(self.what, What::Kept(..))
    }

    /// Tries once, for at most `limit`; what its TLS agreed on comes back.
    ///
    /// # Errors
    /// Why it does not answer as it should.
    pub async fn reach(&self, limit: Duration, place: &Place) -> Result<Option<Session>, Miss> {
        let late = || Miss::Late { target: self.text.clone(), limit };
        let deadline = Instant::now() + limit;
        let attempt = match &self.what {
            What::Address { endpoint, connect, proof, min_days } => self.attempt(endpoint, connect, proof, *min_days),
            What::Kept(id, proof) => {
                self.reach_kept(id.clone(), *proof, limit, place.clone()).await?;
                return Ok(None);
            }
        };
        let tried = tokio::time::timeout_at(deadline, attempt).await;
        tried.unwrap_or_else(|_| Err(late()))
    }

    /// Asks the keeper; it is the only one that may wait, in a thread of its own.
    async fn reach_kept(&self, id: SocketId, proof: KeptProof, limit: Duration, place: Place) -> Result<(), Miss> {
        let asked = tokio::task::spawn_blocking(move || {
            let mut keeper = dial(&place, &id)?;
            match proof {
                KeptProof::Open => Ok(()),
                KeptProof::Readable => keeper.wait_readable(Some(limit)),
            }
        });
        match (asked.await, proof) {
            (Ok(Ok(())), _) => Ok(()),
            (Ok(Err(failure)), _) if failure.exit == Exit::TimedOut => Err(Miss::Unreadable(self.text.clone())),
            (Ok(Err(failure)), KeptProof::Open) if failure.exit == Exit::NotOpen => {
                Err(Miss::NotOpen(self.text.clone()))
            }
            (Ok(Err(failure)), _) => Err(Miss::Kept(failure)),
            (Err(_), _) => Err(Miss::Late { target: self.text.clone(), limit }),
        }
    }

    async fn attempt(
        &self,
        endpoint: &Endpoint,
        options: &ConnectOptions,
        proof: &Proof,
        min_days: Option<i64>,
    ) -> Result<Option<Session>, Miss> {
        // Tries are many and expected to fail: what happens in them is no event of the run.
        let channel = connect(endpoint, options, &self.text, &Unheard).await?;
        #[cfg(feature = "tls")]
        let session = channel.session().cloned();
        #[cfg(feature = "tls")]
        if let (Some(session), Some(wanted)) = (&session, min_days) {
            let certificate = |failure| Miss::Certificate { target: self.text.clone(), failure };
            session.demand_days(wanted).map_err(certificate)?;
        }
        #[cfg(not(feature = "tls"))]
        let (session, _) = (None, min_days);
        self.prove(channel, endpoint, proof).await.map(|()| session)
    }

    async fn prove(&self, channel: Channel, endpoint: &Endpoint, proof: &Proof) -> Result<(), Miss> {
        match (proof, channel) {
            // A datagram socket stands whether anybody is there or not.
            (_, Channel::Messages(Messages::Datagram(_))) => {
                Err(ConnectError::Unsupported(format!("waiting for {}, which is no connection,", self.text)).into())
            }
            (Proof::Connection, _) => Ok(()),
            (_, Channel::Messages(_)) => Err(Miss::Messages(self.text.clone())),
            (Proof::Http(path), Channel::Bytes(bytes)) => self.ask(bytes, endpoint, path).await,
            (Proof::Match(pattern), Channel::Bytes(bytes)) => self.listen(bytes, pattern).await,
        }
    }

    async fn ask(&self, mut bytes: Bytes, endpoint: &Endpoint, path: &str) -> Result<(), Miss> {
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {}\r\nUser-Agent: netverb\r\nAccept: */*\r\nConnection: close\r\n\r\n",
            host_of(endpoint)
        );
        buffer::write_all(&mut bytes, request.as_bytes()).await.map_err(|error| self.broken(&error))?;
        let mut head = Vec::new();
        loop {
            let ended = !self.read(&mut bytes, &mut head).await?;
            // The status stands in the first line: how many headers follow it does not matter.
            let mut headers = [httparse::EMPTY_HEADER; 1];
            let mut response = httparse::Response::new(&mut headers);
            let parsed = response.parse(&head);
            match (response.code, parsed) {
                (Some(200..=399), _) => return Ok(()),
                // An interim answer, after which the final one comes (RFC 9110 section 15.2).
                (Some(100..=199), _) => {
                    let end = memchr::memmem::find(&head, b"\r\n\r\n").map(|at| at + 4);
                    if let Some(end) = end {
                        head.drain(..end);
                        continue;
                    }
                }
                (Some(status), _) => {
                    let (target, path) = (self.text.clone(), path.to_owned());
                    return Err(Miss::Status { target, path, status });
                }
                (None, Err(_)) => return Err(self.other(&head, "an HTTP answer")),
                (None, Ok(_)) => {}
            }
            if ended || head.len() > MOST {
                return Err(self.other(&head, "an HTTP answer"));
            }
        }
    }

    async fn listen(&self, mut bytes: Bytes, pattern: &Pattern) -> Result<(), Miss> {
        let wanted = Expectation { pattern: pattern.clone(), answer: Answer::Wanted };
        let mut matcher = Matcher::new(&Condition::Expect(vec![wanted]), MOST)?;
        let mut received = Vec::new();
        loop {
            let flows = self.read(&mut bytes, &mut received).await?;
            // That there is a match is enough; how far it would grow does not matter.
            let supply = if flows { Supply::Idle } else { Supply::Ended };
            match matcher.advance(&received, supply) {
                Progress::Found(_) => return Ok(()),
                Progress::NotYet | Progress::Growing => {}
                _ => return Err(self.other(&received, &format!("what matches \"{}\"", pattern.as_str()))),
            }
        }
    }

    /// Reads more; false at the end.
    async fn read(&self, bytes: &mut Bytes, into: &mut Vec<u8>) -> Result<bool, Miss> {
        let (held, count) = buffer::read(bytes, buffer::SMALLEST).await.map_err(|error| self.broken(&error))?;
        into.extend_from_slice(held.get(..count).unwrap_or_default());
        buffer::give_back(held);
        Ok(count > 0)
    }

    fn broken(&self, error: &std::io::Error) -> Miss {
        Miss::Broken { target: self.text.clone(), reason: reason(error) }
    }

    fn other(&self, received: &[u8], wanted: &str) -> Miss {
        let what = if received.is_empty() { "nothing".to_owned() } else { Excerpt(received).to_string() };
        Miss::Other { target: self.text.clone(), what, wanted: wanted.to_owned() }
    }
}

/// The field Host of a request (RFC 9110 section 7.2).
fn host_of(endpoint: &Endpoint) -> String {
    match endpoint {
        Endpoint::Inet { host: Host::Unwritten, port, .. } => format!("localhost:{port}"),
        Endpoint::Inet { host, port, .. } => host.with_port(*port),
        _ => "localhost".to_owned(),
    }
}
