//! `accept --zmq`: one ZeroMQ socket whose peers are all that the listeners let in.

use std::rc::Rc;

use tokio::sync::mpsc;

use super::accept::Offer;
use super::announce::Bound;
use super::conversation;
use super::gate::Gate;
use super::host::Host;
use super::open;
use super::stream::{Shown, Streams, verdict};
use crate::address::Peer;
use crate::event::{Event, Report};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::service::{Client, Closing, serve};
use crate::transport::zeromq::{Arrival, Door, ZeroMq, ZeroMqOptions};
use crate::transport::{Channel, Messages};

/// As many may be let in before the socket takes them.
const DOORSTEP: usize = 16;

/// Lets peers in for as long as somebody takes them.
pub(super) fn door(host: Rc<Host>, mut gate: Gate) -> Door {
    let (sender, arrivals) = mpsc::channel(DOORSTEP);
    let context = host.context.clone();
    let keeper = tokio::task::spawn_local(async move {
        loop {
            let place = host.place().await;
            let admitted = tokio::select! {
                () = sender.closed() => return,
                admitted = gate.next() => admitted,
            };
            let admitted = match admitted {
                Ok(admitted) => admitted,
                Err(failure) => {
                    context.reporter.event("", &Event::Error { message: failure.line() });
                    return;
                }
            };
            let (host, sender) = (host.clone(), sender.clone());
            // TLS and the header of a proxy take their time, which nobody else waits for.
            tokio::task::spawn_local(async move {
                if let Some(Client { id, channel: Channel::Bytes(stream), .. }) = Box::pin(host.enter(admitted)).await {
                    let _ = sender.send(Arrival { id, stream, place }).await;
                }
            });
        }
    });
    Door { arrivals, keeper }
}

/// A bound socket, of which the peers are those that the gate lets in.
pub(super) fn listening(options: ZeroMqOptions, host: Rc<Host>, gate: Gate, local: Peer, id: &str) -> Messages {
    let context = host.context.clone();
    let socket = ZeroMq::listening(options, door(host, gate), local, id);
    socket.report_to(context.reporter);
    Messages::ZeroMq(Box::new(socket))
}

/// Serves the peers of a bound socket, which are one client.
pub(super) async fn serve_peers(
    host: Rc<Host>,
    gate: Gate,
    options: ZeroMqOptions,
    bound: Bound,
    offer: (&Offer, Option<conversation::Prepared>),
    streams: &Streams,
) -> Result<Exit, Failure> {
    let (context, form) = (host.context.clone(), host.form);
    let channel = Channel::Messages(listening(options, host, gate, bound.local, &bound.id));
    let mut client = Client { id: bound.id, port: None, channel };
    let (closing, _): (Closing, (u64, u64)) = match offer {
        (_, Some(prepared)) => return conversation::run(prepared, client, streams, &context).await,
        (Offer::Service { service, .. }, None) => {
            let around = streams.surroundings(Shown::ToProgram);
            let watcher = (around.watch)(&client.id);
            (serve(service, &mut client, &watcher, &around).await, watcher.totals())
        }
        _ => open::stream(&mut client, form, streams).await?,
    };
    verdict(&client.channel.peer().to_string(), &closing)
}
