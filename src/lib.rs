//! `netverb`: netcat with verbs.


pub mod address;
pub mod event;
pub mod exit;
pub mod failure;
pub mod filter;
pub mod output;
pub mod relay;
pub mod sys;
pub mod transport;
