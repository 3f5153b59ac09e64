//! Port numbers and service names.
