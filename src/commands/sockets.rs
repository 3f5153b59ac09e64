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
        Options::Ids => output.write(listed("id", &ids(&directory), context).as_bytes())?,
        _ if context.json => output.write(json(&all(&directory)).as_bytes())?,
        Options::Watch if std::io::stdout().is_terminal() => sockets_watch::run(&directory, &mut output)?,
        Options::Long => output.write(table(&all(&directory), true).concat().as_bytes())?,
        Options::Short | Options::Watch => output.write(table(&all(&directory), false).concat().as_bytes())?,
    }
    Ok(Exit::Done)
}

/// Lines of one word each; with `--json` objects with this field.
pub(super) fn listed(field: &str, words: &[String], context: &Context) -> String {
    let line = |word: &String| match context.json {
        true => format!("{}\n", serde_json::json!({ field: word })),
        false => format!("{word}\n"),
    };
    words.iter().map(line).collect()
}

/// The IDs, from the files. Nobody is waited for: a shell completes words with them.
fn ids(directory: &Directory) -> Vec<String> {
    let id = |entry: Entry| {
        let Some(id) = entry.written().or_else(|| entry.key.clone()) else {
            // The file name of a long ID does not tell it, and its lock was lost.
            let status =
                Keeper::dial_within(&entry.socket, "", PATIENCE).ok().and_then(|mut keeper| keeper.status().ok())?;
            return Some(status.get("id")?.as_str()?.to_owned());
        };
        Keeper::is_there(&entry.socket).then_some(id)
    };
    directory.entries().into_iter().filter_map(id).collect()
}

/// The statuses of all sockets; one whose keeper does not answer is in error.
pub(super) fn all(directory: &Directory) -> Vec<Value> {
    let mut statuses = Vec::new();
    for entry in directory.entries() {
        let id = entry.written().or_else(|| entry.key.clone());
        let (id, socket) = (id.unwrap_or_else(|| entry.socket.display().to_string()), entry.socket);
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
