# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_netverb_global_optspecs
    string join \n v/verbose quiet j/json color= session= session-dir= h/help V/version
end

function __fish_netverb_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_netverb_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_netverb_using_subcommand
    set -l cmd (__fish_netverb_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c netverb -n "__fish_netverb_needs_command" -l color -d 'Use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR says otherwise'
always\t'Always'
never\t'Never'"
complete -c netverb -n "__fish_netverb_needs_command" -l session -d 'Keep sockets, and look for them, in this session' -r
complete -c netverb -n "__fish_netverb_needs_command" -l session-dir -d 'Keep sockets, and look for them, in this directory' -r -F
complete -c netverb -n "__fish_netverb_needs_command" -s v -l verbose -d 'Say more on stderr: -v connections, -vv every chunk'
complete -c netverb -n "__fish_netverb_needs_command" -l quiet -d 'Say nothing on stderr, not even errors'
complete -c netverb -n "__fish_netverb_needs_command" -s j -l json -d 'Events on stderr and reports on stdout as JSON, one a line'
complete -c netverb -n "__fish_netverb_needs_command" -s h -l help -d 'Print help: -h the common options, --help all of them'
complete -c netverb -n "__fish_netverb_needs_command" -s V -l version -d 'Print the version'
complete -c netverb -n "__fish_netverb_needs_command" -f -a "open" -d 'Connect; stream, probe, join a program, keep it'
complete -c netverb -n "__fish_netverb_needs_command" -f -a "connect" -d 'Connect; stream, probe, join a program, keep it'
complete -c netverb -n "__fish_netverb_needs_command" -f -a "accept" -d 'Listen; stream, serve, forward, keep the listener'
complete -c netverb -n "__fish_netverb_needs_command" -f -a "listen" -d 'Listen; stream, serve, forward, keep the listener'
complete -c netverb -n "__fish_netverb_needs_command" -f -a "datagram" -d 'Send and receive datagrams: UDP, Unix, multicast'
complete -c netverb -n "__fish_netverb_needs_command" -f -a "udp" -d 'Send and receive datagrams: UDP, Unix, multicast'
complete -c netverb -n "__fish_netverb_needs_command" -f -a "send-tuple" -d 'Send a tuple of typed values'
complete -c netverb -n "__fish_netverb_needs_command" -f -a "recv-tuple" -d 'Receive tuples of typed values'
complete -c netverb -n "__fish_netverb_needs_command" -f -a "receive-tuple" -d 'Receive tuples of typed values'
complete -c netverb -n "__fish_netverb_needs_command" -f -a "read" -d 'Read from a kept socket'
complete -c netverb -n "__fish_netverb_needs_command" -f -a "write" -d 'Write to a kept socket'
complete -c netverb -n "__fish_netverb_needs_command" -f -a "ask" -d 'Write to a kept socket and read the answer'
complete -c netverb -n "__fish_netverb_needs_command" -f -a "expect" -d 'Wait for the first of several patterns on a kept socket'
complete -c netverb -n "__fish_netverb_needs_command" -f -a "secure" -d 'Upgrade a kept socket to TLS'
complete -c netverb -n "__fish_netverb_needs_command" -f -a "attach" -d 'Talk over a kept socket at this terminal'
complete -c netverb -n "__fish_netverb_needs_command" -f -a "next" -d 'Take the next connection of a kept listener'
complete -c netverb -n "__fish_netverb_needs_command" -f -a "close" -d 'Close kept sockets'
complete -c netverb -n "__fish_netverb_needs_command" -f -a "sockets" -d 'List the kept sockets'
complete -c netverb -n "__fish_netverb_needs_command" -f -a "session" -d 'Group kept sockets, so that they end together'
complete -c netverb -n "__fish_netverb_needs_command" -f -a "wait" -d 'Wait until targets answer, or are gone; then run a command'
complete -c netverb -n "__fish_netverb_needs_command" -f -a "resolve" -d 'Look up names and addresses'
complete -c netverb -n "__fish_netverb_needs_command" -f -a "zmq-keygen" -d 'Make a pair of keys for encrypted ZeroMQ (CURVE)'
complete -c netverb -n "__fish_netverb_needs_command" -f -a "completions" -d 'Print completions for a shell'
complete -c netverb -n "__fish_netverb_needs_command" -f -a "man" -d 'Print the manual page of netverb, or of a verb'
complete -c netverb -n "__fish_netverb_needs_command" -f -a "help" -d 'Print help on a verb or a topic'
complete -c netverb -n "__fish_netverb_using_subcommand open" -l on-open -d 'Run a shell command when the connection stands, with the socket\'s ID as its first argument' -r
complete -c netverb -n "__fish_netverb_using_subcommand open" -l name -d 'The name to keep the socket under, for any address' -r
complete -c netverb -n "__fish_netverb_using_subcommand open" -l keep -d 'Keep the socket, named or not, until nobody has used it for DUR; none: for ever [default: 10m]' -r
complete -c netverb -n "__fish_netverb_using_subcommand open" -l owner -d 'End the socket with this process' -r
complete -c netverb -n "__fish_netverb_using_subcommand open" -l buffer -d 'How much is read ahead before the peer is slowed down [default: 1M]' -r
complete -c netverb -n "__fish_netverb_using_subcommand open" -l expect -d 'Wait for data that matches RE; all up to its end goes to stdout (repeat)' -r
complete -c netverb -n "__fish_netverb_using_subcommand open" -l fail-on -d 'From here on, fail with 1 when RE matches while something is expected (repeat)' -r
complete -c netverb -n "__fish_netverb_using_subcommand open" -l send -d 'Send TEXT (repeat)' -r
complete -c netverb -n "__fish_netverb_using_subcommand open" -l send-line -d 'Send TEXT and the line ending of --eol-out, else LF (repeat)' -r
complete -c netverb -n "__fish_netverb_using_subcommand open" -l send-file -d 'Send what is in FILE; - is stdin (repeat)' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand open" -l sleep -d 'Wait this long (repeat)' -r
complete -c netverb -n "__fish_netverb_using_subcommand open" -l replay -d 'Play our end of a recorded --transcript: open the client, accept the server' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand open" -s e -l exec -d 'Join a program to the connection, without a shell' -r
complete -c netverb -n "__fish_netverb_using_subcommand open" -s c -l sh-exec -d 'Join a shell command to the connection' -r
complete -c netverb -n "__fish_netverb_using_subcommand open" -l eol -d 'Line ending of the peer: lf, crlf, cr, none; converts both directions' -r -f -a "lf\t''
crlf\t''
cr\t''
none\t''"
complete -c netverb -n "__fish_netverb_using_subcommand open" -l eol-in -d 'Line ending that the peer sends; becomes LF' -r -f -a "lf\t''
crlf\t''
cr\t''
none\t''"
complete -c netverb -n "__fish_netverb_using_subcommand open" -l eol-out -d 'Line ending that the peer gets' -r -f -a "lf\t''
crlf\t''
cr\t''
none\t''"
complete -c netverb -n "__fish_netverb_using_subcommand open" -s o -l output -d 'Write received data to FILE; - is stdout' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand open" -l hex-dump -d 'Dump both directions in hex to FILE, or - for stderr' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand open" -l transcript -d 'Record both directions, with times, as JSON lines; - is stdout, where nothing else goes there' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand open" -l hash -d 'Print the digest of each direction at the end: sha256 or blake3' -r -f -a "sha256\t''
blake3\t''"
complete -c netverb -n "__fish_netverb_using_subcommand open" -l rate -d 'Limit each direction to SIZE bytes a second' -r
complete -c netverb -n "__fish_netverb_using_subcommand open" -s q -l quit-after-eof -d 'End this long after the end of stdin' -r
complete -c netverb -n "__fish_netverb_using_subcommand open" -l half-open -d 'After the peer\'s end of data, end when stdin was idle for this long [default: 1s]' -r
complete -c netverb -n "__fish_netverb_using_subcommand open" -l inband -d 'Take in-band commands out of the received data' -r
complete -c netverb -n "__fish_netverb_using_subcommand open" -l split -d 'How stdin is cut into messages on message sockets: none, line, nul, length, chunk or SIZE' -r -f -a "none\t''
line\t''
nul\t''
length\t''
chunk\t''"
complete -c netverb -n "__fish_netverb_using_subcommand open" -l pcap -d 'Write what passes to FILE as pcapng packets, plain text under TLS too' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand open" -l latency -d 'Hold back what is sent for this long' -r
complete -c netverb -n "__fish_netverb_using_subcommand open" -l jitter -d 'Hold back each piece by chance up to this much longer' -r
complete -c netverb -n "__fish_netverb_using_subcommand open" -l drop -d 'Lose a datagram with this probability, from 0 to 1' -r
complete -c netverb -n "__fish_netverb_using_subcommand open" -l duplicate -d 'Send a datagram twice with this probability, from 0 to 1' -r
complete -c netverb -n "__fish_netverb_using_subcommand open" -l reorder -d 'Send a datagram after its successor with this probability, from 0 to 1' -r
complete -c netverb -n "__fish_netverb_using_subcommand open" -l seed -d 'Repeat the chances of an earlier run; -v shows its seed' -r
complete -c netverb -n "__fish_netverb_using_subcommand open" -l slice -d 'Send at most N bytes at a time, with a millisecond in between' -r
complete -c netverb -n "__fish_netverb_using_subcommand open" -l stall-after -d 'Send nothing more after SIZE bytes, and leave the connection open' -r
complete -c netverb -n "__fish_netverb_using_subcommand open" -l reset-after -d 'Reset the connection when SIZE bytes have arrived at the peer (status 56)' -r
complete -c netverb -n "__fish_netverb_using_subcommand open" -l count -d 'End after N received messages' -r
complete -c netverb -n "__fish_netverb_using_subcommand open" -l max-bytes -d 'The largest message of a WebSocket, either way (status 63), or body of an HTTP request (413) [default: 64M]' -r
complete -c netverb -n "__fish_netverb_using_subcommand open" -l subprotocol -d 'Offer, or as a server understand, a sub-protocol of WebSockets (repeat, the dearest first)' -r
complete -c netverb -n "__fish_netverb_using_subcommand open" -l ping -d 'Ping the peer of a WebSocket this often; end when it does not answer in the same time (status 56)' -r
complete -c netverb -n "__fish_netverb_using_subcommand open" -l close-with -d 'Close a WebSocket with this code and reason [default: 1000]' -r
complete -c netverb -n "__fish_netverb_using_subcommand open" -l connect-timeout -d 'Limit look-up and connecting' -r
complete -c netverb -n "__fish_netverb_using_subcommand open" -l retry -d 'Try again this many times when connecting fails' -r
complete -c netverb -n "__fish_netverb_using_subcommand open" -l wait -d 'Keep trying to connect for this long' -r
complete -c netverb -n "__fish_netverb_using_subcommand open" -l from -d 'Connect from this local address and port' -r
complete -c netverb -n "__fish_netverb_using_subcommand open" -s s -l source -d 'Connect from this local address' -r
complete -c netverb -n "__fish_netverb_using_subcommand open" -s p -l source-port -d 'Connect from this local port' -r
complete -c netverb -n "__fish_netverb_using_subcommand open" -l proxy -d 'Connect through a proxy (repeat for a chain, the nearest first)' -r
complete -c netverb -n "__fish_netverb_using_subcommand open" -l proxy-user -d 'USER:PASSWORD for the proxy, or @FILE that holds it' -r
complete -c netverb -n "__fish_netverb_using_subcommand open" -s H -l header -d 'Add a header to a WebSocket handshake, else to the request to an HTTP proxy (repeat)' -r
complete -c netverb -n "__fish_netverb_using_subcommand open" -l proxy-protocol -d 'Begin with a PROXY protocol header, v1 or v2; an accept without --to expects one of its clients' -r -f -a "v1\t''
v2\t''"
complete -c netverb -n "__fish_netverb_using_subcommand open" -l verify-host -d 'Verify the certificate against NAME, and send that name (SNI)' -r
complete -c netverb -n "__fish_netverb_using_subcommand open" -l ca -d 'Trust these authorities instead of the system\'s (repeat)' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand open" -l cert -d 'Our certificate, in PEM; accept takes several, for several names' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand open" -l key -d 'The key of --cert, in PEM; looked for in the same file where it is not given' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand open" -l alpn -d 'Application protocols, best first' -r
complete -c netverb -n "__fish_netverb_using_subcommand open" -l tls-min -d 'The oldest version to accept: 1.2 or 1.3' -r -f -a "1.2\t''
1.3\t''"
complete -c netverb -n "__fish_netverb_using_subcommand open" -l pin -d 'Trust exactly this certificate: sha256:HEX as --tls-info shows it (repeat)' -r
complete -c netverb -n "__fish_netverb_using_subcommand open" -l min-days -d 'Fail with 60 when a certificate has fewer than N days left; accept turns such clients away' -r
complete -c netverb -n "__fish_netverb_using_subcommand open" -l zmq -d 'Be a ZeroMQ socket: pair, pub, sub, req, rep, dealer, router, pull, push, xpub, xsub or stream' -r -f -a "pair\t''
pub\t''
sub\t''
req\t''
rep\t''
dealer\t''
router\t''
pull\t''
push\t''
xpub\t''
xsub\t''
stream\t''"
complete -c netverb -n "__fish_netverb_using_subcommand open" -l subscribe -d 'With sub and xsub: receive what begins with PREFIX (repeat) [default: everything]' -r
complete -c netverb -n "__fish_netverb_using_subcommand open" -l identity -d 'The name that routers call this socket by' -r
complete -c netverb -n "__fish_netverb_using_subcommand open" -l hwm -d 'How many messages may wait for each peer; 0 is any number [default: 1000]' -r
complete -c netverb -n "__fish_netverb_using_subcommand open" -l linger -d 'How long to go on delivering after the end of the input, before what is left is lost [default: as -w, or infinite]' -r
complete -c netverb -n "__fish_netverb_using_subcommand open" -l curve-server-key -d 'Encrypt with CURVE; the server\'s public key, or the file that holds it [with --to-zmq: the target\'s]' -r
complete -c netverb -n "__fish_netverb_using_subcommand open" -l curve-key -d 'Encrypt with CURVE; our own secret key: the server\'s, or a client\'s beside --curve-server-key' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand open" -l interface -d 'Use these interfaces' -r
complete -c netverb -n "__fish_netverb_using_subcommand open" -l sockopt -d 'Set a socket option by the name of its manual page (repeat)' -r
complete -c netverb -n "__fish_netverb_using_subcommand open" -l ttl -d 'Hops that a packet may take' -r
complete -c netverb -n "__fish_netverb_using_subcommand open" -l tos -d 'The type-of-service byte' -r
complete -c netverb -n "__fish_netverb_using_subcommand open" -l keepalive -d 'Probe an idle connection after this long' -r
complete -c netverb -n "__fish_netverb_using_subcommand open" -l sndbuf -d 'Size of the send buffer' -r
complete -c netverb -n "__fish_netverb_using_subcommand open" -l rcvbuf -d 'Size of the receive buffer' -r
complete -c netverb -n "__fish_netverb_using_subcommand open" -l mark -d 'Mark packets for the firewall' -r
complete -c netverb -n "__fish_netverb_using_subcommand open" -l congestion -d 'The TCP congestion control, such as cubic' -r
complete -c netverb -n "__fish_netverb_using_subcommand open" -s w -l timeout -d 'Limit connecting, and how long nothing may pass; with steps, each wait [default there: 10s]' -r
complete -c netverb -n "__fish_netverb_using_subcommand open" -l idle-timeout -d 'End when nothing passed for this long (status 28)' -r
complete -c netverb -n "__fish_netverb_using_subcommand open" -l deadline -d 'Limit the whole command, name look-up included (status 28)' -r
complete -c netverb -n "__fish_netverb_using_subcommand open" -l color -d 'Use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR says otherwise'
always\t'Always'
never\t'Never'"
complete -c netverb -n "__fish_netverb_using_subcommand open" -l session -d 'Keep sockets, and look for them, in this session' -r
complete -c netverb -n "__fish_netverb_using_subcommand open" -l session-dir -d 'Keep sockets, and look for them, in this directory' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand open" -s z -l probe -d 'Only see whether somebody answers (status 0 open, 7 refused, 28 silent) [-w default for udp://: 2s]'
complete -c netverb -n "__fish_netverb_using_subcommand open" -s F -l pass-fd -d 'Pass the connected descriptor over stdout (ssh\'s ProxyUseFdpass)'
complete -c netverb -n "__fish_netverb_using_subcommand open" -l no-wait -d 'Return at once; what is written meanwhile is sent when the connection stands'
complete -c netverb -n "__fish_netverb_using_subcommand open" -l foreground -d 'Stream a named socket instead of keeping it'
complete -c netverb -n "__fish_netverb_using_subcommand open" -l starttls -d 'Go on in TLS, as the TLS options say; unread data at this point is an error (35)'
complete -c netverb -n "__fish_netverb_using_subcommand open" -l interactive -d 'Talk line by line, with an editor and a history; what comes is shown above (/help there says more)'
complete -c netverb -n "__fish_netverb_using_subcommand open" -l raw -d 'Send each character as it is typed; Ctrl-] leaves'
complete -c netverb -n "__fish_netverb_using_subcommand open" -l telnet -d 'Speak TELNET: answer its negotiation, send lines with CRLF'
complete -c netverb -n "__fish_netverb_using_subcommand open" -s C -l crlf -d 'Send CRLF at the end of lines (= --eol-out crlf)'
complete -c netverb -n "__fish_netverb_using_subcommand open" -l hex -d 'Show received data as a hex dump'
complete -c netverb -n "__fish_netverb_using_subcommand open" -l progress -d 'Show progress, rate and time left on stderr, and a summary at the end'
complete -c netverb -n "__fish_netverb_using_subcommand open" -l send-only -d 'Only send: never print; end when the peer has everything'
complete -c netverb -n "__fish_netverb_using_subcommand open" -l recv-only -d 'Only receive: never touch stdin'
complete -c netverb -n "__fish_netverb_using_subcommand open" -s N -d 'Shut down sending at the end of stdin (this is the default)'
complete -c netverb -n "__fish_netverb_using_subcommand open" -l no-shutdown -d 'Do not tell the peer that stdin has ended'
complete -c netverb -n "__fish_netverb_using_subcommand open" -l text -d 'Send messages as text; one that is not UTF-8 is an error [default: text where it is UTF-8]'
complete -c netverb -n "__fish_netverb_using_subcommand open" -l binary -d 'Send messages as binary'
complete -c netverb -n "__fish_netverb_using_subcommand open" -l secure -l tls -d 'Speak TLS; a server\'s certificate is verified'
complete -c netverb -n "__fish_netverb_using_subcommand open" -l no-verify -d 'Accept any certificate'
complete -c netverb -n "__fish_netverb_using_subcommand open" -l key-log -d 'Write the session\'s secrets to the file that SSLKEYLOGFILE names'
complete -c netverb -n "__fish_netverb_using_subcommand open" -l tls-info -d 'Show the peer\'s certificates, protocol and cipher; open speaks TLS then'
complete -c netverb -n "__fish_netverb_using_subcommand open" -l parts -d 'Each line is a part of a message, and an empty line ends it; \\ alone is an empty part [with router and stream: always]'
complete -c netverb -n "__fish_netverb_using_subcommand open" -s 4 -l ipv4 -d 'Use IPv4 only'
complete -c netverb -n "__fish_netverb_using_subcommand open" -s 6 -l ipv6 -d 'Use IPv6 only'
complete -c netverb -n "__fish_netverb_using_subcommand open" -s n -l numeric -d 'Allow addresses only, look up no names'
complete -c netverb -n "__fish_netverb_using_subcommand open" -l nodelay -d 'Send small writes at once (this is the default)'
complete -c netverb -n "__fish_netverb_using_subcommand open" -l no-reuseaddr -d 'Do not reuse an address that is still in TIME_WAIT'
complete -c netverb -n "__fish_netverb_using_subcommand open" -s v -l verbose -d 'Say more on stderr: -v connections, -vv every chunk'
complete -c netverb -n "__fish_netverb_using_subcommand open" -l quiet -d 'Say nothing on stderr, not even errors'
complete -c netverb -n "__fish_netverb_using_subcommand open" -s j -l json -d 'Events on stderr and reports on stdout as JSON, one a line'
complete -c netverb -n "__fish_netverb_using_subcommand open" -s h -l help -d 'Print help: -h the common options, --help all of them'
complete -c netverb -n "__fish_netverb_using_subcommand open" -s V -l version -d 'Print the version'
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l on-open -d 'Run a shell command when the connection stands, with the socket\'s ID as its first argument' -r
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l name -d 'The name to keep the socket under, for any address' -r
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l keep -d 'Keep the socket, named or not, until nobody has used it for DUR; none: for ever [default: 10m]' -r
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l owner -d 'End the socket with this process' -r
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l buffer -d 'How much is read ahead before the peer is slowed down [default: 1M]' -r
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l expect -d 'Wait for data that matches RE; all up to its end goes to stdout (repeat)' -r
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l fail-on -d 'From here on, fail with 1 when RE matches while something is expected (repeat)' -r
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l send -d 'Send TEXT (repeat)' -r
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l send-line -d 'Send TEXT and the line ending of --eol-out, else LF (repeat)' -r
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l send-file -d 'Send what is in FILE; - is stdin (repeat)' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l sleep -d 'Wait this long (repeat)' -r
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l replay -d 'Play our end of a recorded --transcript: open the client, accept the server' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand connect" -s e -l exec -d 'Join a program to the connection, without a shell' -r
complete -c netverb -n "__fish_netverb_using_subcommand connect" -s c -l sh-exec -d 'Join a shell command to the connection' -r
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l eol -d 'Line ending of the peer: lf, crlf, cr, none; converts both directions' -r -f -a "lf\t''
crlf\t''
cr\t''
none\t''"
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l eol-in -d 'Line ending that the peer sends; becomes LF' -r -f -a "lf\t''
crlf\t''
cr\t''
none\t''"
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l eol-out -d 'Line ending that the peer gets' -r -f -a "lf\t''
crlf\t''
cr\t''
none\t''"
complete -c netverb -n "__fish_netverb_using_subcommand connect" -s o -l output -d 'Write received data to FILE; - is stdout' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l hex-dump -d 'Dump both directions in hex to FILE, or - for stderr' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l transcript -d 'Record both directions, with times, as JSON lines; - is stdout, where nothing else goes there' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l hash -d 'Print the digest of each direction at the end: sha256 or blake3' -r -f -a "sha256\t''
blake3\t''"
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l rate -d 'Limit each direction to SIZE bytes a second' -r
complete -c netverb -n "__fish_netverb_using_subcommand connect" -s q -l quit-after-eof -d 'End this long after the end of stdin' -r
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l half-open -d 'After the peer\'s end of data, end when stdin was idle for this long [default: 1s]' -r
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l inband -d 'Take in-band commands out of the received data' -r
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l split -d 'How stdin is cut into messages on message sockets: none, line, nul, length, chunk or SIZE' -r -f -a "none\t''
line\t''
nul\t''
length\t''
chunk\t''"
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l pcap -d 'Write what passes to FILE as pcapng packets, plain text under TLS too' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l latency -d 'Hold back what is sent for this long' -r
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l jitter -d 'Hold back each piece by chance up to this much longer' -r
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l drop -d 'Lose a datagram with this probability, from 0 to 1' -r
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l duplicate -d 'Send a datagram twice with this probability, from 0 to 1' -r
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l reorder -d 'Send a datagram after its successor with this probability, from 0 to 1' -r
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l seed -d 'Repeat the chances of an earlier run; -v shows its seed' -r
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l slice -d 'Send at most N bytes at a time, with a millisecond in between' -r
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l stall-after -d 'Send nothing more after SIZE bytes, and leave the connection open' -r
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l reset-after -d 'Reset the connection when SIZE bytes have arrived at the peer (status 56)' -r
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l count -d 'End after N received messages' -r
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l max-bytes -d 'The largest message of a WebSocket, either way (status 63), or body of an HTTP request (413) [default: 64M]' -r
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l subprotocol -d 'Offer, or as a server understand, a sub-protocol of WebSockets (repeat, the dearest first)' -r
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l ping -d 'Ping the peer of a WebSocket this often; end when it does not answer in the same time (status 56)' -r
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l close-with -d 'Close a WebSocket with this code and reason [default: 1000]' -r
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l connect-timeout -d 'Limit look-up and connecting' -r
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l retry -d 'Try again this many times when connecting fails' -r
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l wait -d 'Keep trying to connect for this long' -r
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l from -d 'Connect from this local address and port' -r
complete -c netverb -n "__fish_netverb_using_subcommand connect" -s s -l source -d 'Connect from this local address' -r
complete -c netverb -n "__fish_netverb_using_subcommand connect" -s p -l source-port -d 'Connect from this local port' -r
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l proxy -d 'Connect through a proxy (repeat for a chain, the nearest first)' -r
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l proxy-user -d 'USER:PASSWORD for the proxy, or @FILE that holds it' -r
complete -c netverb -n "__fish_netverb_using_subcommand connect" -s H -l header -d 'Add a header to a WebSocket handshake, else to the request to an HTTP proxy (repeat)' -r
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l proxy-protocol -d 'Begin with a PROXY protocol header, v1 or v2; an accept without --to expects one of its clients' -r -f -a "v1\t''
v2\t''"
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l verify-host -d 'Verify the certificate against NAME, and send that name (SNI)' -r
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l ca -d 'Trust these authorities instead of the system\'s (repeat)' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l cert -d 'Our certificate, in PEM; accept takes several, for several names' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l key -d 'The key of --cert, in PEM; looked for in the same file where it is not given' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l alpn -d 'Application protocols, best first' -r
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l tls-min -d 'The oldest version to accept: 1.2 or 1.3' -r -f -a "1.2\t''
1.3\t''"
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l pin -d 'Trust exactly this certificate: sha256:HEX as --tls-info shows it (repeat)' -r
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l min-days -d 'Fail with 60 when a certificate has fewer than N days left; accept turns such clients away' -r
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l zmq -d 'Be a ZeroMQ socket: pair, pub, sub, req, rep, dealer, router, pull, push, xpub, xsub or stream' -r -f -a "pair\t''
pub\t''
sub\t''
req\t''
rep\t''
dealer\t''
router\t''
pull\t''
push\t''
xpub\t''
xsub\t''
stream\t''"
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l subscribe -d 'With sub and xsub: receive what begins with PREFIX (repeat) [default: everything]' -r
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l identity -d 'The name that routers call this socket by' -r
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l hwm -d 'How many messages may wait for each peer; 0 is any number [default: 1000]' -r
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l linger -d 'How long to go on delivering after the end of the input, before what is left is lost [default: as -w, or infinite]' -r
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l curve-server-key -d 'Encrypt with CURVE; the server\'s public key, or the file that holds it [with --to-zmq: the target\'s]' -r
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l curve-key -d 'Encrypt with CURVE; our own secret key: the server\'s, or a client\'s beside --curve-server-key' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l interface -d 'Use these interfaces' -r
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l sockopt -d 'Set a socket option by the name of its manual page (repeat)' -r
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l ttl -d 'Hops that a packet may take' -r
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l tos -d 'The type-of-service byte' -r
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l keepalive -d 'Probe an idle connection after this long' -r
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l sndbuf -d 'Size of the send buffer' -r
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l rcvbuf -d 'Size of the receive buffer' -r
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l mark -d 'Mark packets for the firewall' -r
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l congestion -d 'The TCP congestion control, such as cubic' -r
complete -c netverb -n "__fish_netverb_using_subcommand connect" -s w -l timeout -d 'Limit connecting, and how long nothing may pass; with steps, each wait [default there: 10s]' -r
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l idle-timeout -d 'End when nothing passed for this long (status 28)' -r
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l deadline -d 'Limit the whole command, name look-up included (status 28)' -r
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l color -d 'Use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR says otherwise'
always\t'Always'
never\t'Never'"
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l session -d 'Keep sockets, and look for them, in this session' -r
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l session-dir -d 'Keep sockets, and look for them, in this directory' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand connect" -s z -l probe -d 'Only see whether somebody answers (status 0 open, 7 refused, 28 silent) [-w default for udp://: 2s]'
complete -c netverb -n "__fish_netverb_using_subcommand connect" -s F -l pass-fd -d 'Pass the connected descriptor over stdout (ssh\'s ProxyUseFdpass)'
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l no-wait -d 'Return at once; what is written meanwhile is sent when the connection stands'
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l foreground -d 'Stream a named socket instead of keeping it'
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l starttls -d 'Go on in TLS, as the TLS options say; unread data at this point is an error (35)'
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l interactive -d 'Talk line by line, with an editor and a history; what comes is shown above (/help there says more)'
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l raw -d 'Send each character as it is typed; Ctrl-] leaves'
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l telnet -d 'Speak TELNET: answer its negotiation, send lines with CRLF'
complete -c netverb -n "__fish_netverb_using_subcommand connect" -s C -l crlf -d 'Send CRLF at the end of lines (= --eol-out crlf)'
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l hex -d 'Show received data as a hex dump'
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l progress -d 'Show progress, rate and time left on stderr, and a summary at the end'
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l send-only -d 'Only send: never print; end when the peer has everything'
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l recv-only -d 'Only receive: never touch stdin'
complete -c netverb -n "__fish_netverb_using_subcommand connect" -s N -d 'Shut down sending at the end of stdin (this is the default)'
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l no-shutdown -d 'Do not tell the peer that stdin has ended'
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l text -d 'Send messages as text; one that is not UTF-8 is an error [default: text where it is UTF-8]'
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l binary -d 'Send messages as binary'
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l secure -l tls -d 'Speak TLS; a server\'s certificate is verified'
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l no-verify -d 'Accept any certificate'
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l key-log -d 'Write the session\'s secrets to the file that SSLKEYLOGFILE names'
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l tls-info -d 'Show the peer\'s certificates, protocol and cipher; open speaks TLS then'
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l parts -d 'Each line is a part of a message, and an empty line ends it; \\ alone is an empty part [with router and stream: always]'
complete -c netverb -n "__fish_netverb_using_subcommand connect" -s 4 -l ipv4 -d 'Use IPv4 only'
complete -c netverb -n "__fish_netverb_using_subcommand connect" -s 6 -l ipv6 -d 'Use IPv6 only'
complete -c netverb -n "__fish_netverb_using_subcommand connect" -s n -l numeric -d 'Allow addresses only, look up no names'
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l nodelay -d 'Send small writes at once (this is the default)'
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l no-reuseaddr -d 'Do not reuse an address that is still in TIME_WAIT'
complete -c netverb -n "__fish_netverb_using_subcommand connect" -s v -l verbose -d 'Say more on stderr: -v connections, -vv every chunk'
complete -c netverb -n "__fish_netverb_using_subcommand connect" -l quiet -d 'Say nothing on stderr, not even errors'
complete -c netverb -n "__fish_netverb_using_subcommand connect" -s j -l json -d 'Events on stderr and reports on stdout as JSON, one a line'
complete -c netverb -n "__fish_netverb_using_subcommand connect" -s h -l help -d 'Print help: -h the common options, --help all of them'
complete -c netverb -n "__fish_netverb_using_subcommand connect" -s V -l version -d 'Print the version'
complete -c netverb -n "__fish_netverb_using_subcommand accept" -s m -l max-conns -d 'Serve at most N clients at the same time' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l backlog -d 'How many connections may wait to be accepted' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l mode -d 'The mode of a Unix socket\'s file, in octal' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l name -d 'The name to keep the socket under, for any address' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l keep -d 'Keep the socket, named or not, until nobody has used it for DUR; none: for ever [default: 10m]' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l owner -d 'End the socket with this process' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l buffer -d 'How much is read ahead before the peer is slowed down [default: 1M]' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l respond -d 'Send TEXT, then the end of data' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l to -d 'Forward each client to this address, over any transport' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l to-zmq -d 'The address of --to is ZeroMQ\'s; be a socket of this type there: push, pub, pair, dealer, req, sub or pull' -r -f -a "sub\t''
pull\t''"
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l proxy-server -d 'Be a proxy for clients that speak http or socks5' -r -f -a "http\t''
socks5\t''"
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l http-ports -d 'Speak HTTP on these ports, whatever AT says of them, and there only' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l http -d 'Serve the files of DIR: types, ranges, index.html or a listing' -r -f -a "(__fish_complete_directories)"
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l http-respond -d 'Answer every request with this status, and BODY' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l http-exec -d 'Run a shell command for each request, as a CGI program (RFC 3875)' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l expect -d 'Wait for data that matches RE; all up to its end goes to stdout (repeat)' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l fail-on -d 'From here on, fail with 1 when RE matches while something is expected (repeat)' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l send -d 'Send TEXT (repeat)' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l send-line -d 'Send TEXT and the line ending of --eol-out, else LF (repeat)' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l send-file -d 'Send what is in FILE; - is stdin (repeat)' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l sleep -d 'Wait this long (repeat)' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l replay -d 'Play our end of a recorded --transcript: open the client, accept the server' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand accept" -s e -l exec -d 'Join a program to the connection, without a shell' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -s c -l sh-exec -d 'Join a shell command to the connection' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l allow -d 'Let in these only (repeat)' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l deny -d 'Keep out; wins over --allow (repeat)' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l reject -d 'What a denied client gets: rst, close or drop' -r -f -a "rst\t''
close\t''
drop\t''"
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l port-file -d 'Write the port to FILE once connections are accepted' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l ready-fd -d 'Write the port to descriptor N once connections are accepted' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l eol -d 'Line ending of the peer: lf, crlf, cr, none; converts both directions' -r -f -a "lf\t''
crlf\t''
cr\t''
none\t''"
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l eol-in -d 'Line ending that the peer sends; becomes LF' -r -f -a "lf\t''
crlf\t''
cr\t''
none\t''"
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l eol-out -d 'Line ending that the peer gets' -r -f -a "lf\t''
crlf\t''
cr\t''
none\t''"
complete -c netverb -n "__fish_netverb_using_subcommand accept" -s o -l output -d 'Write received data to FILE; - is stdout' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l hex-dump -d 'Dump both directions in hex to FILE, or - for stderr' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l transcript -d 'Record both directions, with times, as JSON lines; - is stdout, where nothing else goes there' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l hash -d 'Print the digest of each direction at the end: sha256 or blake3' -r -f -a "sha256\t''
blake3\t''"
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l rate -d 'Limit each direction to SIZE bytes a second' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -s q -l quit-after-eof -d 'End this long after the end of stdin' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l half-open -d 'After the peer\'s end of data, end when stdin was idle for this long [default: 1s]' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l inband -d 'Take in-band commands out of the received data' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l split -d 'How stdin is cut into messages on message sockets: none, line, nul, length, chunk or SIZE' -r -f -a "none\t''
line\t''
nul\t''
length\t''
chunk\t''"
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l view -d 'Show on stdout what passes between clients and service, as text or hex [default: text]' -r -f -a "text\t''
hex\t''"
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l pcap -d 'Write what passes to FILE as pcapng packets, plain text under TLS too' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l latency -d 'Hold back what is sent for this long' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l jitter -d 'Hold back each piece by chance up to this much longer' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l drop -d 'Lose a datagram with this probability, from 0 to 1' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l duplicate -d 'Send a datagram twice with this probability, from 0 to 1' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l reorder -d 'Send a datagram after its successor with this probability, from 0 to 1' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l seed -d 'Repeat the chances of an earlier run; -v shows its seed' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l slice -d 'Send at most N bytes at a time, with a millisecond in between' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l stall-after -d 'Send nothing more after SIZE bytes, and leave the connection open' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l reset-after -d 'Reset the connection when SIZE bytes have arrived at the peer (status 56)' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l count -d 'End after N received messages' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l max-bytes -d 'The largest message of a WebSocket, either way (status 63), or body of an HTTP request (413) [default: 64M]' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l subprotocol -d 'Offer, or as a server understand, a sub-protocol of WebSockets (repeat, the dearest first)' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l ping -d 'Ping the peer of a WebSocket this often; end when it does not answer in the same time (status 56)' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l close-with -d 'Close a WebSocket with this code and reason [default: 1000]' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l connect-timeout -d 'Limit look-up and connecting' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l retry -d 'Try again this many times when connecting fails' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l wait -d 'Keep trying to connect for this long' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l from -d 'Connect from this local address and port' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -s s -l source -d 'Connect from this local address' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -s p -l source-port -d 'Connect from this local port' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l proxy -d 'Connect through a proxy (repeat for a chain, the nearest first)' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l proxy-user -d 'USER:PASSWORD for the proxy, or @FILE that holds it' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -s H -l header -d 'Add a header to a WebSocket handshake, else to the request to an HTTP proxy (repeat)' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l proxy-protocol -d 'Begin with a PROXY protocol header, v1 or v2; an accept without --to expects one of its clients' -r -f -a "v1\t''
v2\t''"
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l verify-host -d 'Verify the certificate against NAME, and send that name (SNI)' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l ca -d 'Trust these authorities instead of the system\'s (repeat)' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l cert -d 'Our certificate, in PEM; accept takes several, for several names' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l key -d 'The key of --cert, in PEM; looked for in the same file where it is not given' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l alpn -d 'Application protocols, best first' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l tls-min -d 'The oldest version to accept: 1.2 or 1.3' -r -f -a "1.2\t''
1.3\t''"
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l pin -d 'Trust exactly this certificate: sha256:HEX as --tls-info shows it (repeat)' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l client-ca -d 'Require a certificate of clients, from an authority in this file or folder (repeat)' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l min-days -d 'Fail with 60 when a certificate has fewer than N days left; accept turns such clients away' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l zmq -d 'Be a ZeroMQ socket: pair, pub, sub, req, rep, dealer, router, pull, push, xpub, xsub or stream' -r -f -a "pair\t''
pub\t''
sub\t''
req\t''
rep\t''
dealer\t''
router\t''
pull\t''
push\t''
xpub\t''
xsub\t''
stream\t''"
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l subscribe -d 'With sub and xsub: receive what begins with PREFIX (repeat) [default: everything]' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l identity -d 'The name that routers call this socket by' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l hwm -d 'How many messages may wait for each peer; 0 is any number [default: 1000]' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l linger -d 'How long to go on delivering after the end of the input, before what is left is lost [default: as -w, or infinite]' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l curve-server-key -d 'Encrypt with CURVE; the server\'s public key, or the file that holds it [with --to-zmq: the target\'s]' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l curve-key -d 'Encrypt with CURVE; our own secret key: the server\'s, or a client\'s beside --curve-server-key' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l interface -d 'Use these interfaces' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l sockopt -d 'Set a socket option by the name of its manual page (repeat)' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l ttl -d 'Hops that a packet may take' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l tos -d 'The type-of-service byte' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l keepalive -d 'Probe an idle connection after this long' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l sndbuf -d 'Size of the send buffer' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l rcvbuf -d 'Size of the receive buffer' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l mark -d 'Mark packets for the firewall' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l congestion -d 'The TCP congestion control, such as cubic' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -s w -l timeout -d 'Limit connecting, and how long nothing may pass; with steps, each wait [default there: 10s]' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l idle-timeout -d 'End when nothing passed for this long (status 28)' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l deadline -d 'Limit the whole command, name look-up included (status 28)' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l color -d 'Use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR says otherwise'
always\t'Always'
never\t'Never'"
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l session -d 'Keep sockets, and look for them, in this session' -r
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l session-dir -d 'Keep sockets, and look for them, in this directory' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l datagram -d 'Receive datagrams: ports are UDP ports (as udp://…), unix:/path is a datagram socket'
complete -c netverb -n "__fish_netverb_using_subcommand accept" -s k -l keep-open -d 'Go on after the first client: all share stdin and stdout'
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l once -d 'With a service: end after the first client'
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l prefix -d 'With -k: begin each line with the ID of its sender'
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l accept-proxy -d 'Expect a PROXY protocol header, v1 or v2, of each client'
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l foreground -d 'Stream a named socket instead of keeping it'
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l echo -d 'Send back what comes'
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l discard -d 'Read and drop what comes'
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l broker -d 'Send what a client says to all the others'
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l chat -d 'As --broker, by lines, each with the name of its sender'
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l starttls -d 'Go on in TLS, as the TLS options say; unread data at this point is an error (35)'
complete -c netverb -n "__fish_netverb_using_subcommand accept" -s C -l crlf -d 'Send CRLF at the end of lines (= --eol-out crlf)'
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l hex -d 'Show received data as a hex dump'
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l progress -d 'Show progress, rate and time left on stderr, and a summary at the end'
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l send-only -d 'Only send: never print; end when the peer has everything'
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l recv-only -d 'Only receive: never touch stdin'
complete -c netverb -n "__fish_netverb_using_subcommand accept" -s N -d 'Shut down sending at the end of stdin (this is the default)'
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l no-shutdown -d 'Do not tell the peer that stdin has ended'
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l text -d 'Send messages as text; one that is not UTF-8 is an error [default: text where it is UTF-8]'
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l binary -d 'Send messages as binary'
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l ws -d 'Speak WebSocket with clients, whatever path they ask for'
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l secure -l tls -d 'Speak TLS; a server\'s certificate is verified'
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l no-verify -d 'Accept any certificate'
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l key-log -d 'Write the session\'s secrets to the file that SSLKEYLOGFILE names'
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l self-signed -d 'Make a certificate for this run and print its pin'
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l tls-info -d 'Show the peer\'s certificates, protocol and cipher; open speaks TLS then'
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l parts -d 'Each line is a part of a message, and an empty line ends it; \\ alone is an empty part [with router and stream: always]'
complete -c netverb -n "__fish_netverb_using_subcommand accept" -s 4 -l ipv4 -d 'Use IPv4 only'
complete -c netverb -n "__fish_netverb_using_subcommand accept" -s 6 -l ipv6 -d 'Use IPv6 only'
complete -c netverb -n "__fish_netverb_using_subcommand accept" -s n -l numeric -d 'Allow addresses only, look up no names'
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l nodelay -d 'Send small writes at once (this is the default)'
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l no-reuseaddr -d 'Do not reuse an address that is still in TIME_WAIT'
complete -c netverb -n "__fish_netverb_using_subcommand accept" -s v -l verbose -d 'Say more on stderr: -v connections, -vv every chunk'
complete -c netverb -n "__fish_netverb_using_subcommand accept" -l quiet -d 'Say nothing on stderr, not even errors'
complete -c netverb -n "__fish_netverb_using_subcommand accept" -s j -l json -d 'Events on stderr and reports on stdout as JSON, one a line'
complete -c netverb -n "__fish_netverb_using_subcommand accept" -s h -l help -d 'Print help: -h the common options, --help all of them'
complete -c netverb -n "__fish_netverb_using_subcommand accept" -s V -l version -d 'Print the version'
complete -c netverb -n "__fish_netverb_using_subcommand listen" -s m -l max-conns -d 'Serve at most N clients at the same time' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l backlog -d 'How many connections may wait to be accepted' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l mode -d 'The mode of a Unix socket\'s file, in octal' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l name -d 'The name to keep the socket under, for any address' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l keep -d 'Keep the socket, named or not, until nobody has used it for DUR; none: for ever [default: 10m]' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l owner -d 'End the socket with this process' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l buffer -d 'How much is read ahead before the peer is slowed down [default: 1M]' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l respond -d 'Send TEXT, then the end of data' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l to -d 'Forward each client to this address, over any transport' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l to-zmq -d 'The address of --to is ZeroMQ\'s; be a socket of this type there: push, pub, pair, dealer, req, sub or pull' -r -f -a "sub\t''
pull\t''"
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l proxy-server -d 'Be a proxy for clients that speak http or socks5' -r -f -a "http\t''
socks5\t''"
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l http-ports -d 'Speak HTTP on these ports, whatever AT says of them, and there only' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l http -d 'Serve the files of DIR: types, ranges, index.html or a listing' -r -f -a "(__fish_complete_directories)"
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l http-respond -d 'Answer every request with this status, and BODY' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l http-exec -d 'Run a shell command for each request, as a CGI program (RFC 3875)' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l expect -d 'Wait for data that matches RE; all up to its end goes to stdout (repeat)' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l fail-on -d 'From here on, fail with 1 when RE matches while something is expected (repeat)' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l send -d 'Send TEXT (repeat)' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l send-line -d 'Send TEXT and the line ending of --eol-out, else LF (repeat)' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l send-file -d 'Send what is in FILE; - is stdin (repeat)' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l sleep -d 'Wait this long (repeat)' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l replay -d 'Play our end of a recorded --transcript: open the client, accept the server' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand listen" -s e -l exec -d 'Join a program to the connection, without a shell' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -s c -l sh-exec -d 'Join a shell command to the connection' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l allow -d 'Let in these only (repeat)' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l deny -d 'Keep out; wins over --allow (repeat)' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l reject -d 'What a denied client gets: rst, close or drop' -r -f -a "rst\t''
close\t''
drop\t''"
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l port-file -d 'Write the port to FILE once connections are accepted' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l ready-fd -d 'Write the port to descriptor N once connections are accepted' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l eol -d 'Line ending of the peer: lf, crlf, cr, none; converts both directions' -r -f -a "lf\t''
crlf\t''
cr\t''
none\t''"
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l eol-in -d 'Line ending that the peer sends; becomes LF' -r -f -a "lf\t''
crlf\t''
cr\t''
none\t''"
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l eol-out -d 'Line ending that the peer gets' -r -f -a "lf\t''
crlf\t''
cr\t''
none\t''"
complete -c netverb -n "__fish_netverb_using_subcommand listen" -s o -l output -d 'Write received data to FILE; - is stdout' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l hex-dump -d 'Dump both directions in hex to FILE, or - for stderr' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l transcript -d 'Record both directions, with times, as JSON lines; - is stdout, where nothing else goes there' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l hash -d 'Print the digest of each direction at the end: sha256 or blake3' -r -f -a "sha256\t''
blake3\t''"
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l rate -d 'Limit each direction to SIZE bytes a second' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -s q -l quit-after-eof -d 'End this long after the end of stdin' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l half-open -d 'After the peer\'s end of data, end when stdin was idle for this long [default: 1s]' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l inband -d 'Take in-band commands out of the received data' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l split -d 'How stdin is cut into messages on message sockets: none, line, nul, length, chunk or SIZE' -r -f -a "none\t''
line\t''
nul\t''
length\t''
chunk\t''"
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l view -d 'Show on stdout what passes between clients and service, as text or hex [default: text]' -r -f -a "text\t''
hex\t''"
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l pcap -d 'Write what passes to FILE as pcapng packets, plain text under TLS too' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l latency -d 'Hold back what is sent for this long' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l jitter -d 'Hold back each piece by chance up to this much longer' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l drop -d 'Lose a datagram with this probability, from 0 to 1' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l duplicate -d 'Send a datagram twice with this probability, from 0 to 1' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l reorder -d 'Send a datagram after its successor with this probability, from 0 to 1' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l seed -d 'Repeat the chances of an earlier run; -v shows its seed' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l slice -d 'Send at most N bytes at a time, with a millisecond in between' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l stall-after -d 'Send nothing more after SIZE bytes, and leave the connection open' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l reset-after -d 'Reset the connection when SIZE bytes have arrived at the peer (status 56)' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l count -d 'End after N received messages' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l max-bytes -d 'The largest message of a WebSocket, either way (status 63), or body of an HTTP request (413) [default: 64M]' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l subprotocol -d 'Offer, or as a server understand, a sub-protocol of WebSockets (repeat, the dearest first)' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l ping -d 'Ping the peer of a WebSocket this often; end when it does not answer in the same time (status 56)' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l close-with -d 'Close a WebSocket with this code and reason [default: 1000]' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l connect-timeout -d 'Limit look-up and connecting' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l retry -d 'Try again this many times when connecting fails' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l wait -d 'Keep trying to connect for this long' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l from -d 'Connect from this local address and port' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -s s -l source -d 'Connect from this local address' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -s p -l source-port -d 'Connect from this local port' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l proxy -d 'Connect through a proxy (repeat for a chain, the nearest first)' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l proxy-user -d 'USER:PASSWORD for the proxy, or @FILE that holds it' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -s H -l header -d 'Add a header to a WebSocket handshake, else to the request to an HTTP proxy (repeat)' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l proxy-protocol -d 'Begin with a PROXY protocol header, v1 or v2; an accept without --to expects one of its clients' -r -f -a "v1\t''
v2\t''"
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l verify-host -d 'Verify the certificate against NAME, and send that name (SNI)' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l ca -d 'Trust these authorities instead of the system\'s (repeat)' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l cert -d 'Our certificate, in PEM; accept takes several, for several names' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l key -d 'The key of --cert, in PEM; looked for in the same file where it is not given' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l alpn -d 'Application protocols, best first' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l tls-min -d 'The oldest version to accept: 1.2 or 1.3' -r -f -a "1.2\t''
1.3\t''"
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l pin -d 'Trust exactly this certificate: sha256:HEX as --tls-info shows it (repeat)' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l client-ca -d 'Require a certificate of clients, from an authority in this file or folder (repeat)' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l min-days -d 'Fail with 60 when a certificate has fewer than N days left; accept turns such clients away' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l zmq -d 'Be a ZeroMQ socket: pair, pub, sub, req, rep, dealer, router, pull, push, xpub, xsub or stream' -r -f -a "pair\t''
pub\t''
sub\t''
req\t''
rep\t''
dealer\t''
router\t''
pull\t''
push\t''
xpub\t''
xsub\t''
stream\t''"
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l subscribe -d 'With sub and xsub: receive what begins with PREFIX (repeat) [default: everything]' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l identity -d 'The name that routers call this socket by' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l hwm -d 'How many messages may wait for each peer; 0 is any number [default: 1000]' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l linger -d 'How long to go on delivering after the end of the input, before what is left is lost [default: as -w, or infinite]' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l curve-server-key -d 'Encrypt with CURVE; the server\'s public key, or the file that holds it [with --to-zmq: the target\'s]' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l curve-key -d 'Encrypt with CURVE; our own secret key: the server\'s, or a client\'s beside --curve-server-key' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l interface -d 'Use these interfaces' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l sockopt -d 'Set a socket option by the name of its manual page (repeat)' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l ttl -d 'Hops that a packet may take' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l tos -d 'The type-of-service byte' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l keepalive -d 'Probe an idle connection after this long' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l sndbuf -d 'Size of the send buffer' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l rcvbuf -d 'Size of the receive buffer' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l mark -d 'Mark packets for the firewall' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l congestion -d 'The TCP congestion control, such as cubic' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -s w -l timeout -d 'Limit connecting, and how long nothing may pass; with steps, each wait [default there: 10s]' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l idle-timeout -d 'End when nothing passed for this long (status 28)' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l deadline -d 'Limit the whole command, name look-up included (status 28)' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l color -d 'Use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR says otherwise'
always\t'Always'
never\t'Never'"
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l session -d 'Keep sockets, and look for them, in this session' -r
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l session-dir -d 'Keep sockets, and look for them, in this directory' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l datagram -d 'Receive datagrams: ports are UDP ports (as udp://…), unix:/path is a datagram socket'
complete -c netverb -n "__fish_netverb_using_subcommand listen" -s k -l keep-open -d 'Go on after the first client: all share stdin and stdout'
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l once -d 'With a service: end after the first client'
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l prefix -d 'With -k: begin each line with the ID of its sender'
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l accept-proxy -d 'Expect a PROXY protocol header, v1 or v2, of each client'
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l foreground -d 'Stream a named socket instead of keeping it'
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l echo -d 'Send back what comes'
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l discard -d 'Read and drop what comes'
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l broker -d 'Send what a client says to all the others'
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l chat -d 'As --broker, by lines, each with the name of its sender'
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l starttls -d 'Go on in TLS, as the TLS options say; unread data at this point is an error (35)'
complete -c netverb -n "__fish_netverb_using_subcommand listen" -s C -l crlf -d 'Send CRLF at the end of lines (= --eol-out crlf)'
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l hex -d 'Show received data as a hex dump'
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l progress -d 'Show progress, rate and time left on stderr, and a summary at the end'
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l send-only -d 'Only send: never print; end when the peer has everything'
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l recv-only -d 'Only receive: never touch stdin'
complete -c netverb -n "__fish_netverb_using_subcommand listen" -s N -d 'Shut down sending at the end of stdin (this is the default)'
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l no-shutdown -d 'Do not tell the peer that stdin has ended'
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l text -d 'Send messages as text; one that is not UTF-8 is an error [default: text where it is UTF-8]'
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l binary -d 'Send messages as binary'
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l ws -d 'Speak WebSocket with clients, whatever path they ask for'
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l secure -l tls -d 'Speak TLS; a server\'s certificate is verified'
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l no-verify -d 'Accept any certificate'
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l key-log -d 'Write the session\'s secrets to the file that SSLKEYLOGFILE names'
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l self-signed -d 'Make a certificate for this run and print its pin'
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l tls-info -d 'Show the peer\'s certificates, protocol and cipher; open speaks TLS then'
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l parts -d 'Each line is a part of a message, and an empty line ends it; \\ alone is an empty part [with router and stream: always]'
complete -c netverb -n "__fish_netverb_using_subcommand listen" -s 4 -l ipv4 -d 'Use IPv4 only'
complete -c netverb -n "__fish_netverb_using_subcommand listen" -s 6 -l ipv6 -d 'Use IPv6 only'
complete -c netverb -n "__fish_netverb_using_subcommand listen" -s n -l numeric -d 'Allow addresses only, look up no names'
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l nodelay -d 'Send small writes at once (this is the default)'
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l no-reuseaddr -d 'Do not reuse an address that is still in TIME_WAIT'
complete -c netverb -n "__fish_netverb_using_subcommand listen" -s v -l verbose -d 'Say more on stderr: -v connections, -vv every chunk'
complete -c netverb -n "__fish_netverb_using_subcommand listen" -l quiet -d 'Say nothing on stderr, not even errors'
complete -c netverb -n "__fish_netverb_using_subcommand listen" -s j -l json -d 'Events on stderr and reports on stdout as JSON, one a line'
complete -c netverb -n "__fish_netverb_using_subcommand listen" -s h -l help -d 'Print help: -h the common options, --help all of them'
complete -c netverb -n "__fish_netverb_using_subcommand listen" -s V -l version -d 'Print the version'
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -l to -d 'Send to this peer' -r
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -l listen -d 'Receive here, from everybody: [host:]port, udp://host:port, unix:/path' -r
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -l from -d 'Send from this local address and port, where answers come to; unix:/path for a Unix peer' -r
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -s s -l source -d 'Send from this local address' -r
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -s p -l source-port -d 'Send from this local port' -r
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -l join -d 'Join this multicast group, with --listen (repeat)' -r
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -l source-specific -d 'Hear only this sender in the groups (repeat)' -r
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -l loop -d 'Whether this machine hears the multicasts that it sends [default: on, as the system has it]' -r -f -a "on\t''
off\t''"
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -l count -d 'End after N received messages, however long they take' -r
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -l replies -d 'Wait for N replies; status 28 when fewer come in time' -r
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -l replies-for -d 'Print what comes for this long after the end of the input [default: 1s; with --replies: -w, or 10s]' -r
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -l file -d 'Send a file, as one datagram unless --split cuts it; - is stdin' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -l split -d 'How stdin is cut into messages, and what ends them on stdout: none, line, nul, length, chunk or SIZE' -r -f -a "none\t''
line\t''
nul\t''
length\t''
chunk\t''"
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -l max-bytes -d 'Receive at most SIZE bytes of each message; longer ones are cut, which their records say, or a line on stderr' -r
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -s o -l output -d 'Write received messages to FILE; - is stdout' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -l hex-dump -d 'Dump both directions in hex to FILE, or - for stderr' -r
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -l transcript -d 'Record both directions, with times, as JSON lines; - is stdout, where nothing else goes there' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -l hash -d 'Print the digest of each direction at the end: sha256 or blake3' -r -f -a "sha256\t''
blake3\t''"
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -l pcap -d 'Write what passes to FILE as pcapng packets, plain text under TLS too' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -l latency -d 'Hold back what is sent for this long' -r
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -l jitter -d 'Hold back each piece by chance up to this much longer' -r
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -l drop -d 'Lose a datagram with this probability, from 0 to 1' -r
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -l duplicate -d 'Send a datagram twice with this probability, from 0 to 1' -r
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -l reorder -d 'Send a datagram after its successor with this probability, from 0 to 1' -r
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -l seed -d 'Repeat the chances of an earlier run; -v shows its seed' -r
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -l name -d 'The name to keep the socket under, for any address' -r
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -l keep -d 'Keep the socket, named or not, until nobody has used it for DUR; none: for ever [default: 10m]' -r
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -l owner -d 'End the socket with this process' -r
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -l buffer -d 'How much is read ahead before the peer is slowed down [default: 1M]' -r
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -l port-file -d 'Write the port to FILE once connections are accepted' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -l ready-fd -d 'Write the port to descriptor N once connections are accepted' -r
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -l interface -d 'Use these interfaces' -r
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -l sockopt -d 'Set a socket option by the name of its manual page (repeat)' -r
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -l ttl -d 'Hops that a packet may take' -r
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -l tos -d 'The type-of-service byte' -r
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -l keepalive -d 'Probe an idle connection after this long' -r
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -l sndbuf -d 'Size of the send buffer' -r
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -l rcvbuf -d 'Size of the receive buffer' -r
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -l mark -d 'Mark packets for the firewall' -r
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -l congestion -d 'The TCP congestion control, such as cubic' -r
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -l idle-timeout -d 'End when nothing passed for this long (status 28)' -r
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -l deadline -d 'Limit the whole command, name look-up included (status 28)' -r
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -s w -l timeout -d 'End when nothing passed for this long (status 28); with -z or --replies wait so long for answers' -r
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -l color -d 'Use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR says otherwise'
always\t'Always'
never\t'Never'"
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -l session -d 'Keep sockets, and look for them, in this session' -r
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -l session-dir -d 'Keep sockets, and look for them, in this directory' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -s z -l probe -d 'Probe: send DATA, or an empty datagram (0 an answer came, 7 closed, 28 silent) [-w default: 2s]'
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -s b -l broadcast -d 'Allow sending to broadcast addresses'
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -s l -l line -d 'End each DATA with a line feed'
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -s E -l escape -d 'Read \\n \\r \\t \\0 \\e \\\\ \\xHH in DATA as the bytes that they stand for'
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -l from-hex -d 'Read DATA as hexadecimal digits'
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -l hex -d 'Show received messages as hex dumps'
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -l progress -d 'Show progress, rate and time left on stderr, and a summary at the end'
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -l send-only -d 'Only send: never print, and do not wait for replies'
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -l recv-only -d 'Only receive: never touch stdin'
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -l foreground -d 'Stream a named socket instead of keeping it'
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -s 4 -l ipv4 -d 'Use IPv4 only'
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -s 6 -l ipv6 -d 'Use IPv6 only'
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -s n -l numeric -d 'Allow addresses only, look up no names'
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -l nodelay -d 'Send small writes at once (this is the default)'
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -l no-reuseaddr -d 'Do not reuse an address that is still in TIME_WAIT'
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -s v -l verbose -d 'Say more on stderr: -v connections, -vv every chunk'
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -l quiet -d 'Say nothing on stderr, not even errors'
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -s j -l json -d 'Events on stderr and reports on stdout as JSON, one a line'
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -s h -l help -d 'Print help: -h the common options, --help all of them'
complete -c netverb -n "__fish_netverb_using_subcommand datagram" -s V -l version -d 'Print the version'
complete -c netverb -n "__fish_netverb_using_subcommand udp" -l to -d 'Send to this peer' -r
complete -c netverb -n "__fish_netverb_using_subcommand udp" -l listen -d 'Receive here, from everybody: [host:]port, udp://host:port, unix:/path' -r
complete -c netverb -n "__fish_netverb_using_subcommand udp" -l from -d 'Send from this local address and port, where answers come to; unix:/path for a Unix peer' -r
complete -c netverb -n "__fish_netverb_using_subcommand udp" -s s -l source -d 'Send from this local address' -r
complete -c netverb -n "__fish_netverb_using_subcommand udp" -s p -l source-port -d 'Send from this local port' -r
complete -c netverb -n "__fish_netverb_using_subcommand udp" -l join -d 'Join this multicast group, with --listen (repeat)' -r
complete -c netverb -n "__fish_netverb_using_subcommand udp" -l source-specific -d 'Hear only this sender in the groups (repeat)' -r
complete -c netverb -n "__fish_netverb_using_subcommand udp" -l loop -d 'Whether this machine hears the multicasts that it sends [default: on, as the system has it]' -r -f -a "on\t''
off\t''"
complete -c netverb -n "__fish_netverb_using_subcommand udp" -l count -d 'End after N received messages, however long they take' -r
complete -c netverb -n "__fish_netverb_using_subcommand udp" -l replies -d 'Wait for N replies; status 28 when fewer come in time' -r
complete -c netverb -n "__fish_netverb_using_subcommand udp" -l replies-for -d 'Print what comes for this long after the end of the input [default: 1s; with --replies: -w, or 10s]' -r
complete -c netverb -n "__fish_netverb_using_subcommand udp" -l file -d 'Send a file, as one datagram unless --split cuts it; - is stdin' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand udp" -l split -d 'How stdin is cut into messages, and what ends them on stdout: none, line, nul, length, chunk or SIZE' -r -f -a "none\t''
line\t''
nul\t''
length\t''
chunk\t''"
complete -c netverb -n "__fish_netverb_using_subcommand udp" -l max-bytes -d 'Receive at most SIZE bytes of each message; longer ones are cut, which their records say, or a line on stderr' -r
complete -c netverb -n "__fish_netverb_using_subcommand udp" -s o -l output -d 'Write received messages to FILE; - is stdout' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand udp" -l hex-dump -d 'Dump both directions in hex to FILE, or - for stderr' -r
complete -c netverb -n "__fish_netverb_using_subcommand udp" -l transcript -d 'Record both directions, with times, as JSON lines; - is stdout, where nothing else goes there' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand udp" -l hash -d 'Print the digest of each direction at the end: sha256 or blake3' -r -f -a "sha256\t''
blake3\t''"
complete -c netverb -n "__fish_netverb_using_subcommand udp" -l pcap -d 'Write what passes to FILE as pcapng packets, plain text under TLS too' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand udp" -l latency -d 'Hold back what is sent for this long' -r
complete -c netverb -n "__fish_netverb_using_subcommand udp" -l jitter -d 'Hold back each piece by chance up to this much longer' -r
complete -c netverb -n "__fish_netverb_using_subcommand udp" -l drop -d 'Lose a datagram with this probability, from 0 to 1' -r
complete -c netverb -n "__fish_netverb_using_subcommand udp" -l duplicate -d 'Send a datagram twice with this probability, from 0 to 1' -r
complete -c netverb -n "__fish_netverb_using_subcommand udp" -l reorder -d 'Send a datagram after its successor with this probability, from 0 to 1' -r
complete -c netverb -n "__fish_netverb_using_subcommand udp" -l seed -d 'Repeat the chances of an earlier run; -v shows its seed' -r
complete -c netverb -n "__fish_netverb_using_subcommand udp" -l name -d 'The name to keep the socket under, for any address' -r
complete -c netverb -n "__fish_netverb_using_subcommand udp" -l keep -d 'Keep the socket, named or not, until nobody has used it for DUR; none: for ever [default: 10m]' -r
complete -c netverb -n "__fish_netverb_using_subcommand udp" -l owner -d 'End the socket with this process' -r
complete -c netverb -n "__fish_netverb_using_subcommand udp" -l buffer -d 'How much is read ahead before the peer is slowed down [default: 1M]' -r
complete -c netverb -n "__fish_netverb_using_subcommand udp" -l port-file -d 'Write the port to FILE once connections are accepted' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand udp" -l ready-fd -d 'Write the port to descriptor N once connections are accepted' -r
complete -c netverb -n "__fish_netverb_using_subcommand udp" -l interface -d 'Use these interfaces' -r
complete -c netverb -n "__fish_netverb_using_subcommand udp" -l sockopt -d 'Set a socket option by the name of its manual page (repeat)' -r
complete -c netverb -n "__fish_netverb_using_subcommand udp" -l ttl -d 'Hops that a packet may take' -r
complete -c netverb -n "__fish_netverb_using_subcommand udp" -l tos -d 'The type-of-service byte' -r
complete -c netverb -n "__fish_netverb_using_subcommand udp" -l keepalive -d 'Probe an idle connection after this long' -r
complete -c netverb -n "__fish_netverb_using_subcommand udp" -l sndbuf -d 'Size of the send buffer' -r
complete -c netverb -n "__fish_netverb_using_subcommand udp" -l rcvbuf -d 'Size of the receive buffer' -r
complete -c netverb -n "__fish_netverb_using_subcommand udp" -l mark -d 'Mark packets for the firewall' -r
complete -c netverb -n "__fish_netverb_using_subcommand udp" -l congestion -d 'The TCP congestion control, such as cubic' -r
complete -c netverb -n "__fish_netverb_using_subcommand udp" -l idle-timeout -d 'End when nothing passed for this long (status 28)' -r
complete -c netverb -n "__fish_netverb_using_subcommand udp" -l deadline -d 'Limit the whole command, name look-up included (status 28)' -r
complete -c netverb -n "__fish_netverb_using_subcommand udp" -s w -l timeout -d 'End when nothing passed for this long (status 28); with -z or --replies wait so long for answers' -r
complete -c netverb -n "__fish_netverb_using_subcommand udp" -l color -d 'Use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR says otherwise'
always\t'Always'
never\t'Never'"
complete -c netverb -n "__fish_netverb_using_subcommand udp" -l session -d 'Keep sockets, and look for them, in this session' -r
complete -c netverb -n "__fish_netverb_using_subcommand udp" -l session-dir -d 'Keep sockets, and look for them, in this directory' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand udp" -s z -l probe -d 'Probe: send DATA, or an empty datagram (0 an answer came, 7 closed, 28 silent) [-w default: 2s]'
complete -c netverb -n "__fish_netverb_using_subcommand udp" -s b -l broadcast -d 'Allow sending to broadcast addresses'
complete -c netverb -n "__fish_netverb_using_subcommand udp" -s l -l line -d 'End each DATA with a line feed'
complete -c netverb -n "__fish_netverb_using_subcommand udp" -s E -l escape -d 'Read \\n \\r \\t \\0 \\e \\\\ \\xHH in DATA as the bytes that they stand for'
complete -c netverb -n "__fish_netverb_using_subcommand udp" -l from-hex -d 'Read DATA as hexadecimal digits'
complete -c netverb -n "__fish_netverb_using_subcommand udp" -l hex -d 'Show received messages as hex dumps'
complete -c netverb -n "__fish_netverb_using_subcommand udp" -l progress -d 'Show progress, rate and time left on stderr, and a summary at the end'
complete -c netverb -n "__fish_netverb_using_subcommand udp" -l send-only -d 'Only send: never print, and do not wait for replies'
complete -c netverb -n "__fish_netverb_using_subcommand udp" -l recv-only -d 'Only receive: never touch stdin'
complete -c netverb -n "__fish_netverb_using_subcommand udp" -l foreground -d 'Stream a named socket instead of keeping it'
complete -c netverb -n "__fish_netverb_using_subcommand udp" -s 4 -l ipv4 -d 'Use IPv4 only'
complete -c netverb -n "__fish_netverb_using_subcommand udp" -s 6 -l ipv6 -d 'Use IPv6 only'
complete -c netverb -n "__fish_netverb_using_subcommand udp" -s n -l numeric -d 'Allow addresses only, look up no names'
complete -c netverb -n "__fish_netverb_using_subcommand udp" -l nodelay -d 'Send small writes at once (this is the default)'
complete -c netverb -n "__fish_netverb_using_subcommand udp" -l no-reuseaddr -d 'Do not reuse an address that is still in TIME_WAIT'
complete -c netverb -n "__fish_netverb_using_subcommand udp" -s v -l verbose -d 'Say more on stderr: -v connections, -vv every chunk'
complete -c netverb -n "__fish_netverb_using_subcommand udp" -l quiet -d 'Say nothing on stderr, not even errors'
complete -c netverb -n "__fish_netverb_using_subcommand udp" -s j -l json -d 'Events on stderr and reports on stdout as JSON, one a line'
complete -c netverb -n "__fish_netverb_using_subcommand udp" -s h -l help -d 'Print help: -h the common options, --help all of them'
complete -c netverb -n "__fish_netverb_using_subcommand udp" -s V -l version -d 'Print the version'
complete -c netverb -n "__fish_netverb_using_subcommand send-tuple" -l json-tuple -d 'The tuple as a JSON array' -r
complete -c netverb -n "__fish_netverb_using_subcommand send-tuple" -l input -d 'Each record of stdin is a tuple: tsv, csv, json, lines' -r -f -a "tsv\t''
csv\t''
json\t''
lines\t''"
complete -c netverb -n "__fish_netverb_using_subcommand send-tuple" -l zmq -d 'Be a ZeroMQ socket of this type: push, pub, pair or dealer to send, pull, sub, pair or dealer to receive' -r -f -a "pair\t''
pub\t''
sub\t''
req\t''
rep\t''
dealer\t''
router\t''
pull\t''
push\t''
xpub\t''
xsub\t''
stream\t''"
complete -c netverb -n "__fish_netverb_using_subcommand send-tuple" -l subscribe -d 'With sub: receive what begins with PREFIX (repeat) [default: everything]' -r
complete -c netverb -n "__fish_netverb_using_subcommand send-tuple" -l curve-server-key -d 'Encrypt with CURVE; the server\'s public key, or the file that holds it [with --to-zmq: the target\'s]' -r
complete -c netverb -n "__fish_netverb_using_subcommand send-tuple" -l curve-key -d 'Encrypt with CURVE; our own secret key: the server\'s, or a client\'s beside --curve-server-key' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand send-tuple" -l encoding -d 'cbor, msgpack or json' -r -f -a "cbor\t''
msgpack\t''
json\t''"
complete -c netverb -n "__fish_netverb_using_subcommand send-tuple" -l format -d 'Raw packets in this format, such as \'in2 A8\'' -r
complete -c netverb -n "__fish_netverb_using_subcommand send-tuple" -l text-encoding -d 'The character set of strings in packets: utf8, locale, ignore, or a name such as iso-8859-1' -r -f -a "utf8\t''
locale\t''
ignore\t''"
complete -c netverb -n "__fish_netverb_using_subcommand send-tuple" -l max-bytes -d 'The largest tuple [default: 64M]' -r
complete -c netverb -n "__fish_netverb_using_subcommand send-tuple" -l connect-timeout -d 'Limit look-up and connecting' -r
complete -c netverb -n "__fish_netverb_using_subcommand send-tuple" -l retry -d 'Try again this many times when connecting fails' -r
complete -c netverb -n "__fish_netverb_using_subcommand send-tuple" -l wait -d 'Keep trying to connect for this long' -r
complete -c netverb -n "__fish_netverb_using_subcommand send-tuple" -l from -d 'Connect from this local address and port' -r
complete -c netverb -n "__fish_netverb_using_subcommand send-tuple" -s s -l source -d 'Connect from this local address' -r
complete -c netverb -n "__fish_netverb_using_subcommand send-tuple" -s p -l source-port -d 'Connect from this local port' -r
complete -c netverb -n "__fish_netverb_using_subcommand send-tuple" -l proxy -d 'Connect through a proxy (repeat for a chain, the nearest first)' -r
complete -c netverb -n "__fish_netverb_using_subcommand send-tuple" -l proxy-user -d 'USER:PASSWORD for the proxy, or @FILE that holds it' -r
complete -c netverb -n "__fish_netverb_using_subcommand send-tuple" -s H -l header -d 'Add a header to a WebSocket handshake, else to the request to an HTTP proxy (repeat)' -r
complete -c netverb -n "__fish_netverb_using_subcommand send-tuple" -l proxy-protocol -d 'Begin with a PROXY protocol header, v1 or v2; an accept without --to expects one of its clients' -r -f -a "v1\t''
v2\t''"
complete -c netverb -n "__fish_netverb_using_subcommand send-tuple" -l verify-host -d 'Verify the certificate against NAME, and send that name (SNI)' -r
complete -c netverb -n "__fish_netverb_using_subcommand send-tuple" -l ca -d 'Trust these authorities instead of the system\'s (repeat)' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand send-tuple" -l cert -d 'Our certificate, in PEM; accept takes several, for several names' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand send-tuple" -l key -d 'The key of --cert, in PEM; looked for in the same file where it is not given' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand send-tuple" -l alpn -d 'Application protocols, best first' -r
complete -c netverb -n "__fish_netverb_using_subcommand send-tuple" -l tls-min -d 'The oldest version to accept: 1.2 or 1.3' -r -f -a "1.2\t''
1.3\t''"
complete -c netverb -n "__fish_netverb_using_subcommand send-tuple" -l pin -d 'Trust exactly this certificate: sha256:HEX as --tls-info shows it (repeat)' -r
complete -c netverb -n "__fish_netverb_using_subcommand send-tuple" -l interface -d 'Use these interfaces' -r
complete -c netverb -n "__fish_netverb_using_subcommand send-tuple" -l sockopt -d 'Set a socket option by the name of its manual page (repeat)' -r
complete -c netverb -n "__fish_netverb_using_subcommand send-tuple" -l ttl -d 'Hops that a packet may take' -r
complete -c netverb -n "__fish_netverb_using_subcommand send-tuple" -l tos -d 'The type-of-service byte' -r
complete -c netverb -n "__fish_netverb_using_subcommand send-tuple" -l keepalive -d 'Probe an idle connection after this long' -r
complete -c netverb -n "__fish_netverb_using_subcommand send-tuple" -l sndbuf -d 'Size of the send buffer' -r
complete -c netverb -n "__fish_netverb_using_subcommand send-tuple" -l rcvbuf -d 'Size of the receive buffer' -r
complete -c netverb -n "__fish_netverb_using_subcommand send-tuple" -l mark -d 'Mark packets for the firewall' -r
complete -c netverb -n "__fish_netverb_using_subcommand send-tuple" -l congestion -d 'The TCP congestion control, such as cubic' -r
complete -c netverb -n "__fish_netverb_using_subcommand send-tuple" -l idle-timeout -d 'End when nothing passed for this long (status 28)' -r
complete -c netverb -n "__fish_netverb_using_subcommand send-tuple" -l deadline -d 'Limit the whole command, name look-up included (status 28)' -r
complete -c netverb -n "__fish_netverb_using_subcommand send-tuple" -s w -l timeout -d 'Limit connecting, and how long nothing may pass; on a kept socket, each wait [default there: 10s]' -r
complete -c netverb -n "__fish_netverb_using_subcommand send-tuple" -l color -d 'Use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR says otherwise'
always\t'Always'
never\t'Never'"
complete -c netverb -n "__fish_netverb_using_subcommand send-tuple" -l session -d 'Keep sockets, and look for them, in this session' -r
complete -c netverb -n "__fish_netverb_using_subcommand send-tuple" -l session-dir -d 'Keep sockets, and look for them, in this directory' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand send-tuple" -l datagram -d 'Send datagrams, each a tuple (as udp://…); unix:/path is a datagram socket'
complete -c netverb -n "__fish_netverb_using_subcommand send-tuple" -l secure -l tls -d 'Speak TLS; a server\'s certificate is verified'
complete -c netverb -n "__fish_netverb_using_subcommand send-tuple" -l no-verify -d 'Accept any certificate'
complete -c netverb -n "__fish_netverb_using_subcommand send-tuple" -l key-log -d 'Write the session\'s secrets to the file that SSLKEYLOGFILE names'
complete -c netverb -n "__fish_netverb_using_subcommand send-tuple" -s 4 -l ipv4 -d 'Use IPv4 only'
complete -c netverb -n "__fish_netverb_using_subcommand send-tuple" -s 6 -l ipv6 -d 'Use IPv6 only'
complete -c netverb -n "__fish_netverb_using_subcommand send-tuple" -s n -l numeric -d 'Allow addresses only, look up no names'
complete -c netverb -n "__fish_netverb_using_subcommand send-tuple" -l nodelay -d 'Send small writes at once (this is the default)'
complete -c netverb -n "__fish_netverb_using_subcommand send-tuple" -l no-reuseaddr -d 'Do not reuse an address that is still in TIME_WAIT'
complete -c netverb -n "__fish_netverb_using_subcommand send-tuple" -s v -l verbose -d 'Say more on stderr: -v connections, -vv every chunk'
complete -c netverb -n "__fish_netverb_using_subcommand send-tuple" -l quiet -d 'Say nothing on stderr, not even errors'
complete -c netverb -n "__fish_netverb_using_subcommand send-tuple" -s j -l json -d 'Events on stderr and reports on stdout as JSON, one a line'
complete -c netverb -n "__fish_netverb_using_subcommand send-tuple" -s h -l help -d 'Print help: -h the common options, --help all of them'
complete -c netverb -n "__fish_netverb_using_subcommand send-tuple" -s V -l version -d 'Print the version'
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -l count -d 'How many tuples: a number, or all' -r
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -l listen -d 'Take the tuples of the first client that connects here; at udp://[host]:port, of all who send' -r
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -l join -d 'Join this multicast group, with --listen udp://… (repeat)' -r
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -l port-file -d 'Write the port to FILE once connections are accepted' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -l ready-fd -d 'Write the port to descriptor N once connections are accepted' -r
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -l allow -d 'Let in these only (repeat)' -r
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -l deny -d 'Keep out; wins over --allow (repeat)' -r
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -l reject -d 'What a denied client gets: rst, close or drop' -r -f -a "rst\t''
close\t''
drop\t''"
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -l client-ca -d 'Require a certificate of clients, from an authority in this file or folder (repeat)' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -l encoding -d 'cbor, msgpack or json' -r -f -a "cbor\t''
msgpack\t''
json\t''"
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -l format -d 'Raw packets in this format, such as \'in2 A8\'' -r
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -l text-encoding -d 'The character set of strings in packets: utf8, locale, ignore, or a name such as iso-8859-1' -r -f -a "utf8\t''
locale\t''
ignore\t''"
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -l max-bytes -d 'The largest tuple [default: 64M]' -r
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -l expect-types -d 'Fail with 1 unless the types are these, such as irs' -r
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -l zmq -d 'Be a ZeroMQ socket of this type: push, pub, pair or dealer to send, pull, sub, pair or dealer to receive' -r -f -a "pair\t''
pub\t''
sub\t''
req\t''
rep\t''
dealer\t''
router\t''
pull\t''
push\t''
xpub\t''
xsub\t''
stream\t''"
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -l subscribe -d 'With sub: receive what begins with PREFIX (repeat) [default: everything]' -r
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -l curve-server-key -d 'Encrypt with CURVE; the server\'s public key, or the file that holds it [with --to-zmq: the target\'s]' -r
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -l curve-key -d 'Encrypt with CURVE; our own secret key: the server\'s, or a client\'s beside --curve-server-key' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -l connect-timeout -d 'Limit look-up and connecting' -r
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -l retry -d 'Try again this many times when connecting fails' -r
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -l wait -d 'Keep trying to connect for this long' -r
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -l from -d 'Connect from this local address and port' -r
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -s s -l source -d 'Connect from this local address' -r
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -s p -l source-port -d 'Connect from this local port' -r
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -l proxy -d 'Connect through a proxy (repeat for a chain, the nearest first)' -r
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -l proxy-user -d 'USER:PASSWORD for the proxy, or @FILE that holds it' -r
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -s H -l header -d 'Add a header to a WebSocket handshake, else to the request to an HTTP proxy (repeat)' -r
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -l proxy-protocol -d 'Begin with a PROXY protocol header, v1 or v2; an accept without --to expects one of its clients' -r -f -a "v1\t''
v2\t''"
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -l verify-host -d 'Verify the certificate against NAME, and send that name (SNI)' -r
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -l ca -d 'Trust these authorities instead of the system\'s (repeat)' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -l cert -d 'Our certificate, in PEM; accept takes several, for several names' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -l key -d 'The key of --cert, in PEM; looked for in the same file where it is not given' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -l alpn -d 'Application protocols, best first' -r
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -l tls-min -d 'The oldest version to accept: 1.2 or 1.3' -r -f -a "1.2\t''
1.3\t''"
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -l pin -d 'Trust exactly this certificate: sha256:HEX as --tls-info shows it (repeat)' -r
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -l interface -d 'Use these interfaces' -r
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -l sockopt -d 'Set a socket option by the name of its manual page (repeat)' -r
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -l ttl -d 'Hops that a packet may take' -r
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -l tos -d 'The type-of-service byte' -r
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -l keepalive -d 'Probe an idle connection after this long' -r
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -l sndbuf -d 'Size of the send buffer' -r
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -l rcvbuf -d 'Size of the receive buffer' -r
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -l mark -d 'Mark packets for the firewall' -r
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -l congestion -d 'The TCP congestion control, such as cubic' -r
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -l idle-timeout -d 'End when nothing passed for this long (status 28)' -r
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -l deadline -d 'Limit the whole command, name look-up included (status 28)' -r
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -s w -l timeout -d 'Limit connecting, and how long nothing may pass; on a kept socket, each wait [default there: 10s]' -r
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -l color -d 'Use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR says otherwise'
always\t'Always'
never\t'Never'"
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -l session -d 'Keep sockets, and look for them, in this session' -r
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -l session-dir -d 'Keep sockets, and look for them, in this directory' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -l peek -d 'Leave the tuple in the kept socket'
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -l datagram -d 'Receive datagrams, each a tuple, from whoever sends (as udp://…); unix:/path is a datagram socket'
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -l ws -d 'Speak WebSocket with clients, whatever path they ask for'
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -l self-signed -d 'Make a certificate for this run and print its pin'
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -l tsv -d 'Values separated by tabs'
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -l csv -d 'Values separated by commas'
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -l shell -d 'Assign the bash array `tuple`'
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -l type -d 'The types only: i, r, s, b for each value'
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -l secure -l tls -d 'Speak TLS; a server\'s certificate is verified'
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -l no-verify -d 'Accept any certificate'
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -l key-log -d 'Write the session\'s secrets to the file that SSLKEYLOGFILE names'
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -s 4 -l ipv4 -d 'Use IPv4 only'
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -s 6 -l ipv6 -d 'Use IPv6 only'
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -s n -l numeric -d 'Allow addresses only, look up no names'
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -l nodelay -d 'Send small writes at once (this is the default)'
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -l no-reuseaddr -d 'Do not reuse an address that is still in TIME_WAIT'
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -s v -l verbose -d 'Say more on stderr: -v connections, -vv every chunk'
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -l quiet -d 'Say nothing on stderr, not even errors'
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -s j -l json -d 'Events on stderr and reports on stdout as JSON, one a line'
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -s h -l help -d 'Print help: -h the common options, --help all of them'
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -s V -l version -d 'Print the version'
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -l count -d 'How many tuples: a number, or all' -r
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -l listen -d 'Take the tuples of the first client that connects here; at udp://[host]:port, of all who send' -r
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -l join -d 'Join this multicast group, with --listen udp://… (repeat)' -r
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -l port-file -d 'Write the port to FILE once connections are accepted' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -l ready-fd -d 'Write the port to descriptor N once connections are accepted' -r
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -l allow -d 'Let in these only (repeat)' -r
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -l deny -d 'Keep out; wins over --allow (repeat)' -r
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -l reject -d 'What a denied client gets: rst, close or drop' -r -f -a "rst\t''
close\t''
drop\t''"
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -l client-ca -d 'Require a certificate of clients, from an authority in this file or folder (repeat)' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -l encoding -d 'cbor, msgpack or json' -r -f -a "cbor\t''
msgpack\t''
json\t''"
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -l format -d 'Raw packets in this format, such as \'in2 A8\'' -r
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -l text-encoding -d 'The character set of strings in packets: utf8, locale, ignore, or a name such as iso-8859-1' -r -f -a "utf8\t''
locale\t''
ignore\t''"
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -l max-bytes -d 'The largest tuple [default: 64M]' -r
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -l expect-types -d 'Fail with 1 unless the types are these, such as irs' -r
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -l zmq -d 'Be a ZeroMQ socket of this type: push, pub, pair or dealer to send, pull, sub, pair or dealer to receive' -r -f -a "pair\t''
pub\t''
sub\t''
req\t''
rep\t''
dealer\t''
router\t''
pull\t''
push\t''
xpub\t''
xsub\t''
stream\t''"
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -l subscribe -d 'With sub: receive what begins with PREFIX (repeat) [default: everything]' -r
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -l curve-server-key -d 'Encrypt with CURVE; the server\'s public key, or the file that holds it [with --to-zmq: the target\'s]' -r
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -l curve-key -d 'Encrypt with CURVE; our own secret key: the server\'s, or a client\'s beside --curve-server-key' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -l connect-timeout -d 'Limit look-up and connecting' -r
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -l retry -d 'Try again this many times when connecting fails' -r
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -l wait -d 'Keep trying to connect for this long' -r
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -l from -d 'Connect from this local address and port' -r
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -s s -l source -d 'Connect from this local address' -r
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -s p -l source-port -d 'Connect from this local port' -r
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -l proxy -d 'Connect through a proxy (repeat for a chain, the nearest first)' -r
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -l proxy-user -d 'USER:PASSWORD for the proxy, or @FILE that holds it' -r
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -s H -l header -d 'Add a header to a WebSocket handshake, else to the request to an HTTP proxy (repeat)' -r
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -l proxy-protocol -d 'Begin with a PROXY protocol header, v1 or v2; an accept without --to expects one of its clients' -r -f -a "v1\t''
v2\t''"
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -l verify-host -d 'Verify the certificate against NAME, and send that name (SNI)' -r
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -l ca -d 'Trust these authorities instead of the system\'s (repeat)' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -l cert -d 'Our certificate, in PEM; accept takes several, for several names' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -l key -d 'The key of --cert, in PEM; looked for in the same file where it is not given' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -l alpn -d 'Application protocols, best first' -r
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -l tls-min -d 'The oldest version to accept: 1.2 or 1.3' -r -f -a "1.2\t''
1.3\t''"
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -l pin -d 'Trust exactly this certificate: sha256:HEX as --tls-info shows it (repeat)' -r
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -l interface -d 'Use these interfaces' -r
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -l sockopt -d 'Set a socket option by the name of its manual page (repeat)' -r
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -l ttl -d 'Hops that a packet may take' -r
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -l tos -d 'The type-of-service byte' -r
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -l keepalive -d 'Probe an idle connection after this long' -r
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -l sndbuf -d 'Size of the send buffer' -r
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -l rcvbuf -d 'Size of the receive buffer' -r
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -l mark -d 'Mark packets for the firewall' -r
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -l congestion -d 'The TCP congestion control, such as cubic' -r
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -l idle-timeout -d 'End when nothing passed for this long (status 28)' -r
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -l deadline -d 'Limit the whole command, name look-up included (status 28)' -r
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -s w -l timeout -d 'Limit connecting, and how long nothing may pass; on a kept socket, each wait [default there: 10s]' -r
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -l color -d 'Use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR says otherwise'
always\t'Always'
never\t'Never'"
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -l session -d 'Keep sockets, and look for them, in this session' -r
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -l session-dir -d 'Keep sockets, and look for them, in this directory' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -l peek -d 'Leave the tuple in the kept socket'
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -l datagram -d 'Receive datagrams, each a tuple, from whoever sends (as udp://…); unix:/path is a datagram socket'
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -l ws -d 'Speak WebSocket with clients, whatever path they ask for'
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -l self-signed -d 'Make a certificate for this run and print its pin'
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -l tsv -d 'Values separated by tabs'
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -l csv -d 'Values separated by commas'
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -l shell -d 'Assign the bash array `tuple`'
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -l type -d 'The types only: i, r, s, b for each value'
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -l secure -l tls -d 'Speak TLS; a server\'s certificate is verified'
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -l no-verify -d 'Accept any certificate'
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -l key-log -d 'Write the session\'s secrets to the file that SSLKEYLOGFILE names'
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -s 4 -l ipv4 -d 'Use IPv4 only'
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -s 6 -l ipv6 -d 'Use IPv6 only'
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -s n -l numeric -d 'Allow addresses only, look up no names'
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -l nodelay -d 'Send small writes at once (this is the default)'
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -l no-reuseaddr -d 'Do not reuse an address that is still in TIME_WAIT'
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -s v -l verbose -d 'Say more on stderr: -v connections, -vv every chunk'
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -l quiet -d 'Say nothing on stderr, not even errors'
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -s j -l json -d 'Events on stderr and reports on stdout as JSON, one a line'
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -s h -l help -d 'Print help: -h the common options, --help all of them'
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -s V -l version -d 'Print the version'
complete -c netverb -n "__fish_netverb_using_subcommand read" -s o -l output -d 'Write to FILE instead of stdout, which is -' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand read" -l until -d 'Read up to TEXT, or crlf, lf, cr, nul, blank (an empty line), eof, reply (a whole SMTP or FTP reply) [default: lf; of messages: one]' -r -f -a "crlf\t''
lf\t''
cr\t''
nul\t''
blank\t''
eof\t''
reply\t''"
complete -c netverb -n "__fish_netverb_using_subcommand read" -l until-regex -d 'Read up to the end of the first match' -r
complete -c netverb -n "__fish_netverb_using_subcommand read" -l for -d 'Read an amount: 512, 4k, "3 lines", "2 words", "4 items", "2 int4", "1 message", …' -r
complete -c netverb -n "__fish_netverb_using_subcommand read" -l until-idle -d 'Read until nothing has come for this long, once something has' -r
complete -c netverb -n "__fish_netverb_using_subcommand read" -l max-bytes -d 'Fail with 63 when the result is larger than SIZE [default: 64M]' -r
complete -c netverb -n "__fish_netverb_using_subcommand read" -s w -l timeout -d 'How long to wait, again after each byte that comes; 0: not at all [default: 10s]' -r
complete -c netverb -n "__fish_netverb_using_subcommand read" -l deadline -d 'Limit the whole command (status 28)' -r
complete -c netverb -n "__fish_netverb_using_subcommand read" -l split -d 'What ends each message on stdout, and how stdin is cut into messages: none, line, nul, length, chunk or SIZE' -r -f -a "none\t''
line\t''
nul\t''
length\t''
chunk\t''"
complete -c netverb -n "__fish_netverb_using_subcommand read" -l color -d 'Use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR says otherwise'
always\t'Always'
never\t'Never'"
complete -c netverb -n "__fish_netverb_using_subcommand read" -l session -d 'Keep sockets, and look for them, in this session' -r
complete -c netverb -n "__fish_netverb_using_subcommand read" -l session-dir -d 'Keep sockets, and look for them, in this directory' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand read" -l any -d 'Read what is there, or what comes next'
complete -c netverb -n "__fish_netverb_using_subcommand read" -l strip -d 'Leave out what ended the read'
complete -c netverb -n "__fish_netverb_using_subcommand read" -l peek -d 'Leave in the socket what was read'
complete -c netverb -n "__fish_netverb_using_subcommand read" -l partial -d 'Print what had come even when the rest does not; it leaves the socket'
complete -c netverb -n "__fish_netverb_using_subcommand read" -l parts -d 'On a kept ZeroMQ socket: each line, or each DATA, is a part of one message, and an empty line ends it'
complete -c netverb -n "__fish_netverb_using_subcommand read" -s v -l verbose -d 'Say more on stderr: -v connections, -vv every chunk'
complete -c netverb -n "__fish_netverb_using_subcommand read" -l quiet -d 'Say nothing on stderr, not even errors'
complete -c netverb -n "__fish_netverb_using_subcommand read" -s j -l json -d 'Events on stderr and reports on stdout as JSON, one a line'
complete -c netverb -n "__fish_netverb_using_subcommand read" -s h -l help -d 'Print help: -h the common options, --help all of them'
complete -c netverb -n "__fish_netverb_using_subcommand read" -s V -l version -d 'Print the version'
complete -c netverb -n "__fish_netverb_using_subcommand write" -l file -d 'Send a file; - is stdin' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand write" -l eol -d 'With --line: the line ending to add, lf, crlf or cr, instead of that of the socket' -r -f -a "lf\t''
crlf\t''
cr\t''
none\t''"
complete -c netverb -n "__fish_netverb_using_subcommand write" -l to -d 'Send to this peer, for a kept datagram socket: HOST:PORT, as the record of a datagram names its sender' -r
complete -c netverb -n "__fish_netverb_using_subcommand write" -l split -d 'What ends each message on stdout, and how stdin is cut into messages: none, line, nul, length, chunk or SIZE' -r -f -a "none\t''
line\t''
nul\t''
length\t''
chunk\t''"
complete -c netverb -n "__fish_netverb_using_subcommand write" -l deadline -d 'Limit the whole command (status 28)' -r
complete -c netverb -n "__fish_netverb_using_subcommand write" -s w -l timeout -d 'How long to wait while the peer takes nothing; 0: not at all [default: 10s]' -r
complete -c netverb -n "__fish_netverb_using_subcommand write" -l color -d 'Use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR says otherwise'
always\t'Always'
never\t'Never'"
complete -c netverb -n "__fish_netverb_using_subcommand write" -l session -d 'Keep sockets, and look for them, in this session' -r
complete -c netverb -n "__fish_netverb_using_subcommand write" -l session-dir -d 'Keep sockets, and look for them, in this directory' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand write" -s l -l line -d 'Add the line ending of the socket, LF unless it was opened with --eol or -C; a file that has one gets no other; without DATA an empty line'
complete -c netverb -n "__fish_netverb_using_subcommand write" -s E -l escape -d 'Read \\n \\r \\t \\0 \\e \\\\ \\xHH in DATA as the bytes that they stand for'
complete -c netverb -n "__fish_netverb_using_subcommand write" -l from-hex -d 'Read DATA as hexadecimal digits'
complete -c netverb -n "__fish_netverb_using_subcommand write" -s C -l crlf -d 'With --line: end it with CRLF (= --eol crlf)'
complete -c netverb -n "__fish_netverb_using_subcommand write" -l eof -d 'End our data after it; without DATA after stdin, unless that is a terminal'
complete -c netverb -n "__fish_netverb_using_subcommand write" -l text -d 'Send text messages, for a kept WebSocket'
complete -c netverb -n "__fish_netverb_using_subcommand write" -l binary -d 'Send binary messages, for a kept WebSocket'
complete -c netverb -n "__fish_netverb_using_subcommand write" -l parts -d 'On a kept ZeroMQ socket: each line, or each DATA, is a part of one message, and an empty line ends it'
complete -c netverb -n "__fish_netverb_using_subcommand write" -s v -l verbose -d 'Say more on stderr: -v connections, -vv every chunk'
complete -c netverb -n "__fish_netverb_using_subcommand write" -l quiet -d 'Say nothing on stderr, not even errors'
complete -c netverb -n "__fish_netverb_using_subcommand write" -s j -l json -d 'Events on stderr and reports on stdout as JSON, one a line'
complete -c netverb -n "__fish_netverb_using_subcommand write" -s h -l help -d 'Print help: -h the common options, --help all of them'
complete -c netverb -n "__fish_netverb_using_subcommand write" -s V -l version -d 'Print the version'
complete -c netverb -n "__fish_netverb_using_subcommand ask" -l file -d 'Send a file; - is stdin' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand ask" -l eol -d 'With --line: the line ending to add, lf, crlf or cr, instead of that of the socket' -r -f -a "lf\t''
crlf\t''
cr\t''
none\t''"
complete -c netverb -n "__fish_netverb_using_subcommand ask" -l to -d 'Send to this peer, for a kept datagram socket: HOST:PORT, as the record of a datagram names its sender' -r
complete -c netverb -n "__fish_netverb_using_subcommand ask" -l until -d 'Read up to TEXT, or crlf, lf, cr, nul, blank (an empty line), eof, reply (a whole SMTP or FTP reply) [default: lf; of messages: one]' -r -f -a "crlf\t''
lf\t''
cr\t''
nul\t''
blank\t''
eof\t''
reply\t''"
complete -c netverb -n "__fish_netverb_using_subcommand ask" -l until-regex -d 'Read up to the end of the first match' -r
complete -c netverb -n "__fish_netverb_using_subcommand ask" -l for -d 'Read an amount: 512, 4k, "3 lines", "2 words", "4 items", "2 int4", "1 message", …' -r
complete -c netverb -n "__fish_netverb_using_subcommand ask" -l until-idle -d 'Read until nothing has come for this long, once something has' -r
complete -c netverb -n "__fish_netverb_using_subcommand ask" -l max-bytes -d 'Fail with 63 when the result is larger than SIZE [default: 64M]' -r
complete -c netverb -n "__fish_netverb_using_subcommand ask" -s w -l timeout -d 'How long to wait, again after each byte that comes; 0: not at all [default: 10s]' -r
complete -c netverb -n "__fish_netverb_using_subcommand ask" -l deadline -d 'Limit the whole command (status 28)' -r
complete -c netverb -n "__fish_netverb_using_subcommand ask" -l split -d 'What ends each message on stdout, and how stdin is cut into messages: none, line, nul, length, chunk or SIZE' -r -f -a "none\t''
line\t''
nul\t''
length\t''
chunk\t''"
complete -c netverb -n "__fish_netverb_using_subcommand ask" -l color -d 'Use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR says otherwise'
always\t'Always'
never\t'Never'"
complete -c netverb -n "__fish_netverb_using_subcommand ask" -l session -d 'Keep sockets, and look for them, in this session' -r
complete -c netverb -n "__fish_netverb_using_subcommand ask" -l session-dir -d 'Keep sockets, and look for them, in this directory' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand ask" -s l -l line -d 'Add the line ending of the socket, LF unless it was opened with --eol or -C; a file that has one gets no other; without DATA an empty line'
complete -c netverb -n "__fish_netverb_using_subcommand ask" -s E -l escape -d 'Read \\n \\r \\t \\0 \\e \\\\ \\xHH in DATA as the bytes that they stand for'
complete -c netverb -n "__fish_netverb_using_subcommand ask" -l from-hex -d 'Read DATA as hexadecimal digits'
complete -c netverb -n "__fish_netverb_using_subcommand ask" -s C -l crlf -d 'With --line: end it with CRLF (= --eol crlf)'
complete -c netverb -n "__fish_netverb_using_subcommand ask" -l eof -d 'End our data after it; without DATA after stdin, unless that is a terminal'
complete -c netverb -n "__fish_netverb_using_subcommand ask" -l text -d 'Send text messages, for a kept WebSocket'
complete -c netverb -n "__fish_netverb_using_subcommand ask" -l binary -d 'Send binary messages, for a kept WebSocket'
complete -c netverb -n "__fish_netverb_using_subcommand ask" -l any -d 'Read what is there, or what comes next'
complete -c netverb -n "__fish_netverb_using_subcommand ask" -l strip -d 'Leave out what ended the read'
complete -c netverb -n "__fish_netverb_using_subcommand ask" -l peek -d 'Leave in the socket what was read'
complete -c netverb -n "__fish_netverb_using_subcommand ask" -l partial -d 'Print what had come even when the rest does not; it leaves the socket'
complete -c netverb -n "__fish_netverb_using_subcommand ask" -l parts -d 'On a kept ZeroMQ socket: each line, or each DATA, is a part of one message, and an empty line ends it'
complete -c netverb -n "__fish_netverb_using_subcommand ask" -s v -l verbose -d 'Say more on stderr: -v connections, -vv every chunk'
complete -c netverb -n "__fish_netverb_using_subcommand ask" -l quiet -d 'Say nothing on stderr, not even errors'
complete -c netverb -n "__fish_netverb_using_subcommand ask" -s j -l json -d 'Events on stderr and reports on stdout as JSON, one a line'
complete -c netverb -n "__fish_netverb_using_subcommand ask" -s h -l help -d 'Print help: -h the common options, --help all of them'
complete -c netverb -n "__fish_netverb_using_subcommand ask" -s V -l version -d 'Print the version'
complete -c netverb -n "__fish_netverb_using_subcommand expect" -l fail -d 'A pattern whose match is a failure: status 1 (repeat)' -r
complete -c netverb -n "__fish_netverb_using_subcommand expect" -l print -d 'What to print: all, match, before, index, none, or a group by its number or name' -r -f -a "all\t''
match\t''
before\t''
index\t''
none\t''"
complete -c netverb -n "__fish_netverb_using_subcommand expect" -l max-bytes -d 'Fail with 63 when the result is larger than SIZE [default: 64M]' -r
complete -c netverb -n "__fish_netverb_using_subcommand expect" -s w -l timeout -d 'How long to wait, again after each byte that comes; 0: not at all [default: 10s]' -r
complete -c netverb -n "__fish_netverb_using_subcommand expect" -l deadline -d 'Limit the whole command (status 28)' -r
complete -c netverb -n "__fish_netverb_using_subcommand expect" -l color -d 'Use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR says otherwise'
always\t'Always'
never\t'Never'"
complete -c netverb -n "__fish_netverb_using_subcommand expect" -l session -d 'Keep sockets, and look for them, in this session' -r
complete -c netverb -n "__fish_netverb_using_subcommand expect" -l session-dir -d 'Keep sockets, and look for them, in this directory' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand expect" -l partial -d 'Print what had come even when the rest does not; it leaves the socket'
complete -c netverb -n "__fish_netverb_using_subcommand expect" -s v -l verbose -d 'Say more on stderr: -v connections, -vv every chunk'
complete -c netverb -n "__fish_netverb_using_subcommand expect" -l quiet -d 'Say nothing on stderr, not even errors'
complete -c netverb -n "__fish_netverb_using_subcommand expect" -s j -l json -d 'Events on stderr and reports on stdout as JSON, one a line'
complete -c netverb -n "__fish_netverb_using_subcommand expect" -s h -l help -d 'Print help: -h the common options, --help all of them'
complete -c netverb -n "__fish_netverb_using_subcommand expect" -s V -l version -d 'Print the version'
complete -c netverb -n "__fish_netverb_using_subcommand secure" -l verify-host -d 'Verify the certificate against NAME, and send that name (SNI)' -r
complete -c netverb -n "__fish_netverb_using_subcommand secure" -l ca -d 'Trust these authorities instead of the system\'s (repeat)' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand secure" -l cert -d 'Our certificate, in PEM; accept takes several, for several names' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand secure" -l key -d 'The key of --cert, in PEM; looked for in the same file where it is not given' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand secure" -l alpn -d 'Application protocols, best first' -r
complete -c netverb -n "__fish_netverb_using_subcommand secure" -l tls-min -d 'The oldest version to accept: 1.2 or 1.3' -r -f -a "1.2\t''
1.3\t''"
complete -c netverb -n "__fish_netverb_using_subcommand secure" -l pin -d 'Trust exactly this certificate: sha256:HEX as --tls-info shows it (repeat)' -r
complete -c netverb -n "__fish_netverb_using_subcommand secure" -l client-ca -d 'Require a certificate of clients, from an authority in this file or folder (repeat)' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand secure" -l min-days -d 'Fail with 60 when a certificate has fewer than N days left; accept turns such clients away' -r
complete -c netverb -n "__fish_netverb_using_subcommand secure" -l deadline -d 'Limit the whole command (status 28)' -r
complete -c netverb -n "__fish_netverb_using_subcommand secure" -s w -l timeout -d 'How long the handshake may take [default: 10s]' -r
complete -c netverb -n "__fish_netverb_using_subcommand secure" -l color -d 'Use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR says otherwise'
always\t'Always'
never\t'Never'"
complete -c netverb -n "__fish_netverb_using_subcommand secure" -l session -d 'Keep sockets, and look for them, in this session' -r
complete -c netverb -n "__fish_netverb_using_subcommand secure" -l session-dir -d 'Keep sockets, and look for them, in this directory' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand secure" -l no-verify -d 'Accept any certificate'
complete -c netverb -n "__fish_netverb_using_subcommand secure" -l key-log -d 'Write the session\'s secrets to the file that SSLKEYLOGFILE names'
complete -c netverb -n "__fish_netverb_using_subcommand secure" -l self-signed -d 'Make a certificate for this run and print its pin'
complete -c netverb -n "__fish_netverb_using_subcommand secure" -l tls-info -d 'Show the peer\'s certificates, protocol and cipher; open speaks TLS then'
complete -c netverb -n "__fish_netverb_using_subcommand secure" -l secure -l tls -d 'Speak TLS; a server\'s certificate is verified'
complete -c netverb -n "__fish_netverb_using_subcommand secure" -s v -l verbose -d 'Say more on stderr: -v connections, -vv every chunk'
complete -c netverb -n "__fish_netverb_using_subcommand secure" -l quiet -d 'Say nothing on stderr, not even errors'
complete -c netverb -n "__fish_netverb_using_subcommand secure" -s j -l json -d 'Events on stderr and reports on stdout as JSON, one a line'
complete -c netverb -n "__fish_netverb_using_subcommand secure" -s h -l help -d 'Print help: -h the common options, --help all of them'
complete -c netverb -n "__fish_netverb_using_subcommand secure" -s V -l version -d 'Print the version'
complete -c netverb -n "__fish_netverb_using_subcommand attach" -l verify-host -d 'Verify the certificate against NAME, and send that name (SNI)' -r
complete -c netverb -n "__fish_netverb_using_subcommand attach" -l ca -d 'Trust these authorities instead of the system\'s (repeat)' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand attach" -l cert -d 'Our certificate, in PEM; accept takes several, for several names' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand attach" -l key -d 'The key of --cert, in PEM; looked for in the same file where it is not given' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand attach" -l alpn -d 'Application protocols, best first' -r
complete -c netverb -n "__fish_netverb_using_subcommand attach" -l tls-min -d 'The oldest version to accept: 1.2 or 1.3' -r -f -a "1.2\t''
1.3\t''"
complete -c netverb -n "__fish_netverb_using_subcommand attach" -l pin -d 'Trust exactly this certificate: sha256:HEX as --tls-info shows it (repeat)' -r
complete -c netverb -n "__fish_netverb_using_subcommand attach" -l color -d 'Use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR says otherwise'
always\t'Always'
never\t'Never'"
complete -c netverb -n "__fish_netverb_using_subcommand attach" -l session -d 'Keep sockets, and look for them, in this session' -r
complete -c netverb -n "__fish_netverb_using_subcommand attach" -l session-dir -d 'Keep sockets, and look for them, in this directory' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand attach" -l raw -d 'Send each character as it is typed, and show what comes unchanged; Ctrl-] leaves'
complete -c netverb -n "__fish_netverb_using_subcommand attach" -l hex -d 'Show bytes in hexadecimal'
complete -c netverb -n "__fish_netverb_using_subcommand attach" -l no-verify -d 'Accept any certificate'
complete -c netverb -n "__fish_netverb_using_subcommand attach" -l key-log -d 'Write the session\'s secrets to the file that SSLKEYLOGFILE names'
complete -c netverb -n "__fish_netverb_using_subcommand attach" -l secure -l tls -d 'Speak TLS; a server\'s certificate is verified'
complete -c netverb -n "__fish_netverb_using_subcommand attach" -s v -l verbose -d 'Say more on stderr: -v connections, -vv every chunk'
complete -c netverb -n "__fish_netverb_using_subcommand attach" -l quiet -d 'Say nothing on stderr, not even errors'
complete -c netverb -n "__fish_netverb_using_subcommand attach" -s j -l json -d 'Events on stderr and reports on stdout as JSON, one a line'
complete -c netverb -n "__fish_netverb_using_subcommand attach" -s h -l help -d 'Print help: -h the common options, --help all of them'
complete -c netverb -n "__fish_netverb_using_subcommand attach" -s V -l version -d 'Print the version'
complete -c netverb -n "__fish_netverb_using_subcommand next" -l deadline -d 'Limit the whole command (status 28)' -r
complete -c netverb -n "__fish_netverb_using_subcommand next" -s w -l timeout -d 'How long to wait for a connection; 0: not at all [default: that of the listener, else 10s]' -r
complete -c netverb -n "__fish_netverb_using_subcommand next" -l color -d 'Use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR says otherwise'
always\t'Always'
never\t'Never'"
complete -c netverb -n "__fish_netverb_using_subcommand next" -l session -d 'Keep sockets, and look for them, in this session' -r
complete -c netverb -n "__fish_netverb_using_subcommand next" -l session-dir -d 'Keep sockets, and look for them, in this directory' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand next" -s v -l verbose -d 'Say more on stderr: -v connections, -vv every chunk'
complete -c netverb -n "__fish_netverb_using_subcommand next" -l quiet -d 'Say nothing on stderr, not even errors'
complete -c netverb -n "__fish_netverb_using_subcommand next" -s j -l json -d 'Events on stderr and reports on stdout as JSON, one a line'
complete -c netverb -n "__fish_netverb_using_subcommand next" -s h -l help -d 'Print help: -h the common options, --help all of them'
complete -c netverb -n "__fish_netverb_using_subcommand next" -s V -l version -d 'Print the version'
complete -c netverb -n "__fish_netverb_using_subcommand close" -l color -d 'Use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR says otherwise'
always\t'Always'
never\t'Never'"
complete -c netverb -n "__fish_netverb_using_subcommand close" -l session -d 'Keep sockets, and look for them, in this session' -r
complete -c netverb -n "__fish_netverb_using_subcommand close" -l session-dir -d 'Keep sockets, and look for them, in this directory' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand close" -l all -d 'Close everything that is kept in this session'
complete -c netverb -n "__fish_netverb_using_subcommand close" -l rst -d 'Reset the connections'
complete -c netverb -n "__fish_netverb_using_subcommand close" -l force -d 'Kill a keeper that does not answer'
complete -c netverb -n "__fish_netverb_using_subcommand close" -s v -l verbose -d 'Say more on stderr: -v connections, -vv every chunk'
complete -c netverb -n "__fish_netverb_using_subcommand close" -l quiet -d 'Say nothing on stderr, not even errors'
complete -c netverb -n "__fish_netverb_using_subcommand close" -s j -l json -d 'Events on stderr and reports on stdout as JSON, one a line'
complete -c netverb -n "__fish_netverb_using_subcommand close" -s h -l help -d 'Print help: -h the common options, --help all of them'
complete -c netverb -n "__fish_netverb_using_subcommand close" -s V -l version -d 'Print the version'
complete -c netverb -n "__fish_netverb_using_subcommand sockets" -l color -d 'Use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR says otherwise'
always\t'Always'
never\t'Never'"
complete -c netverb -n "__fish_netverb_using_subcommand sockets" -l session -d 'Keep sockets, and look for them, in this session' -r
complete -c netverb -n "__fish_netverb_using_subcommand sockets" -l session-dir -d 'Keep sockets, and look for them, in this directory' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand sockets" -l long -d 'Show all there is to know'
complete -c netverb -n "__fish_netverb_using_subcommand sockets" -l ids -d 'Print the IDs alone'
complete -c netverb -n "__fish_netverb_using_subcommand sockets" -l watch -d 'Draw the table again each second, with rates and graphs; one table where stdout is no terminal'
complete -c netverb -n "__fish_netverb_using_subcommand sockets" -s v -l verbose -d 'Say more on stderr: -v connections, -vv every chunk'
complete -c netverb -n "__fish_netverb_using_subcommand sockets" -l quiet -d 'Say nothing on stderr, not even errors'
complete -c netverb -n "__fish_netverb_using_subcommand sockets" -s j -l json -d 'Events on stderr and reports on stdout as JSON, one a line'
complete -c netverb -n "__fish_netverb_using_subcommand sockets" -s h -l help -d 'Print help: -h the common options, --help all of them'
complete -c netverb -n "__fish_netverb_using_subcommand sockets" -s V -l version -d 'Print the version'
complete -c netverb -n "__fish_netverb_using_subcommand session; and not __fish_seen_subcommand_from run new list end" -l color -d 'Use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR says otherwise'
always\t'Always'
never\t'Never'"
complete -c netverb -n "__fish_netverb_using_subcommand session; and not __fish_seen_subcommand_from run new list end" -l session -d 'Keep sockets, and look for them, in this session' -r
complete -c netverb -n "__fish_netverb_using_subcommand session; and not __fish_seen_subcommand_from run new list end" -l session-dir -d 'Keep sockets, and look for them, in this directory' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand session; and not __fish_seen_subcommand_from run new list end" -s v -l verbose -d 'Say more on stderr: -v connections, -vv every chunk'
complete -c netverb -n "__fish_netverb_using_subcommand session; and not __fish_seen_subcommand_from run new list end" -l quiet -d 'Say nothing on stderr, not even errors'
complete -c netverb -n "__fish_netverb_using_subcommand session; and not __fish_seen_subcommand_from run new list end" -s j -l json -d 'Events on stderr and reports on stdout as JSON, one a line'
complete -c netverb -n "__fish_netverb_using_subcommand session; and not __fish_seen_subcommand_from run new list end" -s h -l help -d 'Print help: -h the common options, --help all of them'
complete -c netverb -n "__fish_netverb_using_subcommand session; and not __fish_seen_subcommand_from run new list end" -s V -l version -d 'Print the version'
complete -c netverb -n "__fish_netverb_using_subcommand session; and not __fish_seen_subcommand_from run new list end" -f -a "run" -d 'Run a command; every socket that it kept is closed when it ends'
complete -c netverb -n "__fish_netverb_using_subcommand session; and not __fish_seen_subcommand_from run new list end" -f -a "new" -d 'Make a session and print its name'
complete -c netverb -n "__fish_netverb_using_subcommand session; and not __fish_seen_subcommand_from run new list end" -f -a "list" -d 'List the sessions'
complete -c netverb -n "__fish_netverb_using_subcommand session; and not __fish_seen_subcommand_from run new list end" -f -a "end" -d 'Close every socket of a session'
complete -c netverb -n "__fish_netverb_using_subcommand session; and __fish_seen_subcommand_from run" -l color -d 'Use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR says otherwise'
always\t'Always'
never\t'Never'"
complete -c netverb -n "__fish_netverb_using_subcommand session; and __fish_seen_subcommand_from run" -l session -d 'Keep sockets, and look for them, in this session' -r
complete -c netverb -n "__fish_netverb_using_subcommand session; and __fish_seen_subcommand_from run" -l session-dir -d 'Keep sockets, and look for them, in this directory' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand session; and __fish_seen_subcommand_from run" -s v -l verbose -d 'Say more on stderr: -v connections, -vv every chunk'
complete -c netverb -n "__fish_netverb_using_subcommand session; and __fish_seen_subcommand_from run" -l quiet -d 'Say nothing on stderr, not even errors'
complete -c netverb -n "__fish_netverb_using_subcommand session; and __fish_seen_subcommand_from run" -s j -l json -d 'Events on stderr and reports on stdout as JSON, one a line'
complete -c netverb -n "__fish_netverb_using_subcommand session; and __fish_seen_subcommand_from run" -s h -l help -d 'Print help: -h the common options, --help all of them'
complete -c netverb -n "__fish_netverb_using_subcommand session; and __fish_seen_subcommand_from run" -s V -l version -d 'Print the version'
complete -c netverb -n "__fish_netverb_using_subcommand session; and __fish_seen_subcommand_from new" -l color -d 'Use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR says otherwise'
always\t'Always'
never\t'Never'"
complete -c netverb -n "__fish_netverb_using_subcommand session; and __fish_seen_subcommand_from new" -l session -d 'Keep sockets, and look for them, in this session' -r
complete -c netverb -n "__fish_netverb_using_subcommand session; and __fish_seen_subcommand_from new" -l session-dir -d 'Keep sockets, and look for them, in this directory' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand session; and __fish_seen_subcommand_from new" -s v -l verbose -d 'Say more on stderr: -v connections, -vv every chunk'
complete -c netverb -n "__fish_netverb_using_subcommand session; and __fish_seen_subcommand_from new" -l quiet -d 'Say nothing on stderr, not even errors'
complete -c netverb -n "__fish_netverb_using_subcommand session; and __fish_seen_subcommand_from new" -s j -l json -d 'Events on stderr and reports on stdout as JSON, one a line'
complete -c netverb -n "__fish_netverb_using_subcommand session; and __fish_seen_subcommand_from new" -s h -l help -d 'Print help: -h the common options, --help all of them'
complete -c netverb -n "__fish_netverb_using_subcommand session; and __fish_seen_subcommand_from new" -s V -l version -d 'Print the version'
complete -c netverb -n "__fish_netverb_using_subcommand session; and __fish_seen_subcommand_from list" -l color -d 'Use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR says otherwise'
always\t'Always'
never\t'Never'"
complete -c netverb -n "__fish_netverb_using_subcommand session; and __fish_seen_subcommand_from list" -l session -d 'Keep sockets, and look for them, in this session' -r
complete -c netverb -n "__fish_netverb_using_subcommand session; and __fish_seen_subcommand_from list" -l session-dir -d 'Keep sockets, and look for them, in this directory' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand session; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more on stderr: -v connections, -vv every chunk'
complete -c netverb -n "__fish_netverb_using_subcommand session; and __fish_seen_subcommand_from list" -l quiet -d 'Say nothing on stderr, not even errors'
complete -c netverb -n "__fish_netverb_using_subcommand session; and __fish_seen_subcommand_from list" -s j -l json -d 'Events on stderr and reports on stdout as JSON, one a line'
complete -c netverb -n "__fish_netverb_using_subcommand session; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help: -h the common options, --help all of them'
complete -c netverb -n "__fish_netverb_using_subcommand session; and __fish_seen_subcommand_from list" -s V -l version -d 'Print the version'
complete -c netverb -n "__fish_netverb_using_subcommand session; and __fish_seen_subcommand_from end" -l color -d 'Use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR says otherwise'
always\t'Always'
never\t'Never'"
complete -c netverb -n "__fish_netverb_using_subcommand session; and __fish_seen_subcommand_from end" -l session -d 'Keep sockets, and look for them, in this session' -r
complete -c netverb -n "__fish_netverb_using_subcommand session; and __fish_seen_subcommand_from end" -l session-dir -d 'Keep sockets, and look for them, in this directory' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand session; and __fish_seen_subcommand_from end" -s v -l verbose -d 'Say more on stderr: -v connections, -vv every chunk'
complete -c netverb -n "__fish_netverb_using_subcommand session; and __fish_seen_subcommand_from end" -l quiet -d 'Say nothing on stderr, not even errors'
complete -c netverb -n "__fish_netverb_using_subcommand session; and __fish_seen_subcommand_from end" -s j -l json -d 'Events on stderr and reports on stdout as JSON, one a line'
complete -c netverb -n "__fish_netverb_using_subcommand session; and __fish_seen_subcommand_from end" -s h -l help -d 'Print help: -h the common options, --help all of them'
complete -c netverb -n "__fish_netverb_using_subcommand session; and __fish_seen_subcommand_from end" -s V -l version -d 'Print the version'
complete -c netverb -n "__fish_netverb_using_subcommand wait" -l http -d 'An answer is a status of 2xx or 3xx to GET PATH' -r
complete -c netverb -n "__fish_netverb_using_subcommand wait" -l expect -d 'An answer is data that matches RE' -r
complete -c netverb -n "__fish_netverb_using_subcommand wait" -l interval -d 'The longest pause between two tries; the first pauses are shorter' -r
complete -c netverb -n "__fish_netverb_using_subcommand wait" -l stable -d 'It must stay so for this long' -r
complete -c netverb -n "__fish_netverb_using_subcommand wait" -s w -l timeout -d 'Fail with 28 after this long; 0 tries once, none waits for ever [default: 60s]' -r
complete -c netverb -n "__fish_netverb_using_subcommand wait" -l deadline -d 'The same; the shorter one counts' -r
complete -c netverb -n "__fish_netverb_using_subcommand wait" -l connect-timeout -d 'Limit each try' -r
complete -c netverb -n "__fish_netverb_using_subcommand wait" -l verify-host -d 'Verify the certificate against NAME, and send that name (SNI)' -r
complete -c netverb -n "__fish_netverb_using_subcommand wait" -l ca -d 'Trust these authorities instead of the system\'s (repeat)' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand wait" -l cert -d 'Our certificate, in PEM; accept takes several, for several names' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand wait" -l key -d 'The key of --cert, in PEM; looked for in the same file where it is not given' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand wait" -l alpn -d 'Application protocols, best first' -r
complete -c netverb -n "__fish_netverb_using_subcommand wait" -l tls-min -d 'The oldest version to accept: 1.2 or 1.3' -r -f -a "1.2\t''
1.3\t''"
complete -c netverb -n "__fish_netverb_using_subcommand wait" -l pin -d 'Trust exactly this certificate: sha256:HEX as --tls-info shows it (repeat)' -r
complete -c netverb -n "__fish_netverb_using_subcommand wait" -l min-days -d 'Fail with 60 when a certificate has fewer than N days left; accept turns such clients away' -r
complete -c netverb -n "__fish_netverb_using_subcommand wait" -l from -d 'Connect from this local address and port' -r
complete -c netverb -n "__fish_netverb_using_subcommand wait" -s s -l source -d 'Connect from this local address' -r
complete -c netverb -n "__fish_netverb_using_subcommand wait" -s p -l source-port -d 'Connect from this local port' -r
complete -c netverb -n "__fish_netverb_using_subcommand wait" -l proxy -d 'Connect through a proxy (repeat for a chain, the nearest first)' -r
complete -c netverb -n "__fish_netverb_using_subcommand wait" -l proxy-user -d 'USER:PASSWORD for the proxy, or @FILE that holds it' -r
complete -c netverb -n "__fish_netverb_using_subcommand wait" -s H -l header -d 'Add a header to a WebSocket handshake, else to the request to an HTTP proxy (repeat)' -r
complete -c netverb -n "__fish_netverb_using_subcommand wait" -l proxy-protocol -d 'Begin with a PROXY protocol header, v1 or v2; an accept without --to expects one of its clients' -r -f -a "v1\t''
v2\t''"
complete -c netverb -n "__fish_netverb_using_subcommand wait" -l interface -d 'Use these interfaces' -r
complete -c netverb -n "__fish_netverb_using_subcommand wait" -l sockopt -d 'Set a socket option by the name of its manual page (repeat)' -r
complete -c netverb -n "__fish_netverb_using_subcommand wait" -l ttl -d 'Hops that a packet may take' -r
complete -c netverb -n "__fish_netverb_using_subcommand wait" -l tos -d 'The type-of-service byte' -r
complete -c netverb -n "__fish_netverb_using_subcommand wait" -l keepalive -d 'Probe an idle connection after this long' -r
complete -c netverb -n "__fish_netverb_using_subcommand wait" -l sndbuf -d 'Size of the send buffer' -r
complete -c netverb -n "__fish_netverb_using_subcommand wait" -l rcvbuf -d 'Size of the receive buffer' -r
complete -c netverb -n "__fish_netverb_using_subcommand wait" -l mark -d 'Mark packets for the firewall' -r
complete -c netverb -n "__fish_netverb_using_subcommand wait" -l congestion -d 'The TCP congestion control, such as cubic' -r
complete -c netverb -n "__fish_netverb_using_subcommand wait" -l color -d 'Use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR says otherwise'
always\t'Always'
never\t'Never'"
complete -c netverb -n "__fish_netverb_using_subcommand wait" -l session -d 'Keep sockets, and look for them, in this session' -r
complete -c netverb -n "__fish_netverb_using_subcommand wait" -l session-dir -d 'Keep sockets, and look for them, in this directory' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand wait" -l any -d 'One target is enough'
complete -c netverb -n "__fish_netverb_using_subcommand wait" -l gone -d 'Wait until they do not answer'
complete -c netverb -n "__fish_netverb_using_subcommand wait" -l secure -l tls -d 'Speak TLS; a server\'s certificate is verified'
complete -c netverb -n "__fish_netverb_using_subcommand wait" -l no-verify -d 'Accept any certificate'
complete -c netverb -n "__fish_netverb_using_subcommand wait" -l key-log -d 'Write the session\'s secrets to the file that SSLKEYLOGFILE names'
complete -c netverb -n "__fish_netverb_using_subcommand wait" -l tls-info -d 'Show the peer\'s certificates, protocol and cipher; open speaks TLS then'
complete -c netverb -n "__fish_netverb_using_subcommand wait" -s 4 -l ipv4 -d 'Use IPv4 only'
complete -c netverb -n "__fish_netverb_using_subcommand wait" -s 6 -l ipv6 -d 'Use IPv6 only'
complete -c netverb -n "__fish_netverb_using_subcommand wait" -s n -l numeric -d 'Allow addresses only, look up no names'
complete -c netverb -n "__fish_netverb_using_subcommand wait" -l nodelay -d 'Send small writes at once (this is the default)'
complete -c netverb -n "__fish_netverb_using_subcommand wait" -l no-reuseaddr -d 'Do not reuse an address that is still in TIME_WAIT'
complete -c netverb -n "__fish_netverb_using_subcommand wait" -s v -l verbose -d 'Say more on stderr: -v connections, -vv every chunk'
complete -c netverb -n "__fish_netverb_using_subcommand wait" -l quiet -d 'Say nothing on stderr, not even errors'
complete -c netverb -n "__fish_netverb_using_subcommand wait" -s j -l json -d 'Events on stderr and reports on stdout as JSON, one a line'
complete -c netverb -n "__fish_netverb_using_subcommand wait" -s h -l help -d 'Print help: -h the common options, --help all of them'
complete -c netverb -n "__fish_netverb_using_subcommand wait" -s V -l version -d 'Print the version'
complete -c netverb -n "__fish_netverb_using_subcommand resolve" -s w -l deadline -d 'Limit the whole command (status 28)' -r
complete -c netverb -n "__fish_netverb_using_subcommand resolve" -l color -d 'Use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR says otherwise'
always\t'Always'
never\t'Never'"
complete -c netverb -n "__fish_netverb_using_subcommand resolve" -l session -d 'Keep sockets, and look for them, in this session' -r
complete -c netverb -n "__fish_netverb_using_subcommand resolve" -l session-dir -d 'Keep sockets, and look for them, in this directory' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand resolve" -s 4 -l ipv4 -d 'IPv4 addresses only'
complete -c netverb -n "__fish_netverb_using_subcommand resolve" -s 6 -l ipv6 -d 'IPv6 addresses only'
complete -c netverb -n "__fish_netverb_using_subcommand resolve" -s n -l numeric -d 'Ask no resolver: addresses are printed in their usual form, names are an error'
complete -c netverb -n "__fish_netverb_using_subcommand resolve" -s v -l verbose -d 'Say more on stderr: -v connections, -vv every chunk'
complete -c netverb -n "__fish_netverb_using_subcommand resolve" -l quiet -d 'Say nothing on stderr, not even errors'
complete -c netverb -n "__fish_netverb_using_subcommand resolve" -s j -l json -d 'Events on stderr and reports on stdout as JSON, one a line'
complete -c netverb -n "__fish_netverb_using_subcommand resolve" -s h -l help -d 'Print help: -h the common options, --help all of them'
complete -c netverb -n "__fish_netverb_using_subcommand resolve" -s V -l version -d 'Print the version'
complete -c netverb -n "__fish_netverb_using_subcommand zmq-keygen" -l color -d 'Use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR says otherwise'
always\t'Always'
never\t'Never'"
complete -c netverb -n "__fish_netverb_using_subcommand zmq-keygen" -l session -d 'Keep sockets, and look for them, in this session' -r
complete -c netverb -n "__fish_netverb_using_subcommand zmq-keygen" -l session-dir -d 'Keep sockets, and look for them, in this directory' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand zmq-keygen" -s v -l verbose -d 'Say more on stderr: -v connections, -vv every chunk'
complete -c netverb -n "__fish_netverb_using_subcommand zmq-keygen" -l quiet -d 'Say nothing on stderr, not even errors'
complete -c netverb -n "__fish_netverb_using_subcommand zmq-keygen" -s j -l json -d 'Events on stderr and reports on stdout as JSON, one a line'
complete -c netverb -n "__fish_netverb_using_subcommand zmq-keygen" -s h -l help -d 'Print help: -h the common options, --help all of them'
complete -c netverb -n "__fish_netverb_using_subcommand zmq-keygen" -s V -l version -d 'Print the version'
complete -c netverb -n "__fish_netverb_using_subcommand completions" -l all -d 'Write those for all shells into this directory instead' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand completions" -l color -d 'Use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR says otherwise'
always\t'Always'
never\t'Never'"
complete -c netverb -n "__fish_netverb_using_subcommand completions" -l session -d 'Keep sockets, and look for them, in this session' -r
complete -c netverb -n "__fish_netverb_using_subcommand completions" -l session-dir -d 'Keep sockets, and look for them, in this directory' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand completions" -s v -l verbose -d 'Say more on stderr: -v connections, -vv every chunk'
complete -c netverb -n "__fish_netverb_using_subcommand completions" -l quiet -d 'Say nothing on stderr, not even errors'
complete -c netverb -n "__fish_netverb_using_subcommand completions" -s j -l json -d 'Events on stderr and reports on stdout as JSON, one a line'
complete -c netverb -n "__fish_netverb_using_subcommand completions" -s h -l help -d 'Print help: -h the common options, --help all of them'
complete -c netverb -n "__fish_netverb_using_subcommand completions" -s V -l version -d 'Print the version'
complete -c netverb -n "__fish_netverb_using_subcommand man" -l all -d 'Write all pages into this directory instead' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand man" -l color -d 'Use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR says otherwise'
always\t'Always'
never\t'Never'"
complete -c netverb -n "__fish_netverb_using_subcommand man" -l session -d 'Keep sockets, and look for them, in this session' -r
complete -c netverb -n "__fish_netverb_using_subcommand man" -l session-dir -d 'Keep sockets, and look for them, in this directory' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand man" -s v -l verbose -d 'Say more on stderr: -v connections, -vv every chunk'
complete -c netverb -n "__fish_netverb_using_subcommand man" -l quiet -d 'Say nothing on stderr, not even errors'
complete -c netverb -n "__fish_netverb_using_subcommand man" -s j -l json -d 'Events on stderr and reports on stdout as JSON, one a line'
complete -c netverb -n "__fish_netverb_using_subcommand man" -s h -l help -d 'Print help: -h the common options, --help all of them'
complete -c netverb -n "__fish_netverb_using_subcommand man" -s V -l version -d 'Print the version'
complete -c netverb -n "__fish_netverb_using_subcommand help" -l color -d 'Use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR says otherwise'
always\t'Always'
never\t'Never'"
complete -c netverb -n "__fish_netverb_using_subcommand help" -l session -d 'Keep sockets, and look for them, in this session' -r
complete -c netverb -n "__fish_netverb_using_subcommand help" -l session-dir -d 'Keep sockets, and look for them, in this directory' -r -F
complete -c netverb -n "__fish_netverb_using_subcommand help" -s v -l verbose -d 'Say more on stderr: -v connections, -vv every chunk'
complete -c netverb -n "__fish_netverb_using_subcommand help" -l quiet -d 'Say nothing on stderr, not even errors'
complete -c netverb -n "__fish_netverb_using_subcommand help" -s j -l json -d 'Events on stderr and reports on stdout as JSON, one a line'
complete -c netverb -n "__fish_netverb_using_subcommand help" -s h -l help -d 'Print help: -h the common options, --help all of them'
complete -c netverb -n "__fish_netverb_using_subcommand help" -s V -l version -d 'Print the version'
complete -c netverb -n "__fish_netverb_using_subcommand completions" -f -a "bash zsh fish"
complete -c netverb -n "__fish_netverb_using_subcommand man" -f -a "open accept datagram send-tuple recv-tuple read write ask expect secure attach next close sockets session wait resolve zmq-keygen completions man help tuples zeromq sockets.7"
complete -c netverb -n "__fish_netverb_using_subcommand help" -f -a "ids keeping interactive websockets events exit-codes environment recipes open accept datagram send-tuple recv-tuple read write ask expect secure attach next close sockets session wait resolve zmq-keygen completions man help"
complete -c netverb -n "__fish_netverb_using_subcommand read" -f -a "(netverb sockets --ids 2>/dev/null)"
complete -c netverb -n "__fish_netverb_using_subcommand write" -f -a "(netverb sockets --ids 2>/dev/null)"
complete -c netverb -n "__fish_netverb_using_subcommand ask" -f -a "(netverb sockets --ids 2>/dev/null)"
complete -c netverb -n "__fish_netverb_using_subcommand expect" -f -a "(netverb sockets --ids 2>/dev/null)"
complete -c netverb -n "__fish_netverb_using_subcommand secure" -f -a "(netverb sockets --ids 2>/dev/null)"
complete -c netverb -n "__fish_netverb_using_subcommand attach" -f -a "(netverb sockets --ids 2>/dev/null)"
complete -c netverb -n "__fish_netverb_using_subcommand next" -f -a "(netverb sockets --ids 2>/dev/null)"
complete -c netverb -n "__fish_netverb_using_subcommand close" -f -a "(netverb sockets --ids 2>/dev/null)"
complete -c netverb -n "__fish_netverb_using_subcommand wait" -f -a "(netverb sockets --ids 2>/dev/null)"
complete -c netverb -n "__fish_netverb_using_subcommand send-tuple" -f -a "(netverb sockets --ids 2>/dev/null)"
complete -c netverb -n "__fish_netverb_using_subcommand recv-tuple" -f -a "(netverb sockets --ids 2>/dev/null)"
complete -c netverb -n "__fish_netverb_using_subcommand receive-tuple" -f -a "(netverb sockets --ids 2>/dev/null)"
