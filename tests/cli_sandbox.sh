# SPDX-License-Identifier: BSD-3-Clause
# The sandbox: what each command has left at work, and that what a capture does goes on in it.
. tests/tap.bash
export ASAN_OPTIONS=detect_leaks=0 # it would trace a confined process

ip link add va type veth peer name vb 2>/dev/null && tests/up va vb ||
	skip_all 'no veth pair can be made here'
sysctl -qw net.ipv6.conf.all.disable_ipv6=1 2>/dev/null

# start NAME ARGS...: in the background; its process is in $pid
start() {
	local name=$1
	shift
	"$TORC" "$@" >"$work/$name.out" 2>"$work/$name.err" &
	pid=$!
	listening $pid "$work/$name.err" || { sed 's/^/# /' "$work/$name.err"; return 1; }
}

# The words of a process's status, of all its threads: those that there are.
words_of() {
	cat /proc/"$1"/task/*/status |
		sed -n -E 's/^(CapPrm|CapEff|CapInh|CapAmb|NoNewPrivs|Seccomp):\t0*([0-9a-f]+)$/\1=\2/p' |
		sort -u | tr '\n' ' '
}
confined='CapAmb=0 CapEff=0 CapInh=0 CapPrm=0 NoNewPrivs=1 Seccomp=2 '

# at_work NAME ARGS...: a command at work has nothing left, and ends well
at_work() {
	local name=$1
	start "$@"
	wait_for test "$(words_of $pid)" = "$confined"
	is "$name: what is left" "$(words_of $pid)" "$confined"
	like "$name: torc rings says so" "$(torc rings)" "^$pid .* (on|apart) "
	kill -INT $pid
	wait $pid
	is "$name: it ends well" $? 0
}
mkdir "$work/streams"
at_work 'dump' dump -n -i lo
at_work 'dump -w' dump -i lo -w "$work/x.pcap"
at_work 'dump -w, compressed' dump -i lo -w "$work/x.pcap.gz"
at_work 'dump, several interfaces' dump -n -i lo -i va
at_work 'dump --cluster' dump -n -i lo --cluster 4
at_work 'count' count -i lo
at_work 'streams' streams -i lo
at_work 'streams --write' streams -i lo --write "$work/streams"
at_work 'bridge' bridge va vb
grep -q -w flows <(torc --help) && at_work 'flows' flows -i lo

# What prints and ends waits for a reader here.
mkfifo "$work/pipe"
for i in $(seq 40); do
	"$TORC" count -q -i lo --application-name "$(printf %060d "$i")" &
	counting="$counting $!"
done >/dev/null 2>&1
exec 7<>"$work/pipe"
all_there() { [ "$(torc rings --json | wc -l)" = 40 ]; }
wait_for all_there
head -c 65536 /dev/zero >&7
stuck() { [ "$(words_of $pid)" = "$confined" ]; }
# printing NAME ARGS...
printing() {
	local name=$1
	shift
	"$TORC" "$@" >"$work/pipe" &
	pid=$!
	wait_for stuck
	is "$name: what is left" "$(words_of $pid)" "$confined"
	kill $pid
	wait $pid
}
printing 'rings' rings --json
printing 'rings --pf-ring' rings --pf-ring
printing 'devices' devices --json
printing 'dump -D' dump -D --json
kill $counting
wait
exec 7<&-

# ---- sending ----

# sending WAY: a sender at work; those that there are
sending() {
	"$TORC" send -i va --way "$1" --size 200 -q --pps 20000 --for 1h >"$work/send.out" 2>"$work/send.err" &
	pid=$!
	sends() { [ "$(cat /sys/class/net/vb/statistics/rx_packets)" -gt "$before" ] && stuck; }
	local before
	before=$(cat /sys/class/net/vb/statistics/rx_packets)
	if ! wait_for sends && ! kill -0 $pid 2>/dev/null; then
		skip "send by $1" "$(head -n 1 "$work/send.err")"
		return
	fi
	is "send by $1: what is left" "$(words_of $pid)" "$confined"
	kill -INT $pid
	wait $pid
	is "send by $1: it ends well" $? 0
	like "send by $1: nothing is refused" "$(cat "$work/send.out")" " by $1 in .* 0 refused"
}
ethtool -K vb gro on 2>/dev/null # then the pair transmits XDP frames
for way in live_frames af_xdp tx_ring send; do
	sending $way
done
run 'send --sandbox=off' 0 send -i va --way send -c 1 --sandbox=off
make_pcap "$work/again.pcap" 3
run 'send: a file is opened in each pass' 0 send -i va --way send -r "$work/again.pcap" --topspeed --loop 5
like 'and all of it leaves' "$out" '^15 packets'
run 'send: with a filter' 0 send -i va --way send -r "$work/again.pcap" --topspeed udp
like 'which is compiled before' "$out" '^3 packets'
if [ "$(id -u)" = 0 ] && chown nobody "$work/again.pcap" 2>/dev/null; then
	chmod 600 "$work/again.pcap"
	run "send: root and another user's file" 0 send -i va --way send -r "$work/again.pcap" --topspeed
fi

run '-v says what is in force' 0 dump -v -i lo --for 0.1s
like 'a line' "$err" '^sandbox: no capabilities, no new privileges, not dumpable'
run 'count -v too' 0 count -v -i lo --for 0.1s
like 'a line there' "$err" '^sandbox: no capabilities'
run '--sandbox=off' 0 count -v -i lo --for 0.1s --sandbox=off
like 'is said' "$err" '^sandbox: off$'
run '--sandbox=log' 0 count -v -i lo --for 0.1s --sandbox=log
like 'is said too' "$err" '^sandbox: no capabilities.*seccomp that only logs'
start off dump -n -i lo --sandbox=off
like 'off: no seccomp' "$(words_of $pid)" 'Seccomp=0 $'
like 'torc rings says that as well' "$(torc rings)" "^$pid .* -  "
kill $pid
wait $pid

# ---- files ----

mkdir "$work/in" "$work/else"
# the command does what the capture may not: it writes elsewhere, with a program of its own
cat >"$work/note" <<END
#!/bin/sh
basename "\$1" >>"$work/else/names"
END
chmod +x "$work/note"
start rotate dump -U -i lo -C 0.0002 -z "$work/note" -w "$work/in/r.pcap" udp port 4000
send_udp 20
many() { [ "$(wc -l <"$work/else/names")" -ge 3 ]; }
ok '-z: commands run while the capture does' wait_for many
is '-z: it is confined all the same' "$(words_of $pid)" "$confined"
is '-z: who runs them has no packet socket' \
	"$(ls -l "/proc/$(pgrep -P $pid | head -n 1)/fd" 2>/dev/null | grep -c packet)" 0
kill -INT $pid
wait $pid
is '-z: it ends well' $? 0
is '-z: each file is named once' "$(sort "$work/else/names" | uniq -d)" ''
is '-z: and all are' "$(wc -l <"$work/else/names")" "$(find "$work/in" -name 'r.pcap*' | wc -l)"

start b dump -i lo -b packets:5 -b "printname:$work/else/printed" -w "$work/in/b.pcap" udp port 4000
send_udp 12
printed() { [ "$(wc -l <"$work/else/printed")" = "$1" ]; }
wait_for printed 2
kill -INT $pid
wait $pid
is '-b printname: in another folder' "$(wc -l <"$work/else/printed")" 3

start g dump -i lo -G 3600 -w "$work/in/%Y-%m-%d.pcap" udp port 4000
send_udp 3
kill -HUP $pid
wait_for test -s "$work/in/$(date +%Y-%m-%d).pcap"
kill -INT $pid
wait $pid
is '-G with a time in the name' $? 0

make_pcap "$work/a.pcap" 3
make_pcap "$work/b.pcap" 4 1700000001
run 'several inputs' 0 dump -r "$work/a.pcap" -r "$work/b.pcap" -w "$work/in/ab.pcapng"
like 'all of them' "$err" '7 packets captured'
run '--append' 0 dump -r "$work/a.pcap" --append -w "$work/in/ab.pcapng"
run 'it is longer' 0 dump -n -r "$work/in/ab.pcapng"
is 'by as many' "$(wc -l <"$work/out")" 10
ln -s "$work/else/target.pcap" "$work/in/link.pcap"
: >"$work/else/target.pcap"
run 'a link to a file elsewhere that is there' 0 dump -r "$work/a.pcap" -w "$work/in/link.pcap"
is 'is followed' "$(torc dump -n -r "$work/else/target.pcap" 2>/dev/null | wc -l)" 3
run 'a device' 0 dump -r "$work/a.pcap" -w /dev/null
in_folder() { cd "$work/in" && "$TORC" dump -r ../a.pcap -w rel.pcap 2>/dev/null; }
ok 'a file in the working folder' eval '(in_folder)'
if [ "$(id -u)" = 0 ] && chown nobody "$work/else" 2>/dev/null; then
	chmod 755 "$work/else"
	run 'root writes to the folder of another user' 0 dump -v -r "$work/a.pcap" -w "$work/else/r.pcap"
	like 'and says what that takes' "$err" '^sandbox: few capabilities'
fi

# ---- the interface goes and comes ----

# again COMMAND...: packets come to a capture on vb before and after it was deleted and made again
send_va() { torc send -i va --way send -q -c "$1" >/dev/null 2>&1; }
# more_than NAME N: that capture says that it has more
more_than() {
	kill -USR1 "$pid"
	[ "$(sed -n 's/^torc: \([0-9]*\) packets captured.*/\1/p' "$work/$1.err" | tail -n 1)" -gt "$2" ]
} 2>/dev/null
again() {
	local who=$1
	start "$who" "${@:2}"
	send_va 10
	ok "$who: packets come" wait_for more_than "$who" 9
	ip link set vb down
	tests/up vb va
	down_up() { send_va 5 && more_than "$who" 12; }
	ok "$who: they come when it was down" wait_for down_up
	ip link del va
	ip link add va type veth peer name vb && tests/up va vb
	back() { send_va 5 && more_than "$who" 25; }
	ok "$who: they come when it is back" wait_for back
	is "$who: it is confined" "$(words_of $pid)" "$confined"
	kill -INT $pid
	wait $pid
	is "$who: it ends well" $? 0
	like "$who: the account balances" "$(cat "$work/$who.err")" 'balanced$'
}
again alone dump -i vb -w "$work/in/alone.pcap"
if [ "$(id -u)" = 0 ] && setpriv --reuid=nobody --regid=nogroup --clear-groups true 2>/dev/null; then
	# a user who may capture and nothing else
	chmod 755 "$work"
	cp "$TORC" "$work/torc"
	mkdir -m 700 "$work/run" "$work/theirs"
	chown nobody "$work/run" "$work/theirs"
	theirs() {
		XDG_RUNTIME_DIR=$work/run setpriv --reuid=nobody --regid=nogroup --clear-groups \
			--inh-caps=-all,+net_raw --ambient-caps=-all,+net_raw "$work/torc" "$@"
	}
	theirs dump -i lo -U -w "$work/theirs/x.pcap" udp port 4000 2>"$work/theirs.err" &
	wait_for grep -q ^listening "$work/theirs.err"
	pid=$(cd "$work/run/torc" && echo [0-9]*) pid=${pid%%.*}
	is 'a user with CAP_NET_RAW: what is left' "$(words_of $pid)" "$confined"
	send_udp 4
	got() { [ "$(torc dump -n -r "$work/theirs/x.pcap" 2>/dev/null | wc -l)" = 4 ]; }
	ok 'they capture' wait_for got
	kill -INT "$pid"
	wait $!
	is 'and end well' $? 0
fi
again member dump -i vb --cluster 6 -w "$work/in/member.pcap"
again pair dump -i vb -i lo -w "$work/in/pair.pcapng"

if torc count -q -i xdp:vb --for 0.1s >/dev/null 2>&1; then
	is 'xdp: nothing is left behind' "$(ls /run/torc)" ''
fi

# ---- clusters ----

start one dump -l -n -i lo --cluster 5 udp port 4000
one=$pid
start two dump -l -n -i lo --cluster 5 udp port 4000
kill -KILL $one
wait $one 2>/dev/null
some() { send_udp 1; [ "$(wc -l <"$work/two.out")" -ge 20 ]; }
ok 'a member dies: the other has all' wait_for some
start three dump -l -n -i lo --cluster 5 udp port 4000
three=$pid
like 'one who comes is let in' "$(torc rings)" 'cluster 5: .* 2 members'
kill $three; wait $three
is 'and goes well' $? 0
kill $(jobs -p); wait

done_testing
