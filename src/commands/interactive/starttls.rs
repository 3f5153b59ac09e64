//! `/starttls`: the connection of a conversation goes on in TLS.

use serde_json::Value;

use super::{Link, Starter};
use crate::conversation::Upgrade;
use crate::event::Report;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::keeper::wire::Secure;
use crate::transport::Bytes;

/// Prepares TLS, when it is asked for.
pub type Prepare<'a> = Box<dyn Fn() -> Result<Upgrade, Failure> + 'a>;

/// For a connection of this process.
pub fn of_stream<'a>(prepare: Prepare<'a>, id: &'a str, report: &'a dyn Report) -> Starter<'a> {
    let prepare = std::rc::Rc::new(prepare);
    Box::new(move |link| {
        let prepare = prepare.clone();
        Box::pin(async move {
            let bytes = match link {
                Link::Bytes(bytes) => bytes,
                link => {
                    let text = "TLS needs a stream of bytes, not messages";
                    return (link, Err(Failure::message(Exit::Unsupported, text)));
                }
            };
            if let Err(failure) = possible_now(&bytes) {
                return (Link::Bytes(bytes), Err(failure));
            }
            let upgrade = match prepare() {
                Ok(upgrade) => upgrade,
                Err(failure) => return (Link::Bytes(bytes), Err(failure)),
            };
            match upgrade.put_on(bytes, id, report).await {
                Ok(bytes) => {
                    let said = description(&bytes);
                    (Link::Bytes(bytes), Ok(said))
                }
                Err(failure) => (Link::Gone, Err(failure)),
            }
        })
    })
}

/// For a socket that a keeper holds.
pub fn of_kept<'a>(options: Value, timeout: Option<std::time::Duration>) -> Starter<'a> {
    Box::new(move |link| {
        let secure = Secure { timeout, options: options.clone() };
        Box::pin(async move {
            let Link::Kept(mut kept) = link else {
                return (link, Err(Failure::message(Exit::Unsupported, "the socket is not kept")));
            };
            let secured = kept.secure(secure).await;
            (Link::Kept(kept), secured.map(|()| "TLS is spoken from here on".to_owned()))
        })
    })
}

/// Whether TLS can begin at this moment. What has come in clear and was not read may have been put there to be read as if it
/// had come in TLS (RFC 3207 section 6): it is shown in clear, and TLS does not begin.
fn possible_now(bytes: &Bytes) -> Result<(), Failure> {
    if bytes.session().is_some() {
        return Err(Failure::message(Exit::Usage, "TLS is spoken already"));
    }
    match bytes.plain() {
        None => Err(Failure::message(Exit::Unsupported, "TLS cannot begin inside of another protocol, such as TELNET")),
        Some(socket) if !socket.descriptor().is_silent() => {
            let text = "the peer has sent something in clear meanwhile; look at it, and type /starttls again";
            Err(Failure::message(Exit::TlsFailed, text))
        }
        Some(_) => Ok(()),
    }
}

fn description(bytes: &Bytes) -> String {
    let Some(session) = bytes.session() else { return "TLS is spoken from here on".to_owned() };
    let or = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let verified = if session.verified { "the certificate is verified" } else { "the certificate is NOT verified" };
    format!("{} with {}; {verified}", or(&session.protocol), or(&session.cipher))
}
