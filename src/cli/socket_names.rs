//! The names of open sockets in completions: shells ask `sockets --ids`, which waits for no keeper and starts nothing.

use super::generate::Shell;

/// The verbs whose argument is a kept socket.
const VERBS: &str = "read|write|ask|expect|secure|next|close|wait|attach";

/// How the words that stand for a kept socket begin their help: clap's text for zsh has it.
const MARK: &str = "The kept ";

/// Adds the names to the completions that clap has made.
pub fn add(shell: Shell, text: &str) -> String {
    match shell {
        Shell::Bash => format!(
            "{text}
_netverb_with_sockets() {{
    _netverb \"$@\"
    local current=\"${{COMP_WORDS[COMP_CWORD]}}\" word
    [[ $current == -* ]] && return
    for word in \"${{COMP_WORDS[@]:1:COMP_CWORD-1}}\"; do
        case \"$word\" in
            {VERBS})
                COMPREPLY+=($(compgen -W \"$(netverb sockets --ids 2>/dev/null)\" -- \"$current\"))
                return ;;
        esac
    done
}}
complete -F _netverb_with_sockets -o bashdefault -o default netverb
"
        ),
        Shell::Zsh => {
            let offer = |line: &str| match line.contains(MARK) {
                true => line.replace(":_default'", ":_netverb_sockets'"),
                false => line.to_owned(),
            };
            let lines: Vec<String> = text.lines().map(offer).collect();
            let function = "_netverb_sockets() {
    local -a ids
    ids=(${(f)\"$(netverb sockets --ids 2>/dev/null)\"})
    compadd -a ids
}
";
            // Defined before the function that is called when the file is sourced.
            let (head, body) = text_after_head(&lines);
            format!("{head}\n{function}\n{body}\n")
        }
        Shell::Fish => {
            let mut text = text.to_owned();
            for verb in VERBS.split('|') {
                text.push_str(&format!(
                    "complete -c netverb -n \"__fish_seen_subcommand_from {verb}\" -f -a \"(netverb sockets --ids 2>/dev/null)\"\n"
                ));
            }
            text
        }
    }
}

/// The `#compdef` line, which has to be the first, and the rest.
fn text_after_head(lines: &[String]) -> (String, String) {
    match lines.split_first() {
        Some((head, body)) => (head.clone(), body.join("\n")),
        None => (String::new(), String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::generate::completions;

    #[test]
    fn every_shell_asks_for_the_ids() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            assert!(completions(shell).unwrap().contains("netverb sockets --ids"), "{shell:?}");
        }
        let zsh = completions(Shell::Zsh).unwrap();
        assert!(zsh.starts_with("#compdef netverb\n"));
        assert!(zsh.matches(":_netverb_sockets'").count() >= 6, "{zsh}");
    }
}
