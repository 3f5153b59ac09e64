//! TELNET (RFC 854) as the user's end speaks it: commands are taken out of what is received and answered, what is sent is
//! written for a network virtual terminal. Bytes in, bytes out, no I/O.

mod negotiation;

use negotiation::Negotiation;

const IAC: u8 = 255;
const DONT: u8 = 254;
const DO: u8 = 253;
const WONT: u8 = 252;
const WILL: u8 = 251;
const SB: u8 = 250;
const SE: u8 = 240;

/// The peer echoes what it gets (RFC 857).
const ECHO: u8 = 1;
/// Nobody says "go ahead" (RFC 858).
const SUPPRESS_GO_AHEAD: u8 = 3;
/// The name of our terminal (RFC 1091).
const TERMINAL_TYPE: u8 = 24;
/// The size of our window (RFC 1073).
const WINDOW_SIZE: u8 = 31;

/// In a terminal type's subnegotiation: the name follows; tell it.
const IS: u8 = 0;
const SEND: u8 = 1;

/// How much of a subnegotiation is looked at, in bytes; those that are answered have one.
const LONGEST: usize = 64;

/// What our end has to tell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Terms {
    /// The name of our terminal, if there is one.
    pub terminal: Option<String>,
    /// The columns and rows of our window, if there is one.
    pub window: Option<(u16, u16)>,
}

/// Where in the received stream we are.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    Data,
    /// After a CR, whose NUL is no data.
    Return,
    Command,
    /// After WILL, WONT, DO or DONT.
    Option(u8),
    Subnegotiation,
    /// After an IAC in a subnegotiation.
    SubnegotiationCommand,
}

/// Both directions of one connection.
#[derive(Debug, Default)]
pub struct Telnet {
    terms: Terms,
    state: State,
    negotiation: Negotiation,
    subnegotiation: Vec<u8>,
    answers: Vec<u8>,
    /// A CR was sent, and what follows it has not been.
    after_cr: bool,
}

impl Telnet {
    /// The start of a connection.
    pub fn new(terms: Terms) -> Self {
        Telnet { terms, ..Telnet::default() }
    }

    /// Takes received bytes, appends the data among them, and prepares answers to the commands.
    pub fn receive(&mut self, input: &[u8], data: &mut Vec<u8>) {
        data.reserve(input.len());
        for byte in input {
            self.state = match (self.state, *byte) {
                (State::Data | State::Return, IAC) => State::Command,
                (State::Return, 0) => State::Data,
                (State::Data | State::Return, byte) => {
                    data.push(byte);
                    if byte == b'\r' { State::Return } else { State::Data }
                }
                (State::Command, IAC) => {
                    data.push(IAC);
                    State::Data
                }
                (State::Command, verb @ (WILL | WONT | DO | DONT)) => State::Option(verb),
                (State::Command, SB) => {
                    self.subnegotiation.clear();
                    State::Subnegotiation
                }
                // NOP, GA and the others ask for nothing that a user's end could do.
                (State::Command, _) => State::Data,
                (State::Option(verb), option) => {
                    self.negotiate(verb, option);
                    State::Data
                }
                (State::Subnegotiation, IAC) => State::SubnegotiationCommand,
                (State::SubnegotiationCommand, SE) => {
                    self.answer_subnegotiation();
                    State::Data
                }
                (State::Subnegotiation | State::SubnegotiationCommand, byte) => {
                    if self.subnegotiation.len() < LONGEST {
                        self.subnegotiation.push(byte);
                    }
                    State::Subnegotiation
                }
            };
        }
    }

    /// Appends data as it is sent: each IAC doubled, each line end CR LF, each other CR with a NUL.
    pub fn send(&mut self, data: &[u8], output: &mut Vec<u8>) {
        output.reserve(data.len());
        for byte in data {
            match (self.after_cr, *byte) {
                (true, b'\n') => output.push(b'\n'),
                (false, b'\n') => output.extend_from_slice(b"\r\n"),
                (after_cr, byte) => {
                    if after_cr {
                        output.push(0);
                    }
                    output.push(byte);
                    if byte == IAC {
                        output.push(IAC);
                    }
                }
            }
            self.after_cr = *byte == b'\r';
        }
    }

    /// Nothing more is sent for the moment: appends what a CR at the end needs.
    pub fn settle(&mut self, output: &mut Vec<u8>) {
        if std::mem::take(&mut self.after_cr) {
            output.push(0);
        }
    }

    /// The answers to be sent.
    pub fn take_answers(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.answers)
    }

    /// Our window has another size.
    pub fn resize(&mut self, columns: u16, rows: u16) {
        let new = Some((columns, rows));
        if self.terms.window.is_some() && self.terms.window != new {
            self.terms.window = new;
            self.tell_window();
        }
    }

    /// Whether what is typed is a secret: the peer echoes, and not each character, so it echoes nothing.
    pub fn hides_input(&self) -> bool {
        self.negotiation.peer(ECHO) && !self.negotiation.peer(SUPPRESS_GO_AHEAD)
    }

    /// Whether the peer wants each character as it is typed (RFC 857 and 858 together).
    pub fn wants_characters(&self) -> bool {
        self.negotiation.peer(ECHO) && self.negotiation.peer(SUPPRESS_GO_AHEAD)
    }

    fn negotiate(&mut self, verb: u8, option: u8) {
        let answer = match verb {
            WILL | WONT => {
                let fine = matches!(option, ECHO | SUPPRESS_GO_AHEAD);
                self.negotiation.peer_says(option, verb == WILL, fine).map(|on| if on { DO } else { DONT })
            }
            _ => {
                let fine = match option {
                    SUPPRESS_GO_AHEAD => true,
                    TERMINAL_TYPE => self.terms.terminal.is_some(),
                    WINDOW_SIZE => self.terms.window.is_some(),
                    _ => false,
                };
                self.negotiation.we_are_told(option, verb == DO, fine).map(|on| if on { WILL } else { WONT })
            }
        };
        let Some(answer) = answer else { return };
        self.answers.extend_from_slice(&[IAC, answer, option]);
        if (answer, option) == (WILL, WINDOW_SIZE) {
            self.tell_window();
        }
    }

    fn tell_window(&mut self) {
        let Some((columns, rows)) = self.terms.window.filter(|_| self.negotiation.ours(WINDOW_SIZE)) else { return };
        let size: Vec<u8> = columns.to_be_bytes().into_iter().chain(rows.to_be_bytes()).collect();
        self.subnegotiate(WINDOW_SIZE, &size);
    }

    fn answer_subnegotiation(&mut self) {
        let asked = self.subnegotiation.starts_with(&[TERMINAL_TYPE, SEND]) && self.negotiation.ours(TERMINAL_TYPE);
        if let Some(name) = self.terms.terminal.clone().filter(|_| asked) {
            let text: Vec<u8> = std::iter::once(IS).chain(name.bytes()).collect();
            self.subnegotiate(TERMINAL_TYPE, &text);
        }
    }

    fn subnegotiate(&mut self, option: u8, value: &[u8]) {
        self.answers.extend_from_slice(&[IAC, SB, option]);
        for byte in value {
            self.answers.push(*byte);
            if *byte == IAC {
                self.answers.push(IAC);
            }
        }
        self.answers.extend_from_slice(&[IAC, SE]);
    }
}

#[cfg(test)]
mod tests;
