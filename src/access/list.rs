//! A list of rules as in `--allow @FILE`: one on each line, `#` begins a comment. Reading the file is the caller's.

use super::{Rule, RuleError};

/// A line that is no rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {source}")]
pub struct ListError {
    /// The number of the line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub source: RuleError,
}

/// Reads a list. Blank lines and comments are left out.
///
/// # Errors
/// [`ListError`] for the first line that is no rule.
pub fn parse_list(text: &str) -> Result<Vec<Rule>, ListError> {
    let rules = text.lines().enumerate().filter_map(|(index, line)| {
        let rule = line.split_once('#').map_or(line, |(before, _)| before).trim();
        (!rule.is_empty()).then(|| Rule::parse(rule).map_err(|source| ListError { line: index + 1, source }))
    });
    rules.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_rule_on_each_line() {
        let text = "# who may\n\n10.0.0.0/8\r\n\t host.example:22  # the gate\n#all\n [::1]:5#x";
        let rules: Vec<String> = parse_list(text).unwrap().iter().map(Rule::to_string).collect();
        assert_eq!(rules, ["10.0.0.0/8", "host.example:22", "[::1]:5"]);
        assert_eq!(parse_list(""), Ok(vec![]));
        assert_eq!(parse_list("# nothing"), Ok(vec![]));
    }

    #[test]
    fn the_first_wrong_line_is_named() {
        for (text, line) in [("::1\n\n10.0.0.0/33\n@x", 3), ("@other", 1), ("10.0.0.1 10.0.0.2", 1), ("all\nall,", 2)] {
            let error = parse_list(text).unwrap_err();
            assert_eq!(error.line, line, "{text:?}");
            assert!(error.to_string().starts_with(&format!("line {line}: malformed access rule ")), "{error}");
        }
    }
}
