//! `netverb`: netcat with verbs.

pub mod access;
pub mod address;
pub mod exit;
pub mod failure;
pub mod quantity;
