//! Who may connect: rules and the policy that decides on a peer. No I/O: names are resolved by a function that is passed in.
