//! From the ID that a user writes to the keeper of that socket. How to talk to it is in `client.rs`.

use std::path::PathBuf;

use serde_json::Value;

use super::client::Keeper;
use super::directory::{Directory, Entry, Place};
use crate::address::{Endpoint, SocketId, SocketName};
use crate::exit::Exit;
use crate::failure::Failure;

/// The keeper of a socket, by its name or its full ID; the address of a full ID is checked.
///
/// # Errors
/// No such socket; its keeper cannot be talked to.
pub fn dial(place: &Place, id: &SocketId) -> Result<Keeper, Failure> {
    let directory = place.look()?;
    let shown = id.handle();
    let path = locate(&directory, id)?;
    let mut keeper = Keeper::dial(&path, &shown)?;
    if let (Some(endpoint), Some(_)) = (&id.endpoint, &id.name) {
        let status = keeper.status()?;
        let wanted = address_key(endpoint);
        let actual = status.get("address").and_then(Value::as_str).unwrap_or_default();
        if actual != wanted {
            let text = format!("{id}: socket is not open: {shown} leads to {actual}");
            return Err(Failure::message(Exit::NotOpen, text).hint(format!("type the name alone: {shown}")));
        }
    }
    Ok(keeper)
}

/// The file of a socket. An accepted connection is also found by its peer and number.
fn locate(directory: &Directory, id: &SocketId) -> Result<PathBuf, Failure> {
    let path = directory.files(&id.key())?.socket;
    let (Some(endpoint), None, Some(number)) = (&id.endpoint, &id.name, id.number) else { return Ok(path) };
    if path.exists() {
        return Ok(path);
    }
    let (wanted, end) = (address_key(endpoint), format!(".{number}"));
    for Entry { socket, key } in directory.entries() {
        let Some(key) = key.filter(|key| key.ends_with(&end)) else { continue };
        let status = Keeper::dial(&socket, &key).map_err(Failure::from).and_then(|mut keeper| keeper.status());
        if status.is_ok_and(|status| status.get("peer").and_then(Value::as_str) == Some(&wanted)) {
            return Ok(socket);
        }
    }
    Ok(path)
}

/// Whether a socket of this name is kept. Nobody is waited for.
pub fn is_kept(directory: &Directory, name: &SocketName) -> bool {
    let key = SocketId { endpoint: None, name: Some(name.clone()), number: None }.key();
    directory.files(&key).is_ok_and(|files| files.socket.exists() && Keeper::is_there(&files.socket))
}

/// An address in one spelling.
pub fn address_key(endpoint: &Endpoint) -> String {
    SocketId { endpoint: Some(endpoint.clone()), name: None, number: None }.key()
}
