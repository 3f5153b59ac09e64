//! Forwards a client to another address, any transport to any transport.

use std::rc::Rc;

use super::{Client, Closing, Surroundings, Verdict, Watcher};
use crate::address::Endpoint;
use crate::event::{Direction, Event};
use crate::relay::{self, Blame, Rules, Waiting};
use crate::transport::proxy::proxy_protocol::Ends;
use crate::transport::seqpacket::{MAX_MESSAGE, Seqpacket};
use crate::transport::{Bytes, Channel, ConnectOptions, connect};

pub(super) async fn serve(
    client: &mut Client,
    watcher: &Rc<dyn Watcher>,
    around: &Surroundings,
    target: &Endpoint,
    options: &ConnectOptions,
) -> Closing {
    let behalf;
    let options = match ends(&client.channel).filter(|_| options.route.announce.is_some()) {
        None => options,
        Some(ends) => {
            let mut route = options.route.clone();
            route.on_behalf_of = Some(ends);
            behalf = ConnectOptions { route, ..options.clone() };
            &behalf
        }
    };
    let mut target = match connect(target, options, &client.id, &*around.report).await {
        Ok(channel) => channel,
        Err(error) => {
            // The client must not take this for an empty answer.
            if let Channel::Bytes(bytes) = &client.channel {
                bytes.socket().reset_on_close();
            }
            let message = error.to_string();
            around.report.event(&client.id, &Event::Error { message: message.clone() });
            return Closing { reason: message, verdict: Verdict::NoTarget };
        }
    };
    match (&mut client.channel, &mut target) {
        (Channel::Bytes(client_bytes), Channel::Bytes(target)) => {
            streams(client_bytes, target, &client.id, watcher, around).await
        }
        (Channel::Messages(client), Channel::Messages(target)) => messages(client, target, watcher, around).await,
        _ => Closing {
            reason: "a stream and a message socket cannot be joined without a framing".to_owned(),
            verdict: Verdict::Refused,
        },
    }
}

/// Joins two streams until both are at their end.
pub(super) async fn streams(
    client: &mut Bytes,
    target: &mut Bytes,
    id: &str,
    watcher: &Rc<dyn Watcher>,
    around: &Surroundings,
) -> Closing {
    let outgoing = around.lane(Direction::Out, id, &**watcher);
    let incoming = around.lane(Direction::In, id, &**watcher);
    let rules = Rules { idle: around.idle, ..Rules::SYMMETRIC };
    let outcome = relay::run(target, client, rules, outgoing, incoming, Waiting::Patient).await;
    if outcome.fault.is_some() {
        // Neither side may take a cut stream for a whole one.
        client.socket().reset_on_close();
        target.socket().reset_on_close();
    }
    Closing::from(outcome)
}

async fn messages(
    client: &mut Seqpacket,
    target: &mut Seqpacket,
    watcher: &Rc<dyn Watcher>,
    around: &Surroundings,
) -> Closing {
    let (client, target) = (&*client, &*target);
    let count = |direction| {
        let (watcher, around) = (watcher.clone(), around.clone());
        move |length: usize| {
            watcher.moved(direction, length as u64);
            around.report.message(direction);
        }
    };
    let both =
        tokio::try_join!(pass(client, target, count(Direction::In)), pass(target, client, count(Direction::Out)),);
    match both {
        Ok(_) => Closing::clean("done"),
        Err(error) => Closing::failed(&error, Blame::Sending),
    }
}

async fn pass(from: &Seqpacket, to: &Seqpacket, passed: impl Fn(usize)) -> std::io::Result<()> {
    let mut space = vec![0; MAX_MESSAGE];
    loop {
        let count = from.receive(&mut space).await?;
        if count == 0 {
            return to.shutdown();
        }
        to.send(space.get(..count).unwrap_or_default()).await?;
        passed(count);
    }
}

/// Whose connection is forwarded, for the PROXY protocol.
fn ends(client: &Channel) -> Option<Ends> {
    Some(Ends { source: client.peer().socket_addr()?, destination: client.local().socket_addr()? })
}
