//! The program from outside: the built binary against real peers, a file for each verb and theme.
//!
//! The name of a test begins with the number of the promise it checks in docs/behaviours.md (`b05_…`).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // A test fails by panicking.

mod support;

mod access;
mod addresses;
mod bounds;
mod bridges;
mod capture;
mod completions;
mod conversations;
mod datagrams;
mod events;
mod failures;
mod foreign_users;
#[cfg(feature = "http")]
mod http;
mod inherited;
#[cfg(feature = "interactive")]
mod interactive;
mod kept;
mod kept_datagrams;
mod kept_limits;
mod kept_messages;
mod kept_opening;
mod kept_verbs;
mod lines;
mod listening;
mod misbehave;
mod mishaps;
mod output;
mod programs;
mod proxies;
mod races;
mod recipes;
mod records;
mod replay;
mod resolve;
mod services;
mod standard_streams;
mod steps;
mod streams;
#[cfg(feature = "tls")]
mod tls;
#[cfg(feature = "tuples")]
mod tuples;
mod unix;
mod view;
mod wait;
#[cfg(feature = "ws")]
mod websocket;
mod wording;
#[cfg(feature = "zmq")]
mod zeromq;
