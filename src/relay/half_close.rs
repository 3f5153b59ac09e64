//! The life of a relay as a state machine of its two directions, without I/O.
//!
//! Each direction has a reading and a writing leg; the one that is read to its end must be written to its end before the
//! half-close goes on to the other side. The machine is told what happened and answers what to do next.

use tokio::time::Instant;

use crate::event::Direction;
use crate::quantity::Limit;

/// What the end of the local input means for the peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AtLocalEnd {
    /// The peer sees the end of data; its answer is awaited.
    HalfClose,
    /// The same, once nothing has passed for this long: for a peer that cannot answer any more when it is told.
    WhenQuiet(Limit),
    /// The peer is told nothing (`--no-shutdown`).
    KeepOpen,
}

/// Which directions carry data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Traffic {
    /// Both.
    Both,
    /// Only to the peer (`--send-only`): done when the peer's system has everything.
    SendOnly,
    /// Only from the peer (`--recv-only`): nothing is sent, not even an end of data.
    ReceiveOnly,
}

/// The rules of one relay.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// Which directions carry data.
    pub traffic: Traffic,
    /// What the end of the local input means.
    pub at_local_end: AtLocalEnd,
    /// How long to go on after the end of the local input (`-q`).
    pub quit_after: Limit,
    /// How long the local input may be silent after the peer's end of data (`--half-open`).
    pub half_open: Limit,
    /// How long nothing may pass in either direction (`--idle-timeout`).
    pub idle: Limit,
}

impl Rules {
    /// Between two peers that are equals: each direction ends by itself.
    pub const SYMMETRIC: Rules = Rules {
        traffic: Traffic::Both,
        at_local_end: AtLocalEnd::HalfClose,
        quit_after: Limit::Never,
        half_open: Limit::Never,
        idle: Limit::Never,
    };
}

/// Why a relay ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Both directions came to their end.
    Complete,
    /// The peer closed, and the local input had nothing more to give.
    PeerClosed,
    /// The time after the end of the local input is over.
    Quit,
    /// Everything was sent and acknowledged.
    Delivered,
    /// Nothing passed for too long.
    Idle,
    /// A direction failed and the other cannot go on.
    Failed,
}

/// What the driver has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Send the peer the end of data.
    EndRemote,
    /// Close the local output.
    EndLocal,
    /// Go on until something happens or this moment has come.
    Wait(Option<Instant>),
    /// As `Wait`, and say when the peer's system has acknowledged everything.
    AwaitDelivery(Option<Instant>),
    /// It is over.
    Finish(End),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Leg {
    Open,
    Ended,
    Failed,
}

/// The state of one relay.
#[derive(Debug)]
pub struct HalfClose {
    rules: Rules,
    outgoing: Leg,
    incoming: Leg,
    remote_told: bool,
    local_told: bool,
    delivered: bool,
    last_activity: Instant,
    last_sent: Instant,
    outgoing_ended: Instant,
    incoming_ended: Instant,
}

impl HalfClose {
    /// A relay that begins now.
    pub fn new(rules: Rules, now: Instant) -> Self {
        let receive_only = rules.traffic == Traffic::ReceiveOnly;
        HalfClose {
            rules,
            outgoing: if receive_only { Leg::Ended } else { Leg::Open },
            incoming: Leg::Open,
            remote_told: receive_only,
            local_told: false,
            delivered: false,
            last_activity: now,
            last_sent: now,
            outgoing_ended: now,
            incoming_ended: now,
        }
    }

    /// Whether a direction is to be pumped.
    pub fn is_open(&self, direction: Direction) -> bool {
        match direction {
            Direction::Out => self.outgoing == Leg::Open,
            Direction::In => self.incoming == Leg::Open,
        }
    }

    /// Bytes passed.
    pub fn moved(&mut self, direction: Direction, now: Instant) {
        self.last_activity = now;
        if direction == Direction::Out {
            self.last_sent = now;
        }
    }

    /// A direction was read to its end and everything was written.
    pub fn ended(&mut self, direction: Direction, now: Instant) {
        self.last_activity = now;
        match direction {
            Direction::Out => (self.outgoing, self.outgoing_ended) = (Leg::Ended, now),
            Direction::In => (self.incoming, self.incoming_ended) = (Leg::Ended, now),
        }
    }

    /// A direction failed.
    pub fn failed(&mut self, direction: Direction) {
        match direction {
            Direction::Out => self.outgoing = Leg::Failed,
            Direction::In => self.incoming = Leg::Failed,
        }
    }

    /// The peer's system has acknowledged everything.
    pub fn acknowledged(&mut self) {
        self.delivered = true;
    }

