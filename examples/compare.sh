#!/usr/bin/env bash
# Prints the README's comparison as this machine sees it: a row for each situation, a column for each program in it.
# Needs nc.openbsd, ncat and socat (Debian: netcat-openbsd, ncat, socat) and ss (iproute2); takes about a minute.
set -uo pipefail
cd "$(dirname "$0")/.."
cargo build --quiet || exit 1
PATH=$PWD/target/debug:$PATH
# Nothing that this shell was given is to be taken for a leak.
for given in /proc/self/fd/*; do
  given=${given##*/}
  if [ "$given" -gt 2 ]; then eval "exec $given>&-"; fi
done
place=$(mktemp -d) && cd "$place" || exit 1
trap 'rm -rf "$place"' EXIT
tools=(netverb nc.openbsd ncat socat)

# client TOOL [WORD…]: the command line that joins stdin and stdout to $port.
client() {
  local tool=$1
  shift
  case $tool in
    netverb) words=(netverb open "$@" "localhost:$port") ;;
    nc.openbsd) words=(nc.openbsd -N "$@" localhost "$port") ;;
    ncat) words=(ncat "$@" localhost "$port") ;;
    socat) words=(socat - "TCP:localhost:$port") ;;
  esac
}

# listener TOOL [COMMAND]: the command line that serves one client on $port, with stdin and stdout or with a program.
listener() {
  case $1 in
    netverb) words=(netverb accept --once ${2:+-c "$2"} "localhost:$port") ;;
    nc.openbsd) words=(nc.openbsd -l localhost "$port") ;;
    ncat) words=(ncat -l ${2:+-c "$2"} localhost "$port") ;;
    socat) words=(socat "${2:+SYSTEM:$2}" "TCP-LISTEN:$port,bind=localhost") && words[1]=${words[1]:--} ;;
  esac
}

# peer WORD…: a listener of ours on a free port, which becomes $port.
peer() {
  rm -f port
  netverb accept localhost:0 --port-file port "$@" &
  until [ -s port ]; do sleep 0.02; done
  port=$(cat port)
}

# free_port: a port that nobody listens on becomes $port.
free_port() { peer --recv-only </dev/null && kill $! && wait $!; }

listening() { until ss -Hltn "sport = :$port" | grep -q .; do sleep 0.02; done; }

# verdict STATUS: what became of a command that ran under timeout.
verdict() { if [ "$1" = 124 ]; then echo hangs; else echo "ends with status $1"; fi; }

# amount FILE BYTES: how much of it is there.
amount() {
  local size
  size=$(stat -c %s "$1")
  if [ "$size" = "$2" ]; then echo "all of it"; elif [ "$size" = 0 ]; then echo nothing; else echo "$size bytes of $2"; fi
}

reset() { # The peer resets the connection after a while
  # A process that dies with data it has not read leaves a reset behind.
  peer --once -c 'sleep 0.5; kill -KILL $PPID'
  client "$1"
  { echo question; sleep 2; } | timeout 5 "${words[@]}"
  verdict $?
}

close_while_idle() { # The peer closes while stdin stays open
  peer --once -c true
  client "$1"
  timeout 4 "${words[@]}" < <(sleep 5)
  verdict $?
}

late_answer() { # An answer 3 s after the end of stdin
  peer --once -c 'cat >/dev/null; sleep 3; echo late'
  client "$1"
  echo question | timeout 6 "${words[@]}" >answer
  amount answer 5
}

slow_consumer() { # 10 MB through a pipe whose reader stalls for 2 s
  peer --once -c 'head -c 10000000 /dev/zero'
  client "$1"
  timeout 9 "${words[@]}" </dev/null | { sleep 2; cat >copy; }
  amount copy 10000000
}

consumer_gone() { # The reader of stdout goes away
  peer --once -c yes
  client "$1"
  { timeout 4 "${words[@]}" < <(sleep 5); echo $? >status; } | head -n 1 >first
  verdict "$(cat status)"
}

second_client() { # A second client of a listener for one
  free_port
  listener "$1"
  "${words[@]}" < <(sleep 3) >/dev/null &
  listening
  netverb open "localhost:$port" < <(sleep 2) &
  until ss -Htn state established "dport = :$port" | grep -q .; do sleep 0.02; done
  sleep 0.2
  if netverb open -z "localhost:$port"; then echo "waits in a queue"; else echo "is refused"; fi
}

port_zero() { # Port 0: the listener says
  port=0
  case $1 in
    socat) set -- socat -d -d - TCP-LISTEN:0,bind=localhost ;;
    nc.openbsd) set -- nc.openbsd -lv localhost 0 ;;
    *) listener "$1" && set -- "${words[@]}" && [ "$1" = netverb ] || set -- ncat -lv localhost 0 ;;
  esac
  { timeout 1 "$@" < <(sleep 2); } 2>&1 | grep -i 'listening on' | grep -oE '[0-9]+$' >said
  if grep -q '[1-9]' said; then echo "the real port"; else echo "port $(cat said)"; fi
}

crlf_in_pieces() { # `-C`: CR and LF that come in two reads
  peer -o got --recv-only
  client "$1" -C
  [ "$1" = socat ] && words=(socat - "TCP:localhost:$port,crnl")
  { printf 'a\r'; sleep 0.3; printf '\n'; } | timeout 5 "${words[@]}" >/dev/null
  wait %1
  case $(od -An -tx1 got | tr -d ' ') in 610d0a) echo "sent as they are" ;; 610d0d0a) echo "CR CR LF" ;; *) od -An -c got ;; esac
}

stray_descriptors() { # Sockets and pipes that a program started for a client inherits
  free_port
  [ "$1" = nc.openbsd ] && { echo "no such option"; return; }
  echo 'ls -l /proc/self/fd | grep -cE " ([3-9]|[0-9]{2,}) -> (socket|pipe)"' >count
  listener "$1" 'sh count'
  "${words[@]}" </dev/null &
  listening
  netverb open "localhost:$port" < <(sleep 1)
}

program_answers_late() { # A program's answer 3 s after the client's end of data
  free_port
  [ "$1" = nc.openbsd ] && { echo "no such option"; return; }
  listener "$1" 'cat >/dev/null; sleep 3; echo late'
  "${words[@]}" &
  listening
  echo question | timeout 6 netverb open "localhost:$port" >answer
  amount answer 5
}

printf '| |'
printf ' %s |' "$(netverb --version)" \
  "nc.openbsd $(dpkg-query -f '${Version}' -W netcat-openbsd 2>/dev/null)" \
  "ncat $(ncat --version 2>&1 | grep -oE '[0-9.]+' | head -n 1)" \
  "socat $(socat -V | grep -oE 'version [0-9.]+' | cut -d ' ' -f 2)"
printf '\n|---|---|---|---|---|\n'
for situation in reset close_while_idle late_answer slow_consumer consumer_gone second_client port_zero crlf_in_pieces \
  stray_descriptors program_answers_late; do
  printf '| %s |' "$(sed -n "s/^$situation() { # //p" "$OLDPWD/examples/compare.sh")"
  for tool in "${tools[@]}"; do
    # A session of its own: what a program leaves behind ends with its row.
    printf ' %s |' "$(set -m; { "$situation" "$tool"; } 2>/dev/null; kill $(jobs -p) 2>/dev/null)"
  done
  echo
done
