//! Which options are on, and what is answered: the Q method (RFC 1143) of an end that never asks for anything itself. A state
//! is answered when it changes, a refused request each time, and what is so already not at all; hence no loops.

/// One bit for each option.
#[derive(Debug, Default)]
struct Options([u64; 4]);

impl Options {
    fn get(&self, option: u8) -> bool {
        self.0.get(usize::from(option / 64)).is_some_and(|word| word >> (option % 64) & 1 == 1)
    }

    fn set(&mut self, option: u8, on: bool) {
        if let Some(word) = self.0.get_mut(usize::from(option / 64)) {
            let bit = 1 << (option % 64);
            *word = if on { *word | bit } else { *word & !bit };
        }
    }

    /// A request that an option be on or off; the answer, if it needs one.
    fn request(&mut self, option: u8, on: bool, fine: bool) -> Option<bool> {
        match (self.get(option), on) {
            (true, true) | (false, false) => None,
            (false, true) if !fine => Some(false),
            _ => {
                self.set(option, on);
                Some(on)
            }
        }
    }
}

/// The options of both ends.
#[derive(Debug, Default)]
pub struct Negotiation {
    ours: Options,
    peers: Options,
}

impl Negotiation {
    /// The peer says WILL (`on`) or WONT; the answer is DO (true), DONT or none. `fine`: we have nothing against it.
    pub fn peer_says(&mut self, option: u8, on: bool, fine: bool) -> Option<bool> {
        self.peers.request(option, on, fine)
    }

    /// The peer says DO (`on`) or DONT; the answer is WILL (true), WONT or none. `fine`: we can.
    pub fn we_are_told(&mut self, option: u8, on: bool, fine: bool) -> Option<bool> {
        self.ours.request(option, on, fine)
    }

    /// Whether an option is on at the peer's end.
    pub fn peer(&self, option: u8) -> bool {
        self.peers.get(option)
    }

    /// Whether an option is on at our end.
    pub fn ours(&self, option: u8) -> bool {
        self.ours.get(option)
    }
}
