//! `sockets`: what is kept.

use std::io::IsTerminal;
use std::time::Duration;

use serde_json::{Map, Value};

use super::context::Context;
use super::read::Output;
use super::sockets_watch;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::keeper::client::{Keeper, Trouble};
use crate::keeper::directory::{Directory, Entry};
use crate::output::table::{self, Column, Side};

/// How long one keeper may take to say how it does.
const PATIENCE: Duration = Duration::from_secs(1);
/// The fields of the contract, in order.
const FIELDS: [&str; 19] = [
    "id",
    "name",
    "kind",
    "transport",
    "secure",
    "local",
    "peer",
    "state",
    "bytes_in",
    "bytes_out",
    "messages_in",
    "messages_out",
    "unread",
    "age",
    "idle",
    "pid",
    "ended",
    "ports",
    "dropped",
];

/// `sockets`, parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Options {
    /// A table.
    Short,
    /// A table with all there is to know.
    Long,
    /// The IDs alone, without asking the keepers.
    Ids,
    /// A live table.
    Watch,
}

/// Runs the command.
///
/// # Errors
/// The directory does not pass; stdout cannot be written.
pub fn run(options: Options, context: &Context) -> Result<Exit, Failure> {
    let directory = context.place.look()?;
    let mut output = Output::open(None)?;
    match options {
        Options::Ids => output.write(ids(&directory).as_bytes())?,
        _ if context.json => output.write(json(&all(&directory)).as_bytes())?,
        Options::Watch if std::io::stdout().is_terminal() => sockets_watch::run(&directory, &mut output)?,
        Options::Long => output.write(table(&all(&directory), true).concat().as_bytes())?,
        Options::Short | Options::Watch => output.write(table(&all(&directory), false).concat().as_bytes())?,
    }
    Ok(Exit::Done)
}

/// The IDs, from the names of the files. Nobody is waited for: a shell completes words with them.
fn ids(directory: &Directory) -> String {
    let mut lines = String::new();
    for Entry { socket, key } in directory.entries() {
        let id = match key {
            Some(key) if Keeper::is_there(&socket) => Some(key),
            Some(_) => None,
            // The file name of a long ID does not tell it.
            None => {
                let status =
                    Keeper::dial_within(&socket, "", PATIENCE).ok().and_then(|mut keeper| keeper.status().ok());
                status.and_then(|status| Some(status.get("id")?.as_str()?.to_owned()))
            }
        };
        if let Some(id) = id {
            lines.push_str(&id);
            lines.push('\n');
        }
    }
    lines
}

/// The statuses of all sockets; one whose keeper does not answer is in error.
pub(super) fn all(directory: &Directory) -> Vec<Value> {
    let mut statuses = Vec::new();
    for Entry { socket, key } in directory.entries() {
        let id = key.unwrap_or_else(|| socket.display().to_string());
        match Keeper::dial_within(&socket, &id, PATIENCE) {
            Ok(mut keeper) => statuses.push(keeper.status().unwrap_or_else(|failure| silent(&id, &failure.line()))),
            Err(Trouble::NotOpen(_) | Trouble::Ended(_)) => {}
            Err(trouble) => statuses.push(silent(&id, &trouble.to_string())),
        }
    }
    statuses
}

fn silent(id: &str, reason: &str) -> Value {
    serde_json::json!({ "id": id, "kind": "connection", "state": "error", "ended": reason })
}

fn json(statuses: &[Value]) -> String {
    let line = |status: &Value| {
        let field = |name: &&str| ((*name).to_owned(), status.get(*name).cloned().unwrap_or(Value::Null));
        let present = |name: &&&str| !matches!(**name, "ended" | "ports" | "dropped") || status.get(**name).is_some();
        let object: Map<String, Value> = FIELDS.iter().filter(present).map(field).collect();
        format!("{}\n", Value::Object(object))
    };
    statuses.iter().map(line).collect()
}

pub(super) fn text(status: &Value, field: &str) -> String {
    match status.get(field) {
        None | Some(Value::Null) => "-".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Bool(yes)) => (if *yes { "yes" } else { "no" }).to_owned(),
        Some(Value::Array(items)) => items.iter().map(Value::to_string).collect::<Vec<_>>().join(","),
        Some(other) => other.to_string(),
    }
}

pub(super) fn span(status: &Value, field: &str) -> String {
    let seconds = status.get(field).and_then(Value::as_f64);
    let span = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds.round()).ok());
    span.map_or_else(|| "-".to_owned(), |span| humantime::format_duration(span).to_string().replace(' ', ""))
}

fn table(statuses: &[Value], long: bool) -> Vec<String> {
    let left = |head| Column { head, side: Side::Left };
    let right = |head| Column { head, side: Side::Right };
    let mut columns = vec![left("ID"), left("KIND"), left("STATE"), left("VIA"), left("LOCAL"), left("PEER")];
    columns.extend([right("UNREAD"), right("IN"), right("OUT")]);
    columns.push(right("IDLE"));
    if long {
        columns.extend([right("AGE"), right("PID"), left("TLS"), right("MSG IN"), right("MSG OUT")]);
        columns.extend([right("DROPPED"), left("ENDED")]);
    }
    let row = |status: &Value| {
        let cell = |field| text(status, field);
        let mut row: Vec<String> = ["id", "kind", "state", "transport", "local", "peer"].map(cell).to_vec();
        row.extend(["unread", "bytes_in", "bytes_out"].map(cell));
        row.push(span(status, "idle"));
        if long {
            row.extend([span(status, "age"), cell("pid"), cell("secure")]);
            row.extend(["messages_in", "messages_out", "dropped", "ended"].map(cell));
        }
        row
    };
    let rows: Vec<Vec<String>> = statuses.iter().map(row).collect();
    table::lines(&columns, &rows)
}
