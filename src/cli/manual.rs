//! Manual pages in man(7) source, made from the definition of the command line and the help topics. No text of its own
//! beyond headings.

use clap::{Arg, ArgAction, Command};
use roff::{Inline, Roff, bold, italic, roman};

use super::help::{ENVIRONMENT, EXIT_CODES, PRINTING, TOPICS};

/// When the pages were last changed in substance.
const DATE: &str = "2026-11-20";

/// The longest line of source; the formatter fills paragraphs anew.
const WIDTH: usize = 78;

/// netverb(1).
pub fn main_page(command: &Command) -> String {
    let mut page = Roff::new();
    head(&mut page, "netverb", command);
    page.control("SH", ["VERBS"]);
    for verb in command.get_subcommands() {
        let title = vec![bold(format!("netverb-{}", verb.get_name())), roman("(1)")];
        listed(&mut page, title, verb);
    }
    options(&mut page, command);
    for topic in TOPICS {
        page.control("SH", [topic.heading]);
        prose(&mut page, topic.text);
    }
    page.control("SH", ["SEE ALSO"]);
    fill(
        &mut page,
        "netverb-tuples(5), netverb-sockets(7), netverb-zeromq(7), nc(1), ncat(1), socat(1), socket(7), tcp(7), unix(7)",
    );
    plain_backslashes(&page.render())
}

/// netverb-VERB(1).
pub fn verb_page(verb: &Command) -> String {
    let mut page = Roff::new();
    head(&mut page, &format!("netverb-{}", verb.get_name()), verb);
    if verb.has_subcommands() {
        page.control("SH", ["COMMANDS"]);
        for command in verb.get_subcommands() {
            let mut title = vec![bold(command.get_name())];
            title.extend(command.get_positionals().flat_map(|arg| [roman(" "), italic(value_name(arg))]));
            listed(&mut page, title, command);
        }
    }
    options(&mut page, verb);
    if !PRINTING.contains(&verb.get_name()) {
        for topic in [EXIT_CODES, ENVIRONMENT] {
            page.control("SH", [topic.heading]);
            prose(&mut page, topic.text);
        }
    }
    if let Some(examples) = verb.get_after_help() {
        page.control("SH", ["EXAMPLES"]);
        let text = examples.to_string();
        prose(&mut page, text.strip_prefix("Examples:\n").unwrap_or(&text));
    }
    page.control("SH", ["SEE ALSO"]);
    page.text([bold("netverb"), roman("(1)")]);
    plain_backslashes(&page.render())
}

fn listed(page: &mut Roff, title: Vec<Inline>, command: &Command) {
    page.control("TP", []);
    page.text(title);
    fill(page, &command.get_about().map(ToString::to_string).unwrap_or_default());
}

fn head(page: &mut Roff, name: &str, command: &Command) {
    let source = format!("netverb {}", env!("CARGO_PKG_VERSION"));
    page.control("TH", [name.to_uppercase().as_str(), "1", DATE, &source, "netverb manual"]);
    page.control("SH", ["NAME"]);
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    page.text([roman(format!("{name} - {about}"))]);
    page.control("SH", ["SYNOPSIS"]);
    for (at, form) in synopsis(command).lines().enumerate() {
        if at > 0 {
            page.control("br", []);
        }
        let form = form.trim();
        match form.strip_prefix("netverb").filter(|_| !form.is_empty()) {
            Some(rest) => page.text([bold("netverb"), roman(rest)]),
            None => page.text([roman(form)]),
        };
    }
    page.control("SH", ["DESCRIPTION"]);
    let description = command.get_long_about().or_else(|| command.get_about());
    let description = description.map(ToString::to_string).unwrap_or_default();
    // The first paragraph of a long description repeats NAME.
    let body = description.split_once("\n\n").map_or(description.as_str(), |(_, body)| body);
    prose(page, body);
}

/// The usage as it is written in the definition: never one that lists every option.
fn synopsis(command: &Command) -> String {
    let usage = command.clone().render_usage().to_string();
    usage.strip_prefix("Usage:").unwrap_or(&usage).trim().to_owned()
}

