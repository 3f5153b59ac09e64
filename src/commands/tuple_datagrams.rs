//! Tuples in datagrams: each datagram holds exactly one, whoever has sent it.

use std::rc::Rc;

use super::admission::Admission;
use super::announce::{Bound, ReadyOptions, announce, note_chosen_port};
use super::context::Context;
use super::datagram;
use super::tuple_receive::{Count, Receiver};
use crate::access::{Policy, Verdict};
use crate::address::ListenId;
use crate::event::{Direction, Event, Report};
use crate::exit::Exit;
use crate::failure::{Failure, reason};
use crate::transport::datagram::{DatagramOptions, DatagramSocket, Inbox, Receiver as Sockets};
use crate::transport::listener::Unwritten;

/// Receives on an address until as many tuples have come as are wanted.
///
/// # Errors
/// An address that cannot be received on; a datagram that is no tuple, where a number of tuples is wanted; a time limit.
pub async fn run(
    at: &ListenId,
    options: &DatagramOptions,
    policy: Policy,
    ready: &ReadyOptions,
    receiver: &mut Receiver<'_>,
    context: &Context,
) -> Result<(), Failure> {
    let admission = Admission::new(policy).await?;
    let sockets = datagram::listen(at, Unwritten::AllInterfaces, None, options).await?;
    let sockets: Vec<Rc<DatagramSocket>> = sockets.into_iter().map(Rc::new).collect();
    let bound: Vec<Bound> = sockets.iter().map(|socket| Bound::of(at, socket.local())).collect();
    announce(&bound, &[], ready, context)?;
    note_chosen_port(&bound, at.address.ports().any(|port| port == 0), ready, context);
    receiver.id = bound.first().map(|bound| bound.id.clone()).unwrap_or_default();
    let mut sockets = Sockets::new(&sockets);
    loop {
        let mut received = match crate::service::within(receiver.idle, sockets.receive()).await {
            None => return Err(receiver.timed_out()),
            Some(received) => Some(received),
        };
        while let Some((_, result)) = received {
            result.map_err(|error| {
                Failure::message(Exit::ReceiveFailed, format!("cannot receive: {}", reason(&error)))
            })?;
            if is_allowed(sockets.inbox(), &admission, &receiver.id, context) && take(sockets.inbox(), receiver)? {
                return Ok(());
            }
            received = sockets.receive_now().await;
        }
        receiver.printer.flush()?;
        datagram::note_losses(&mut sockets, &receiver.id, &*context.reporter);
    }
}

/// Whether the rules let the sender in; it does not notice when they do not.
fn is_allowed(inbox: &Inbox, admission: &Admission, id: &str, context: &Context) -> bool {
    let arrival = inbox.arrival();
    let Verdict::Denied { rule } = admission.decide(&arrival.from) else { return true };
    let (peer, local) = (arrival.from.to_string(), id.to_owned());
    context.reporter.event("", &Event::Rejected { peer, local, port: None, rule });
    false
}

/// Prints what came; true when no more tuples are wanted.
fn take(inbox: &Inbox, receiver: &mut Receiver<'_>) -> Result<bool, Failure> {
    let context = receiver.printer.context;
    for datagram in inbox.datagrams() {
        context.reporter.count(&receiver.id, Direction::In, datagram.len() as u64);
        match receiver.message(datagram) {
            Ok(true) => return Ok(true),
            Ok(false) => {}
            // Anybody can send anything: who wants all tuples wants those behind it too.
            Err(failure) if receiver.printer.left == Count::All && failure.exit != Exit::OutputFailed => {
                let message = format!("a datagram from {} is left out: {}", inbox.arrival().from, failure.line());
                context.reporter.event(&receiver.id, &Event::Error { message });
            }
            Err(failure) => return Err(failure),
        }
    }
    Ok(false)
}
