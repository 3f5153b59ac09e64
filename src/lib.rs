//! `netverb`: netcat with verbs.

pub mod access;
pub mod address;
pub mod condition;
pub mod exit;
pub mod failure;
pub mod keeper;