    /// What to do now.
    pub fn next(&mut self, now: Instant) -> Next {
        if self.outgoing == Leg::Ended && !self.remote_told {
            match (self.rules.at_local_end, self.quiet_until()) {
                (AtLocalEnd::HalfClose, _) => {
                    self.remote_told = true;
                    return Next::EndRemote;
                }
                (AtLocalEnd::WhenQuiet(_), Some(until)) if until <= now => {
                    self.remote_told = true;
                    return Next::EndRemote;
                }
                (AtLocalEnd::WhenQuiet(_), _) => {}
                (AtLocalEnd::KeepOpen, _) => self.remote_told = true,
            }
        }
        if self.incoming == Leg::Ended && !self.local_told {
            self.local_told = true;
            return Next::EndLocal;
        }
        let deadline = match (self.outgoing, self.incoming) {
            (_, Leg::Failed) | (Leg::Failed, Leg::Ended) => return Next::Finish(End::Failed),
            (Leg::Ended, Leg::Ended) => return Next::Finish(End::Complete),
            (Leg::Ended, Leg::Open) if self.rules.traffic == Traffic::SendOnly && self.delivered => {
                return Next::Finish(End::Delivered);
            }
            (Leg::Ended, Leg::Open) if self.rules.traffic == Traffic::ReceiveOnly => None,
            (Leg::Ended, Leg::Open) => self.limit(self.rules.quit_after, self.outgoing_ended, End::Quit),
            (Leg::Open, Leg::Ended) => {
                self.limit(self.rules.half_open, self.incoming_ended.max(self.last_sent), End::PeerClosed)
            }
            (Leg::Open | Leg::Failed, Leg::Open) => None,
        };
        let idle = self.limit(self.rules.idle, self.last_activity, End::Idle);
        let earliest = [deadline, idle].into_iter().flatten().min_by_key(|(at, _)| *at);
        match earliest {
            Some((at, end)) if at <= now => Next::Finish(end),
            earliest => {
                let quiet = self.quiet_until().filter(|_| self.outgoing == Leg::Ended && !self.remote_told);
                let at = earliest.map(|(at, _)| at).into_iter().chain(quiet).min();
                if self.rules.traffic == Traffic::SendOnly && self.outgoing == Leg::Ended {
                    Next::AwaitDelivery(at)
                } else {
                    Next::Wait(at)
                }
            }
        }
    }

    /// When a peer that is told late is told, if nothing passes until then.
    fn quiet_until(&self) -> Option<Instant> {
        match (self.rules.at_local_end, self.incoming) {
            (AtLocalEnd::WhenQuiet(Limit::After(span)), Leg::Open) => self.last_activity.checked_add(span),
            _ => None,
        }
    }

