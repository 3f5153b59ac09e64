#!/usr/bin/env bash
# A tour of netverb: builds it, then shows its main job on real sockets of this machine. The lines that begin with $ are
# commands as you would type them, run as they stand; what they print is below them. Ends with a status that is not 0 when
# anything is not as it should be.
set -euo pipefail

cd "$(dirname "$0")/.."
echo "Building netverb; the first time takes about a minute."
cargo build --quiet
PATH=$PWD/target/debug:$PATH

place=$(mktemp -d)
cd "$place"
# What is kept here is apart from what you keep, and ends with the tour.
export NETVERB_SESSION_DIR=$place/kept
finish() {
  trap - EXIT
  netverb close --all --quiet || true
  kill $(jobs -p) 2>/dev/null || true
  rm -rf "$place"
}
trap finish EXIT

if [ -t 1 ]; then bold=$(printf '\033[1m') plain=$(printf '\033[0m'); else bold='' plain=''; fi
scene() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }

# show COMMAND [OUTPUT]: shows a command and runs it; what it prints has to be OUTPUT.
show() {
  printf '$ %s\n' "$1"
  if [ $# = 1 ]; then
    eval "$1"
    return
  fi
  eval "$1" >printed
  cat printed
  if [ "$(cat printed)" != "$2" ]; then
    printf 'That is wrong. It should have been:\n%s\n' "$2" >&2
    exit 1
  fi
}

# listens: waits until the listener that was just started has said its port.
listens() {
  until [ -s port ]; do sleep 0.02; done
  port=$(cat port)
  rm port
}

scene "1. A file goes from one netverb to another, over TCP, and arrives whole."
show 'seq 1000000 > numbers'
show 'netverb accept localhost:0 --port-file port > copy &'
listens
show "netverb open localhost:$port --send-only -v < numbers"
show 'wait'
show 'cmp numbers copy && echo the same' 'the same'

scene "2. Name a socket and it stays: a script holds a conversation, one command at a time."
show "netverb accept localhost:0 --port-file port --once \\
    -c 'echo 220 ready; read -r x; echo \"250 \$x\"; read -r x; echo 221 bye' &"
listens
show "netverb open localhost:$port/mail" 'mail'
show 'netverb read mail' '220 ready'
show "netverb ask mail --line 'EHLO tour'" '250 EHLO tour'
show 'netverb sockets'
show 'netverb ask mail --line QUIT' '221 bye'
show 'netverb close mail'

scene "3. TLS: nobody is trusted without a reason, and the message says what the reason could be."
show "netverb accept tls://localhost:0 --port-file port --self-signed --once -c 'echo secret' 2> said &"
listens
show "netverb open tls://localhost:$port < /dev/null || echo status \$?" 'status 60'
show "netverb open tls://localhost:$port --pin \$(grep -o 'sha256:.*' said) < /dev/null" 'secret'

scene "4. Values with types instead of bytes."
show 'netverb recv-tuple --listen localhost:0 --port-file port > values &'
listens
show "netverb send-tuple localhost:$port 42 2.5 'part A'"
show 'wait; cat values' $'42\n2.5\npart A'

scene "5. What goes wrong has one line and a number."
show "netverb open localhost:$port || echo status \$?" 'status 7'
show 'netverb open localhost:80x || echo status $?' 'status 3'

scene "That was all as it should be. Next: cargo test, the recipes in the README, and netverb -h."
