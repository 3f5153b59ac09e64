//! `accept udp://…`: stdin and stdout with one peer or with all who write, or a service for each datagram.

use std::cell::RefCell;
use std::num::NonZeroU64;
use std::rc::Rc;
use std::time::Duration;

use super::super::accept::{Offer, Options};
use super::super::admission::Admission;
use super::super::announce::{Bound, announce, note_chosen_port};
use super::super::context::Context;
use super::super::shared_stdio::Prefix;
use super::super::stream::{Shown, Streams};
use super::callers::{Callers, MOST};
use super::exchange::{Exchange, Hearing, Replies};
use super::input::Input;
use super::printer::Printer;
use super::serve::{Job, Server};
use super::{Messages, bridge, default_ending, default_split, listen};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::quantity::Limit;
use crate::relay::Traffic;
use crate::relay::rate::Rate;
use crate::transport::datagram::{DatagramOptions, DatagramSocket};

/// How long a silent peer is remembered by a service, where nothing is said.
const IDLE: Duration = Duration::from_secs(60);

/// Runs the command.
///
/// # Errors
/// An address that cannot be received on, or what ends the exchange with stdin and stdout.
pub async fn run(options: Options, context: &Context) -> Result<Exit, Failure> {
    #[cfg(feature = "tls")]
    if options.tls.is_some() {
        return Err(Failure::message(Exit::Usage, "there is no TLS over datagrams; leave out --secure"));
    }
    let datagram = DatagramOptions {
        lookup: options.listen.lookup,
        socket: options.listen.socket.clone(),
        ..DatagramOptions::default()
    };
    let mut sockets: Vec<Rc<DatagramSocket>> = Vec::new();
    let mut bound = Vec::new();
    for at in &options.at {
        for socket in listen(at, options.listen.unwritten, options.listen.mode, &datagram).await? {
            bound.push(Bound::of(at, socket.local()));
            sockets.push(Rc::new(socket));
        }
    }
    if let Offer::Conversation(_) | Offer::Keep(_) = &options.offer {
        let message = "steps, recorded peers and kept names need streams; for datagrams use a service";
        return Err(Failure::message(Exit::Usage, message));
    }
    let bridged = matches!(&options.offer, Offer::Service { service, .. } if Job::is_bridge(service));
    check_words(&options, bridged, context)?;
    let streams = Streams::of_datagrams(options.stream.clone(), context)?;
    let around = streams.surroundings(Shown::ToProgram);
    let idle = match around.idle {
        Limit::After(idle) => idle,
        Limit::Never => IDLE,
    };
    let job = match &options.offer {
        Offer::Service { service, .. } => Some(Job::of(service, idle, &around).await?),
        Offer::Stdio { .. } | Offer::Conversation(_) | Offer::Keep(_) => None,
    };
    let admission = Admission::new(options.policy.clone()).await?;
    announce(&bound, &[], &options.ready, context)?;
    let chosen = options.at.iter().any(|at| at.address.ports().any(|port| port == 0));
    note_chosen_port(&bound, chosen, &options.ready, context);
    let name = options.at.first().and_then(|at| at.name.clone());
    let most = options.max_connections.unwrap_or(MOST);
    let served = match (&options.offer, job) {
        (Offer::Service { once, .. }, Some(job)) => {
            let most = match (&job, *once) {
                (Job::Bridge(_), true) => 1,
                (Job::Bridge(_), false) => options.max_connections.unwrap_or(bridge::MOST),
                _ => most,
            };
            let mut callers = Callers::new(admission, most, name, around.watch.clone(), context);
            callers.mistreat(options.stream.misbehaviour.clone(), bridged);
            let callers = Rc::new(RefCell::new(callers));
            Server { sockets, callers, job, around, idle, once: *once }.run().await
        }
        (Offer::Stdio { many, prefix }, _) => {
            let stdio = streams.stdio()?;
            let shown = Shown::on(&stdio);
            let around = streams.surroundings(shown);
            let most = if *many { most } else { 1 };
            let mut callers = Callers::new(admission, most, name, around.watch.clone(), context);
            callers.mistreat(options.stream.misbehaviour.clone(), false);
            let (input, output) = stdio.split();
            let messages = match streams.traffic() {
                Traffic::ReceiveOnly => Messages::None,
                Traffic::Both | Traffic::SendOnly => Messages::Stdin(options.split.unwrap_or_else(default_split)),
            };
            let limit = sockets.first().map_or(0, |socket| socket.max_payload());
            let exchange = Exchange {
                hearing: Hearing::callers(callers, *prefix == Prefix::Sender),
                sockets,
                replies: Replies {
                    count: options.count.map(NonZeroU64::get),
                    wanted: None,
                    window: options.stream.quit_after,
                },
                idle: around.idle,
                rate: options.stream.rate.map(|rate| RefCell::new(Rate::new(rate))),
                mishaps: None,
                traffic: streams.traffic(),
                report: around.report.clone(),
            };
            let ending = options.split.unwrap_or_else(default_ending);
            let printer = Printer::new(ending, options.stream.eol_in, context.json, streams.hex(), shown);
            exchange.run(Input::new(&messages, input, limit, options.stream.eol_out), output, printer).await
        }
        (Offer::Service { .. } | Offer::Conversation(_) | Offer::Keep(_), _) => Ok(Exit::Done),
    };
    streams.finish(served)
}

/// Refuses words that do nothing to datagrams.
fn check_words(options: &Options, bridged: bool, context: &Context) -> Result<(), Failure> {
    if bridged {
        // What goes on over a stream is converted, slowed down and mistreated there.
        return Ok(());
    }
    super::refuse_stream_words(&options.stream, context)?;
    let stream = &options.stream;
    let word = match (stream.rate, stream.eol_in.or(stream.eol_out)) {
        (Some(_), _) => "--rate",
        (_, Some(_)) => "--eol",
        _ => return Ok(()),
    };
    if let Offer::Service { .. } = options.offer {
        let message = format!("{word} does nothing to the datagrams of a service; leave it out");
        return Err(Failure::message(Exit::Usage, message));
    }
    Ok(())
}