    fn limit(&self, limit: Limit, since: Instant, end: End) -> Option<(Instant, End)> {
        match limit {
            Limit::Never => None,
            // A limit beyond the clock's range is none.
            Limit::After(span) => since.checked_add(span).map(|at| (at, end)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use proptest::prelude::*;

    fn rules() -> Rules {
        Rules { half_open: Limit::After(Duration::from_secs(1)), ..Rules::SYMMETRIC }
    }

    fn later(now: Instant, millis: u64) -> Instant {
        now + Duration::from_millis(millis)
    }

    #[test]
    fn the_end_of_input_is_passed_on_once_and_the_answer_awaited() {
        let now = Instant::now();
        let mut machine = HalfClose::new(rules(), now);
        machine.ended(Direction::Out, now);
        assert_eq!(machine.next(now), Next::EndRemote);
        assert_eq!(machine.next(now), Next::Wait(None));
        assert_eq!(machine.next(later(now, 3_600_000)), Next::Wait(None));
        machine.ended(Direction::In, later(now, 1));
        assert_eq!(machine.next(now), Next::EndLocal);
        assert_eq!(machine.next(now), Next::Finish(End::Complete));
    }

    #[test]
    fn a_peer_that_cannot_answer_later_is_told_when_it_has_been_quiet() {
        let now = Instant::now();
        let at_local_end = AtLocalEnd::WhenQuiet(Limit::After(Duration::from_secs(1)));
        let mut machine = HalfClose::new(Rules { at_local_end, ..rules() }, now);
        assert_eq!(machine.next(now), Next::Wait(None));
        machine.ended(Direction::Out, now);
        assert_eq!(machine.next(now), Next::Wait(Some(later(now, 1000))));
        machine.moved(Direction::In, later(now, 999));
        assert_eq!(machine.next(later(now, 1000)), Next::Wait(Some(later(now, 1999))));
        assert_eq!(machine.next(later(now, 1999)), Next::EndRemote);
        assert_eq!(machine.next(later(now, 2000)), Next::Wait(None));
        machine.ended(Direction::In, later(now, 2001));
        assert_eq!(machine.next(later(now, 2001)), Next::EndLocal);
        assert_eq!(machine.next(later(now, 2001)), Next::Finish(End::Complete));
        // A peer that closes first needs not be told.
        let mut machine = HalfClose::new(Rules { at_local_end, ..rules() }, now);
        machine.ended(Direction::Out, now);
        machine.ended(Direction::In, now);
        assert_eq!(machine.next(now), Next::EndLocal);
        assert_eq!(machine.next(now), Next::Finish(End::Complete));
    }

    #[test]
    fn after_the_peers_end_the_input_is_sent_while_it_gives() {
        let now = Instant::now();
        let mut machine = HalfClose::new(rules(), now);
        machine.ended(Direction::In, now);
        assert_eq!(machine.next(now), Next::EndLocal);
        assert_eq!(machine.next(later(now, 999)), Next::Wait(Some(later(now, 1000))));
        machine.moved(Direction::Out, later(now, 999));
        assert_eq!(machine.next(later(now, 1500)), Next::Wait(Some(later(now, 1999))));
        assert_eq!(machine.next(later(now, 1999)), Next::Finish(End::PeerClosed));
    }

    #[test]
    fn an_unlimited_half_open_waits_for_the_end_of_input() {
        let now = Instant::now();
        let mut machine = HalfClose::new(Rules::SYMMETRIC, now);
        machine.ended(Direction::In, now);
        assert_eq!(machine.next(now), Next::EndLocal);
        assert_eq!(machine.next(later(now, 1_000_000)), Next::Wait(None));
    }

    #[test]
    fn send_only_ends_when_the_peer_has_everything() {
        let now = Instant::now();
        let mut machine = HalfClose::new(Rules { traffic: Traffic::SendOnly, ..rules() }, now);
        machine.ended(Direction::Out, now);
        assert_eq!(machine.next(now), Next::EndRemote);
        assert_eq!(machine.next(now), Next::AwaitDelivery(None));
        machine.acknowledged();
        assert_eq!(machine.next(now), Next::Finish(End::Delivered));
    }

    #[test]
    fn receive_only_sends_no_end_of_data() {
        let now = Instant::now();
        let mut machine = HalfClose::new(Rules { traffic: Traffic::ReceiveOnly, ..rules() }, now);
        assert_eq!(machine.next(now), Next::Wait(None));
        machine.ended(Direction::In, now);
        assert_eq!(machine.next(now), Next::EndLocal);
        assert_eq!(machine.next(now), Next::Finish(End::Complete));
    }

    #[test]
    fn no_shutdown_tells_the_peer_nothing_and_quit_after_ends_it() {
        let now = Instant::now();
        let rules =
            Rules { at_local_end: AtLocalEnd::KeepOpen, quit_after: Limit::After(Duration::from_secs(2)), ..rules() };
        let mut machine = HalfClose::new(rules, now);
        machine.ended(Direction::Out, now);
        assert_eq!(machine.next(now), Next::Wait(Some(later(now, 2000))));
        assert_eq!(machine.next(later(now, 2000)), Next::Finish(End::Quit));
    }

    #[test]
    fn a_failed_send_lets_the_answer_come() {
        let now = Instant::now();
        let mut machine = HalfClose::new(rules(), now);
        machine.failed(Direction::Out);
        assert_eq!(machine.next(now), Next::Wait(None));
        machine.ended(Direction::In, now);
        assert_eq!(machine.next(now), Next::EndLocal);
        assert_eq!(machine.next(now), Next::Finish(End::Failed));
    }

    proptest! {
        /// Whatever happens in whatever order: each side is told at most once, only after its direction has ended, and a
        /// relay of two ended directions is finished.
        #[test]
        fn sides_are_told_once_and_in_order(steps in proptest::collection::vec(0u8..6, 0..40)) {
            let now = Instant::now();
            let mut machine = HalfClose::new(Rules::SYMMETRIC, now);
            let (mut out_ended, mut in_ended, mut remote_told, mut local_told) = (false, false, 0, 0);
            for step in steps {
                match step {
                    0 if machine.is_open(Direction::Out) => { machine.ended(Direction::Out, now); out_ended = true; }
                    1 if machine.is_open(Direction::In) => { machine.ended(Direction::In, now); in_ended = true; }
                    2 if machine.is_open(Direction::Out) => machine.moved(Direction::Out, now),
                    3 if machine.is_open(Direction::In) => machine.moved(Direction::In, now),
                    _ => {}
                }
                loop {
                    match machine.next(now) {
                        Next::EndRemote => { prop_assert!(out_ended); remote_told += 1; }
                        Next::EndLocal => { prop_assert!(in_ended); local_told += 1; }
                        Next::Finish(end) => { prop_assert_eq!(end, End::Complete); prop_assert!(out_ended && in_ended); break; }
                        Next::Wait(_) | Next::AwaitDelivery(_) => { prop_assert!(!(out_ended && in_ended)); break; }
                    }
                }
            }
            prop_assert!(remote_told <= 1 && local_told <= 1);
        }
    }
}
