//! The words of talking at a terminal: `open --interactive`, `--raw`, `--telnet`, and `attach`.

use clap::Args;

#[cfg(feature = "interactive")]
use super::Verb;
#[cfg(feature = "interactive")]
use super::help;
#[cfg(feature = "interactive")]
use super::kept_id::KeptIdArgs;
#[cfg(feature = "interactive")]
#[cfg(feature = "interactive")]
use crate::commands::attach;
#[cfg(feature = "interactive")]
use crate::commands::interactive::{LineEndings, Options, Style};
#[cfg(feature = "interactive")]
use crate::commands::recorder::DumpTarget;
#[cfg(feature = "interactive")]
use crate::commands::stream::StreamOptions;
#[cfg(feature = "interactive")]
use crate::exit::Exit;
#[cfg(feature = "interactive")]
use crate::failure::Failure;
use crate::filter::telnet::Terms;
#[cfg(feature = "interactive")]
use crate::relay::Traffic;

/// At a terminal.
#[derive(Debug, Args)]
#[command(next_help_heading = "At a terminal")]
pub struct TerminalArgs {
    /// Talk line by line, with an editor and a history; what comes is shown above (/help there says more)
    #[cfg(feature = "interactive")]
    #[arg(long)]
    interactive: bool,
    /// Send each character as it is typed; Ctrl-] leaves
    ///
    /// For programs that draw on the terminal, such as a remote shell: nothing is echoed here, and what the peer sends reaches the
    /// terminal unchanged, its control sequences too.
    #[cfg(feature = "interactive")]
    #[arg(long)]
    raw: bool,
    /// Speak TELNET: answer its negotiation, send lines with CRLF
    #[arg(long)]
    telnet: bool,
}

impl TerminalArgs {
    /// The forms that exclude others.
    pub fn forms(&self) -> (&'static str, bool) {
        #[cfg(feature = "interactive")]
        return if self.raw { ("--raw", true) } else { ("--interactive", self.interactive) };
        #[cfg(not(feature = "interactive"))]
        ("--interactive", false)
    }

    /// What is told to a TELNET peer, if one is spoken to.
    pub fn telnet(&self) -> Option<Terms> {
        let size = rustix::termios::tcgetwinsize(rustix::stdio::stdout()).ok();
        self.telnet.then(|| Terms {
            terminal: size.and_then(|_| std::env::var("TERM").ok()).filter(|term| !term.is_empty()),
            window: size.map(|size| (size.ws_col, size.ws_row)).filter(|(columns, rows)| *columns > 0 && *rows > 0),
        })
    }

    /// How a person talks, if one does. The line ends become the conversation's, which can change them.
    ///
    /// # Errors
    /// Status 2 for words that make no sense there.
    #[cfg(feature = "interactive")]
    pub fn options(&self, stream: &mut StreamOptions) -> Result<Option<Options>, Failure> {
        let style = match (self.raw, self.interactive) {
            (true, _) => Style::Raw,
            (false, true) => Style::Lines,
            (false, false) => return Ok(None),
        };
        let (form, _) = self.forms();
        let dumps_here = stream.recorder.hex_dump == Some(DumpTarget::Stderr);
        let unfit = [
            ("--output", stream.output.is_some(), "--transcript FILE records what passes"),
            ("--send-only", stream.traffic == Traffic::SendOnly, "without --interactive it sends stdin"),
            ("--recv-only", stream.traffic == Traffic::ReceiveOnly, "without --interactive it receives"),
            ("--progress", stream.progress, "leave it out"),
            ("--rate", stream.rate.is_some(), "leave it out"),
            ("--hex-dump -", dumps_here, "type --hex, or --hex-dump FILE"),
            ("--hex", self.raw && stream.hex, "leave out --raw, or type --hex-dump FILE"),
        ];
        if let Some((word, _, remedy)) = unfit.into_iter().find(|(_, given, _)| *given) {
            let text = format!("{word} cannot be used with {form}, which has the terminal to itself");
            return Err(Failure::message(Exit::Usage, text).hint(remedy));
        }
        let endings = LineEndings { incoming: stream.eol_in.take(), outgoing: stream.eol_out.take() };
        Ok(Some(Options { style, endings, hex: std::mem::take(&mut stream.hex) }))
    }
}

/// `attach`
#[cfg(feature = "interactive")]
#[derive(Debug, Args)]
#[cfg_attr(feature = "tls", command(mut_arg("secure", |arg| arg.hide(true))))] // TLS begins with /starttls.
#[command(after_help = help::ATTACH_EXAMPLES)]
pub struct AttachArgs {
    #[command(flatten)]
    id: KeptIdArgs,
    /// Send each character as it is typed, and show what comes unchanged; Ctrl-] leaves
    #[arg(long)]
    raw: bool,
    /// Show bytes in hexadecimal
    #[arg(long, conflicts_with = "raw")]
    hex: bool,
    #[cfg(feature = "tls")]
    #[command(flatten)]
    tls: super::tls::TlsArgs,
}

#[cfg(feature = "interactive")]
impl AttachArgs {
    /// The typed form.
    ///
    /// # Errors
    /// Status 2.
    pub fn into_verb(self) -> Result<Verb, Failure> {
        let style = if self.raw { Style::Raw } else { Style::Lines };
        Ok(Verb::Attach(Box::new(attach::Options {
            id: self.id.id()?,
            style,
            hex: self.hex,
            #[cfg(feature = "tls")]
            terms: super::secure::terms(self.tls.client(true)?, crate::transport::tls::ServerOptions::default()),
        })))
    }
}
