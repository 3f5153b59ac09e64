//! `netverb`: netcat with verbs.

pub mod access;
pub mod address;
#[cfg(test)]
mod chunking;
pub mod cli;
pub mod commands;
pub mod condition;
pub mod conversation;
pub mod event;
pub mod exit;
pub mod failure;
pub mod filter;
pub mod json_field;
pub mod keeper;
pub mod limits;
pub mod message;
pub mod output;
pub mod quantity;
pub mod relay;
pub mod run;
pub mod service;
pub mod sys;
#[cfg(feature = "interactive")]
pub mod terminal;
pub mod transport;
#[cfg(feature = "tuples")]
pub mod tuple;
