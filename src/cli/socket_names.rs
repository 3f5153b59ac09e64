//! The names of open sockets in completions: shells ask `sockets --ids`, which waits for no keeper and starts nothing.

use clap::{Arg, Command};

use super::completions::Shell;

/// The verbs whose first argument is a kept socket.
const KEPT: &str = "read|write|ask|expect|secure|attach|next|close";

/// The verbs whose first argument is an address or a kept socket.
const EITHER: &str = "wait|send-tuple|recv-tuple|receive-tuple";

/// Those of them that take several.
const SEVERAL: &str = "close|wait";

/// How the help of words that stand for a kept socket is known: clap's text for zsh has it.
const MARKS: [&str; 2] = ["The kept ", "the name of a kept socket"];

/// Adds the names to the completions that clap has made of `command`.
pub fn add(shell: Shell, text: &str, command: &Command) -> String {
    match shell {
        Shell::Bash => format!("{text}{}", bash(command)),
        Shell::Zsh => zsh(text),
        Shell::Fish => {
            let verbs = KEPT.split('|').chain(EITHER.split('|'));
            let lines = verbs.map(|verb| {
                let asked = format!("-n \"__fish_netverb_using_subcommand {verb}\"");
                format!("complete -c netverb {asked} -f -a \"(netverb sockets --ids 2>/dev/null)\"\n")
            });
            std::iter::once(text.to_owned()).chain(lines).collect()
        }
    }
}

/// Options that a value follows in a word of its own, with blanks around each.
fn valued<'a>(options: impl Iterator<Item = &'a Arg>) -> String {
    let mut names = String::from(" ");
    for arg in options.filter(|arg| arg.get_action().takes_values() && !arg.is_require_equals_set()) {
        let short = arg.get_short_and_visible_aliases().into_iter().flatten().map(|short| format!("-{short} "));
        let long = arg.get_long_and_visible_aliases().into_iter().flatten().map(|long| format!("--{long} "));
        names.extend(short.chain(long));
    }
    names
}

/// A function around clap's. It goes through the words to see whether the current one can be a socket, and leaves options to
/// whoever begins one where there is something else to offer.
fn bash(command: &Command) -> String {
    let global = valued(command.get_opts());
    let of_verbs: String = KEPT
        .split('|')
        .chain(EITHER.split('|'))
        .filter_map(|name| Some((name, command.find_subcommand(name)?)))
        .map(|(name, verb)| format!("                {name}) valued=\"{}\" ;;\n", valued(verb.get_opts())))
        .collect();
    format!(
        "
_netverb_with_names() {{
    _netverb \"$@\"
    local current=\"${{COMP_WORDS[COMP_CWORD]}}\" verb='' valued='{global}' offers='' word
    local -i place=1 step taken=0
    local -a session=() plain=()
    [[ $current == -* ]] && return
    while (( place < COMP_CWORD )); do
        word=\"${{COMP_WORDS[place]}}\" step=1
        if [[ $word == -- ]]; then
            return
        elif [[ $word == -* ]]; then
            if [[ $valued == *\" $word \"* ]]; then
                step=2
                [[ ${{COMP_WORDS[place+1]}} == = ]] && step=3
                [[ $word == --session* ]] && session+=(\"$word\" \"${{COMP_WORDS[place+step-1]}}\")
            fi
        elif [[ -z $verb ]]; then
            verb=\"$word\"
            case \"$verb\" in
{of_verbs}            esac
        else
            taken+=1
        fi
        place+=step
    done
    # The value of an option.
    (( place > COMP_CWORD )) && return
    case \"$verb\" in
        {KEPT}) compopt +o default +o bashdefault 2>/dev/null; offers=yes ;;
        {EITHER}) offers=yes ;;
    esac
    case \"$verb\" in
        {SEVERAL}) ;;
        *) (( taken )) && offers='' ;;
    esac
    if [[ -n $offers ]]; then
        COMPREPLY+=($(compgen -W \"$(netverb \"${{session[@]}}\" sockets --ids 2>/dev/null)\" -- \"$current\"))
    fi
    for word in \"${{COMPREPLY[@]}}\"; do
        [[ $word == -* ]] || plain+=(\"$word\")
    done
    (( ${{#plain[@]}} )) && COMPREPLY=(\"${{plain[@]}}\")
    return 0
}}
complete -F _netverb_with_names -o bashdefault -o default netverb
"
    )
}

fn zsh(text: &str) -> String {
    let offer = |line: &str| match MARKS.iter().any(|mark| line.contains(mark)) {
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
    // The line `#compdef` has to be the first, and the function defined before the one that is called when the file is sourced.
    let (head, body) =
        lines.split_first().map_or((String::new(), String::new()), |(head, body)| (head.clone(), body.join("\n")));
    format!("{head}\n{function}\n{body}\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::completions::completions;

    #[test]
    fn every_shell_asks_for_the_ids() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            assert!(completions(shell).unwrap().contains("sockets --ids"), "{shell:?}");
        }
        let zsh = completions(Shell::Zsh).unwrap();
        assert!(zsh.starts_with("#compdef netverb\n"));
        assert!(zsh.matches(":_netverb_sockets'").count() >= 6, "{zsh}");
    }
}
