#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Every command line in README, docs and man pages is one that works: each `torc` line is run, in a
# folder and on interfaces with the names they use; each `make` target and the C program exist.
. tests/tap.bash

top=$PWD
ip link add eth0 type veth peer name eth1 2>/dev/null || skip_all 'no veth pairs can be made here'
ip link add eth2 type veth peer name eth3
tests/up eth0 eth1 eth2 eth3
ip addr add 192.0.2.1/24 dev eth0
mkdir "$work/bin"
ln -s "$(realpath "$TORC")" "$work/bin/torc"
PATH=$work/bin:$PATH
make_pcap "$work/a.pcap" 3
(umask 077 && head -c 32 /dev/zero >"$work/KEYFILE")
# a trace with some of everything that the examples look for: refused connections, datagrams
"$TORC" dump -i lo -U -w "$work/trace.pcap" 2>"$work/log" &
tracer=$!
listening $tracer "$work/log"
for port in 1 2 3 4; do
	(exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null
done
send_udp 3
wait_for sh -c "[ \$(\"$TORC\" dump -n -r '$work/trace.pcap' 2>/dev/null | wc -l) -ge 11 ]"
kill $tracer
wait $tracer
torc dump -r "$work/trace.pcap" -w "$work/trace.pcapng" 2>/dev/null
cp "$work/trace.pcapng" "$work/b.pcapng"
"$TORC" send -i eth1 -q --pps 50 --for 1h >/dev/null 2>&1 &
sender=$!

# Indented blocks of Markdown, .Dl lines and literal blocks of man pages, these over several lines; without
# prompts, comments and a last "&".
lines() {
	sed -n 's/^    \(\$ \|# \)\{0,1\}\(torc [a-z].*\)/\2/p' README.md docs/*.md
	sed -n 's/^\.Dl \(torc [a-z].*\)/\1/p' man/*.1 man/*.7 2>/dev/null
	awk '/^\.Bd -literal/ { literal = 1; next }
		/^\.Ed/ { literal = 0 }
		literal { sub(/^\\&/, ""); text = text $0 }
		literal && !sub(/\\e$/, "", text) { if (text ~ /^torc [a-z]/) print text; text = "" }' man/*.1
}

while IFS= read -r line; do
	command=$(printf '%s\n' "$line" | sed 's/\\e/\\/g; s/\\-/-/g; s/  *#.*//; s/ *&$//')
	if [[ $command == *'| jq'* ]] && ! command -v jq >/dev/null; then
		skip "$command" 'jq is not installed'
		continue
	fi
	if [[ $command == *--kafka* ]]; then
		skip "$command" 'there are no brokers'
		continue
	fi
	if [[ $command == *--via-helper* ]]; then
		skip "$command" 'a rule of root allows it: cli_open.sh'
		continue
	fi
	(cd "$work" && TORC='' timeout --preserve-status -k 10 -s INT 1 bash -o pipefail -c "trap : INT; $command") \
		>"$work/out" 2>"$work/err" </dev/null
	status=$?
	[ $status != 130 ] || status=0 # on a busy machine our own signal came before its end
	ok "$command" test $status = 0
	[ $status = 0 ] || { echo "# status $status"; sed 's/^/# /' "$work/err"; }
done < <(lines | sort -u)
kill $sender

for target in $(grep -oh '`make [a-z-]*' README.md docs/*.md | sed 's/`make //; /-$/d' | sort -u); do
	case $target in
	bench-*) ok "make $target" test -e "bench/${target#bench-}.c" -o -e "bench/${target#bench-}.sh" ;;
	*) ok "make $target" grep -q "^$target:" Makefile ;;
	esac
done

sed -n '/^```c$/,/^```$/p' README.md | sed '/^```/d' >"$work/readme.c"
ok 'the program of the README is there' test -s "$work/readme.c"
if nm "$B/libtorc.a" 2>/dev/null | grep -q '__[at]san_init'; then
	skip 'and compiles' 'the library is built with sanitizers'
else
	ok 'and compiles' "${CC:-gcc}" -Wall -Werror -fsyntax-only -I"$top/include" "$work/readme.c"
fi
done_testing
