//! The environment variables that stand for an option.

/// The name under which clap looks for the variable. One that is set to nothing counts as not set, as with `NAME= command`
/// in a shell: it has no name then that anything could have.
pub fn variable(name: &'static str) -> &'static str {
    match std::env::var_os(name) {
        Some(value) if value.is_empty() => "",
        _ => name,
    }
}
