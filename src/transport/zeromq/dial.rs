//! `open --zmq`: a socket whose connection may come to stand later.

use super::{ZeroMq, ZeroMqOptions};
use crate::address::Endpoint;
use crate::event::Report;
use crate::transport::channel::Channel;
use crate::transport::connect::{ConnectError, ConnectOptions, Patience, attempts};
use crate::transport::messages::Messages;

/// A ZeroMQ socket stands before its connection does, and makes it again when it is lost. The first try is awaited all the
/// same: what makes every other try useless is said at once, and with its own status.
///
/// # Errors
/// What no other try can change; any failure where the options say how long to try.
pub async fn connect(
    zmq: &ZeroMqOptions,
    endpoint: &Endpoint,
    options: &ConnectOptions,
    id: &str,
    report: &dyn Report,
) -> Result<Channel, ConnectError> {
    let options = &ConnectOptions { zmq: None, ..options.clone() };
    let first = match Box::pin(attempts(endpoint, options, id, report)).await {
        Ok(Channel::Bytes(stream)) => Ok(stream),
        Ok(Channel::Messages(_)) => return Err(ConnectError::Unsupported(format!("ZeroMQ over {endpoint}"))),
        // Who binds may come later; not so a name, and not where somebody said how long to try.
        Err(error)
            if error.may_pass()
                && !matches!(error, ConnectError::Resolve(_))
                && matches!(options.patience, Patience::Once) =>
        {
            report.remark(&format!("{error}; trying again until somebody is there"));
            Err(error.to_string())
        }
        Err(error) => return Err(error),
    };
    let socket = ZeroMq::dialling(zmq.clone(), endpoint, options, id, first);
    Ok(Channel::Messages(Messages::ZeroMq(Box::new(socket))))
}
