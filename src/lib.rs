//! `netverb`: netcat with verbs.

pub mod access;
pub mod address;
#[cfg(test)]
mod chunking;
pub mod exit;
pub mod failure;
pub mod filter;
pub mod json_field;
pub mod message;
pub mod output;
pub mod quantity;
