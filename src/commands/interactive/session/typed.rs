//! What a person types: lines that are sent, commands that are obeyed.

use super::{Ours, Session, converter};
use crate::commands::interactive::Ending;
use crate::commands::interactive::front::{Input, View};
use crate::commands::interactive::link::{Link, Lost};
use crate::commands::interactive::secrets;
use crate::commands::interactive::slash::{self, Command, Which};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::filter::LineEnding;
use crate::relay::Traffic;
use crate::terminal::{Entry, Mark};
use tokio::time::Instant;

impl Session<'_, '_> {
    pub(super) async fn typed(&mut self, input: Input) -> Option<Ending> {
        let again = matches!(input, Input::Interrupt { idle: true }) && self.interrupted;
        // Drawing is no key.
        self.interrupted &= matches!(input, Input::Resized);
        match input {
            Input::Line(line) => return self.line(line).await,
            Input::End if self.terms.detaches => return Some(Ending::Detached),
            Input::End if !self.link.has_half_close() => return self.close().await,
            Input::End => self.end_ours(),
            Input::Interrupt { idle: true } if again || self.leaving.is_some() => return Some(Ending::Interrupted),
            Input::Interrupt { .. } if std::mem::take(&mut self.secures) => self.note("TLS does not begin"),
            Input::Interrupt { idle } => match self.outgoing.stop_file() {
                Some(note) => self.note(note),
                None if idle => {
                    self.interrupted = true;
                    let leave =
                        if self.terms.detaches { "Ctrl-D leaves the socket open" } else { "Ctrl-D ends our data" };
                    self.note(format!("Ctrl-C again leaves; {leave}; /help for help"));
                }
                None => {}
            },
            Input::Redraw => {}
            Input::Resized => self.tell_window(),
            Input::Note(text) => self.note(text),
        }
        None
    }

    fn end_ours(&mut self) {
        match (self.ours, self.terms.half_close) {
            (Ours::Open, true) => {
                self.ours = Ours::Ending;
                self.note("the end of our data is sent; what still comes is shown; Ctrl-C twice or /close leaves");
            }
            (Ours::Open, false) => {
                self.ours = Ours::Ending;
                self.note("our data has ended, and the peer is not told (--no-shutdown)");
            }
            (Ours::Ending | Ours::Ended, _) => self.note("our data has ended already; Ctrl-C twice or /close leaves"),
        }
    }

    async fn line(&mut self, line: Vec<u8>) -> Option<Ending> {
        let secret = self.hides_input();
        let challenged = std::mem::take(&mut self.challenged);
        if let (Ok(text), false) = (std::str::from_utf8(&line), secret || challenged)
            && !secrets::tells(text)
            && let Some(editor) = self.front.editor()
            && let Err(error) = editor.history().add(text)
        {
            let reason = crate::failure::reason(&error);
            if self.outgoing.first_trouble() {
                self.trouble(format!("the history cannot be written: {reason}"));
            }
        }
        match line.strip_prefix(b"/") {
            None => self.say(&line, secret),
            Some(rest) if rest.starts_with(b"/") => self.say(rest, secret),
            Some(_) => {
                let mut text = String::from_utf8_lossy(&line).into_owned();
                text.retain(|c| !c.is_control());
                if !self.front.echoes() {
                    self.note(text.clone());
                }
                match slash::parse(&text) {
                    Err(wrong) => self.trouble(wrong),
                    Ok(command) => return self.obey(command).await,
                }
            }
        }
        None
    }

    fn say(&mut self, line: &[u8], secret: bool) {
        if let Some(why) = self.cannot_send() {
            if let (Ok(text), Some(editor)) = (std::str::from_utf8(line), self.front.editor()) {
                editor.put_back(text);
            }
            return self.trouble(why);
        }
        self.answered();
        let lines = match secret {
            true => vec![Entry::new(Mark::Out, "(not shown)")],
            false => self.outgoing.shown_line(line),
        };
        match self.link.has_messages() {
            true => self.outgoing.messages(line),
            false => self.outgoing.line(line),
        }
        if !self.front.echoes() || self.outgoing.is_hex() {
            self.show(&lines);
        }
    }

    /// A prompt of the peer stays above what answers it.
    fn answered(&mut self) {
        if !self.quiet {
            return;
        }
        let mut lines = Vec::new();
        self.incoming.answered(&mut lines);
        self.show(&lines);
    }

    fn cannot_send(&self) -> Option<String> {
        if self.terms.traffic == Traffic::ReceiveOnly {
            return Some("this socket only receives".to_owned());
        }
        if self.ours != Ours::Open {
            return Some("our data has ended: nothing more can be sent".to_owned());
        }
        if self.secures {
            return Some("TLS is about to begin: nothing more is sent in clear".to_owned());
        }
        self.outgoing.refusal()
    }

