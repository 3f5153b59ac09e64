//! `attach`: a person talks over a kept socket, and leaves it open.

use super::context::Context;
use super::interactive::{self, Gathered, KeptLink, LineEndings, Link, Place, Style, Terms};
use super::monitor::Monitor;
use crate::address::SocketId;
use crate::event::Direction;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::filter::LineEnding;
use crate::keeper::client::dial;
#[cfg(feature = "tls")]
use crate::keeper::upgrade::TlsTerms;
use crate::quantity::Limit;
use crate::relay::{Lane, Traffic};

/// `attach`, parsed.
#[derive(Debug)]
pub struct Options {
    /// The socket.
    pub id: SocketId,
    /// How a person talks.
    pub style: Style,
    /// Whether bytes are shown in hexadecimal at first.
    pub hex: bool,
    /// How TLS is done when it is begun; its files are named by absolute paths.
    #[cfg(feature = "tls")]
    pub terms: TlsTerms,
}

/// Runs the command.
///
/// # Errors
/// The socket is not open, or is lost.
pub async fn run(options: Options, context: &Context) -> Result<Exit, Failure> {
    interactive::check(context)?;
    let id = options.id.handle();
    let status = dial(&context.place, &options.id)?.status()?;
    let text = |field: &str| status.get(field).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
    if text("kind") == "listener" {
        let text = format!("{id} is a listener; netverb next {id} takes a connection of it");
        return Err(Failure::message(Exit::Unsupported, text));
    }
    let peer = text("peer");
    let converts = status.get("crlf").and_then(serde_json::Value::as_bool).unwrap_or(false);
    let link = Link::Kept(Box::new(KeptLink::open(&options.id, &context.place)?));
    let terms = Terms {
        // Where the keeper converts line ends it wants them to be LF.
        endings: LineEndings { incoming: None, outgoing: converts.then_some(LineEnding::Lf) },
        hex: options.hex,
        traffic: if status.get("unwritable").is_some() { Traffic::ReceiveOnly } else { Traffic::Both },
        idle: Limit::Never,
        quit_after: Limit::Never,
        half_open: interactive::usual_half_open(),
        half_close: true,
        detaches: true,
    };
    #[cfg(feature = "tls")]
    let starter = {
        let terms = serde_json::to_value(&options.terms)
            .map_err(|error| Failure::message(Exit::Usage, format!("an option of TLS cannot be passed on: {error}")))?;
        interactive::of_kept(terms, None)
    };
    #[cfg(not(feature = "tls"))]
    let starter = interactive::no_tls("TLS is not supported in this build");
    let watcher = Monitor::new(&id, context.reporter.clone(), None, None);
    let place = Place {
        peer: &peer,
        greeting: format!("attached to {id}, which is connected to {peer} ({})", text("transport")),
        left: format!("left {id}, which stays open"),
    };
    let lane = Lane::new(Direction::In, Vec::new(), None, &watcher);
    let parts = Gathered { link, watcher: &watcher, report: &*context.reporter, starter, lane };
    let (ending, ..) = interactive::hold(parts, options.style, terms, &place, context).await?;
    interactive::conclude(ending, &peer)
}