fn options(page: &mut Roff, command: &Command) {
    let shown: Vec<&Arg> = command.get_arguments().filter(|arg| !arg.is_hide_set()).collect();
    if shown.is_empty() {
        return;
    }
    page.control("SH", ["OPTIONS"]);
    for arg in shown.iter().filter(|arg| arg.is_positional()) {
        entry(page, arg);
    }
    let mut headings: Vec<Option<&str>> = Vec::new();
    for heading in shown.iter().filter(|arg| !arg.is_positional()).map(|arg| arg.get_help_heading()) {
        if !headings.contains(&heading) {
            headings.push(heading);
        }
    }
    for heading in headings {
        if let Some(heading) = heading {
            page.control("SS", [heading]);
        }
        for arg in shown.iter().filter(|arg| !arg.is_positional() && arg.get_help_heading() == heading) {
            entry(page, arg);
        }
    }
}

fn entry(page: &mut Roff, arg: &Arg) {
    page.control("TP", []);
    page.text(title(arg));
    let mut text = arg.get_long_help().or_else(|| arg.get_help()).map(ToString::to_string).unwrap_or_default();
    let values = arg.get_possible_values();
    if takes_value(arg) && !values.is_empty() && !arg.is_hide_possible_values_set() {
        let names: Vec<&str> = values.iter().map(|value| value.get_name()).collect();
        text.push_str(&format!(" (one of {})", names.join(", ")));
    }
    if let Some(default) =
        arg.get_default_values().first().filter(|_| takes_value(arg) && !arg.is_hide_default_value_set())
    {
        text.push_str(&format!(" [default: {}]", default.to_string_lossy()));
    }
    if let Some(variable) = arg.get_env() {
        text.push_str(&format!(" [environment: {}]", variable.to_string_lossy()));
    }
    paragraphs(page, &text, "IP");
}

fn takes_value(arg: &Arg) -> bool {
    arg.get_num_args().is_some_and(|count| count.takes_values())
}

fn value_name(arg: &Arg) -> String {
    let names = arg.get_value_names().unwrap_or_default();
    names.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(" ")
}

/// `-w, --timeout DUR`, or the name of a positional argument.
fn title(arg: &Arg) -> Vec<Inline> {
    let value = value_name(arg);
    if arg.is_positional() {
        return vec![italic(value)];
    }
    let names = arg.get_short().map(|short| format!("-{short}")).into_iter();
    let names = names.chain(arg.get_long().map(|long| format!("--{long}")));
    let aliases = arg.get_visible_aliases().unwrap_or_default();
    let names = names.chain(aliases.iter().map(|alias| format!("--{alias}")));
    let mut parts: Vec<Inline> = Vec::new();
    for name in names {
        if !parts.is_empty() {
            parts.push(roman(", "));
        }
        parts.push(bold(name));
    }
    let optional = arg.get_num_args().is_some_and(|count| count.min_values() == 0);
    match (takes_value(arg), optional) {
        (true, true) => parts.extend([roman("[="), italic(value), roman("]")]),
        (true, false) => parts.extend([roman(" "), italic(value)]),
        (false, _) if matches!(arg.get_action(), ArgAction::Count) => parts.push(roman(" (repeat for more)")),
        (false, _) => {}
    }
    parts
}

/// Paragraphs are filled; indented lines stay as they are.
fn prose(page: &mut Roff, text: &str) {
    paragraphs(page, text, "PP");
}

/// `between` is the macro that begins each paragraph but the first.
fn paragraphs(page: &mut Roff, text: &str, between: &str) {
    for (at, block) in text.trim_end().split("\n\n").enumerate() {
        let indented = block.starts_with(' ');
        if at > 0 {
            page.control(between, []);
        }
        if indented {
            page.control("nf", []);
            for line in block.lines() {
                page.text([roman(line)]);
            }
            page.control("fi", []);
        } else {
            fill(page, block);
        }
    }
}

/// Text in lines of source that are easy to compare.
fn fill(page: &mut Roff, text: &str) {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > WIDTH {
            page.text([roman(std::mem::take(&mut line))]);
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        page.text([roman(line)]);
    }
}

/// A backslash in the text is `\e` in roff; two of them are left for what macros read twice (groff(7)).
fn plain_backslashes(page: &str) -> String {
    page.replace("\\\\", "\\e")
}