    async fn obey(&mut self, command: Command) -> Option<Ending> {
        match command {
            Command::Help => self.help(),
            Command::Hex => {
                let hex = !self.incoming.is_hex();
                let mut lines = Vec::new();
                self.incoming.set_hex(hex, &mut lines);
                self.outgoing.set_hex(hex);
                self.show(&lines);
                self.note(if hex { "bytes are shown in hexadecimal" } else { "bytes are shown as text" });
            }
            Command::Time => {
                self.times = !self.times;
                self.note(if self.times { "times are shown, in UTC" } else { "times are not shown" });
            }
            Command::LineEndings | Command::SetLineEndings(..) if self.link.has_messages() => {
                self.note("each line is a message here, and nothing ends it");
            }
            Command::LineEndings if self.terms.detaches => self.note("lines end as the socket was opened to end them"),
            Command::LineEndings => self.note(self.terms.endings.to_string()),
            Command::SetLineEndings(which, kind) => self.set_endings(which, kind),
            Command::Send(bytes) => match self.cannot_send() {
                Some(why) => self.trouble(why),
                None => {
                    self.answered();
                    let lines = self.outgoing.shown_bytes(&bytes);
                    self.outgoing.bytes(bytes);
                    self.show(&lines);
                }
            },
            Command::SendFile(path) => match self.cannot_send() {
                Some(why) => self.trouble(why),
                None => match self.outgoing.file(&path, self.link.has_messages(), self.link.limit()) {
                    Ok(note) => self.note(note),
                    Err(why) => self.trouble(why),
                },
            },
            Command::StartTls => {
                self.secures = true;
                if !self.outgoing.is_empty() {
                    self.note("TLS begins when everything is sent; Ctrl-C gives up");
                }
            }
            Command::EndOfData if !self.link.has_half_close() => return self.close().await,
            Command::EndOfData => self.end_ours(),
            Command::Close => return self.close().await,
        }
        None
    }

    async fn close(&mut self) -> Option<Ending> {
        if let Link::Kept(kept) = &mut self.link {
            return Some(match kept.close().await {
                Ok(()) => Ending::Closed,
                Err(failure) => Ending::Lost(Lost::Kept(failure)),
            });
        }
        self.leaving = Some(Instant::now());
        if self.ours == Ours::Open {
            self.ours = Ours::Ending;
        }
        None
    }

    fn set_endings(&mut self, which: Which, kind: LineEnding) {
        if matches!(which, Which::In | Which::Both) {
            self.terms.endings.incoming = Some(kind);
            let mut lines = Vec::new();
            if let Some(mut old) = self.converter.take() {
                let mut held = Vec::new();
                old.finish(&mut held);
                self.incoming.push(&held, &mut lines);
            }
            self.converter = converter(Some(kind));
            self.show(&lines);
        }
        if matches!(which, Which::Out | Which::Both) {
            self.terms.endings.outgoing = Some(kind);
            self.outgoing.set_ending(Some(kind));
        }
        self.note(self.terms.endings.to_string());
    }

    fn help(&mut self) {
        let end = match self.terms.detaches {
            true => "Ctrl-D on an empty line leaves, and the socket stays open.",
            false if !self.link.has_half_close() => "Ctrl-D on an empty line closes the connection.",
            false => "Ctrl-D on an empty line ends our data; what still comes is shown.",
        };
        let has_editor = self.front.editor().is_some();
        let unit = if self.link.has_messages() { "Enter sends a message" } else { "Enter sends a line" };
        let mut text = vec![format!("{unit}. What came from the peer is marked <, what went to it >.")];
        let keys: &[&str] = match has_editor {
            true => &[
                "Ctrl-C clears the line; twice on an empty line it leaves.",
                "Ctrl-R searches the history, Ctrl-L clears the screen, Ctrl-Z stops until fg.",
            ],
            false => &["Ctrl-C leaves. This terminal (TERM) moves no cursor: there is no line editor."],
        };
        text.extend(keys.iter().chain([&end]).map(|line| (*line).to_owned()));
        text.extend(slash::help(has_editor));
        let entries: Vec<Entry> = text.into_iter().map(|line| Entry::new(Mark::Note, line)).collect();
        self.front.show(&entries, None);
    }

    /// Goes on in TLS, as soon as everything is sent that was typed before.
    pub(super) async fn start_tls(&mut self) -> Result<(), Failure> {
        if !self.secures || !self.outgoing.is_empty() {
            return Ok(());
        }
        self.secures = false;
        self.note(if self.front.echoes() { "beginning TLS" } else { "beginning TLS; Ctrl-C gives up" });
        self.refresh();
        let link = std::mem::replace(&mut self.link, Link::Gone);
        let mut starting = (self.starter)(link);
        let started = loop {
            let front = &mut self.front;
            let typed = std::future::poll_fn(|cx| {
                let _ = front.poll_flush(cx);
                front.poll_input(cx)
            });
            tokio::select! {
                biased;
                started = &mut starting => break started,
                typed = typed => match typed {
                    Ok(Input::Interrupt { .. }) => {
                        return Err(Failure::message(Exit::TlsFailed, "the TLS handshake was given up"));
                    }
                    Ok(Input::Line(line)) => {
                        if let (Ok(text), Some(editor)) = (String::from_utf8(line), self.front.editor()) {
                            editor.put_back(&text);
                        }
                    }
                    Ok(_) => {}
                    Err(_) => return Err(Failure::message(Exit::OutputFailed, "the terminal is gone")),
                },
            }
            let label = "(TLS) ";
            self.front.refresh(&View { unfinished: self.incoming.unfinished(), label, hidden: false });
        };
        let (link, said) = started;
        self.link = link;
        match said {
            Ok(note) => {
                self.note(note);
                Ok(())
            }
            // The connection is as it was.
            Err(failure) if !matches!(self.link, Link::Gone) => {
                self.trouble(failure.line());
                for hint in failure.hints {
                    self.trouble(hint);
                }
                Ok(())
            }
            Err(failure) => Err(failure),
        }
    }
}
