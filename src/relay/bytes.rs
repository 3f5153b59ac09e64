//! A relay of two byte streams.

use std::io;
use std::task::{Context, Poll};

use super::copy::CopyPump;
use super::drive::{self, Traffic};
use super::half_close::Rules;
use super::lane::{Failed, Lane, Moved};
use super::plan::{self, Path};
use super::side::Side;
use super::splice::{SplicePump, Spliced};
use super::{Outcome, Waiting};
use crate::event::Direction;
use crate::transport::Descriptor;

#[derive(Debug)]
enum Pump {
    /// `bulk` is the path on which to go on once the traffic turns out to be bulk. Messages are copied: for a few bytes two copies
    /// cost less than a pipe and two splices.
    Copy {
        pump: CopyPump,
        bulk: Path,
    },
    Splice(SplicePump),
}

impl Pump {
    fn new(from: &impl Side, to: &impl Side, lane: &Lane<'_>) -> Pump {
        let bulk = match (from.source(), to.sink()) {
            (Some(from), Some(to)) => plan::path(from.kind(), to.kind(), lane.is_looked_at()),
            _ => Path::Copy,
        };
        Pump::Copy { pump: CopyPump::default(), bulk }
    }

    fn poll(
        &mut self,
        cx: &mut Context<'_>,
        from: &mut impl Side,
        to: &mut impl Side,
        lane: &mut Lane<'_>,
    ) -> Poll<Result<Moved, Failed>> {
        loop {
            match self {
                Pump::Copy { pump, bulk } => {
                    if *bulk == Path::Copy || !pump.met_bulk() {
                        return pump.poll(cx, from, to, lane);
                    }
                    let splice = SplicePump::new(*bulk == Path::SpliceThrough);
                    *self = Pump::Splice(splice);
                }
                Pump::Splice(pump) => {
                    let (Some(source), Some(sink)) = (from.source(), to.sink()) else {
                        *self = Pump::Copy { pump: CopyPump::default(), bulk: Path::Copy };
                        continue;
                    };
                    match pump.poll(cx, source, sink, lane) {
                        Poll::Ready(Ok(Spliced::Moved(moved))) => return Poll::Ready(Ok(moved)),
                        Poll::Ready(Ok(Spliced::Refused(pump))) => *self = Pump::Copy { pump, bulk: Path::Copy },
                        Poll::Ready(Err(failed)) => return Poll::Ready(Err(failed)),
                        Poll::Pending => return Poll::Pending,
                    }
                }
            }
        }
    }
}

struct Streams<'a, L, R> {
    local: &'a mut L,
    remote: &'a mut R,
    outgoing: Lane<'a>,
    incoming: Lane<'a>,
    pump_out: Pump,
    pump_in: Pump,
}

impl<L: Side, R: Side> Traffic for Streams<'_, L, R> {
    fn poll_move(&mut self, direction: Direction, cx: &mut Context<'_>) -> Poll<Result<Moved, Failed>> {
        match direction {
            Direction::Out => self.pump_out.poll(cx, self.local, self.remote, &mut self.outgoing),
            Direction::In => self.pump_in.poll(cx, self.remote, self.local, &mut self.incoming),
        }
    }

    fn poll_end(&mut self, direction: Direction, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match direction {
            Direction::Out => self.remote.poll_end(cx),
            Direction::In => self.local.poll_end(cx),
        }
    }

    fn poll_gone(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.local.poll_gone(cx)
    }

    fn ended(&self, direction: Direction) {
        match direction {
            Direction::Out => self.outgoing.ended(),
            Direction::In => self.incoming.ended(),
        }
    }

    fn all_acknowledged(&self) -> bool {
        self.remote.all_acknowledged()
    }

    fn sources(&self) -> [Option<&Descriptor>; 2] {
        [self.local.source(), self.remote.source()]
    }
}

/// Relays between a local and a remote side until both directions are over or a rule ends it.
pub async fn run(
    local: &mut impl Side,
    remote: &mut impl Side,
    rules: Rules,
    outgoing: Lane<'_>,
    incoming: Lane<'_>,
    waiting: Waiting,
) -> Outcome {
    let pump_out = Pump::new(local, remote, &outgoing);
    let pump_in = Pump::new(remote, local, &incoming);
    drive::run(Streams { local, remote, outgoing, incoming, pump_out, pump_in }, rules, waiting).await
}
