#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The command line: help, versions, exit statuses, and option tables that do not drift apart.
. tests/tap.bash

commands=$(torc --help | sed -n '/^Commands/,/^$/s/^  \([a-z]*\) .*/\1/p')

run 'torc --help' 0 --help
like '--help goes to standard output' "$out" '^Usage: torc COMMAND'
run 'torc -h' 0 -h
run 'torc --version' 0 --version
like 'the version' "$out" '^torc [0-9]+\.[0-9]+\.[0-9]+ \(libtorc '
run 'torc without words is a usage error' 2
like 'the usage goes to standard error' "$err" '^Usage: torc COMMAND'
run 'no such command' 2 nonsense
like 'it is named' "$err" 'no command nonsense'
run 'no such shell' 2 --completion csh

# long_options COMMAND, letters COMMAND: as --help shows them
long_options() { torc "$1" --help | grep -o '^  .\{4\}--[a-z0-9-]*' | sed 's/.*--//'; }
letters() { torc "$1" --help | sed -n 's/^  -\(.\)[ ,].*/\1/p'; }

for command in $commands; do
	run "torc $command --help" 0 "$command" --help
	like "torc $command --help is on standard output" "$out" "^Usage: torc $command"
	run "torc $command: unknown option" 2 "$command" --no-such-option
	like 'it is named' "$err" 'no option --no-such-option'
	ok "torc-$command(1) is there" test -e "man/torc-$command.1"
	torc --completion bash >"$work/bash"
	torc --completion zsh >"$work/zsh"
	torc --completion fish >"$work/fish"
	missing=
	for name in $(long_options "$command"); do
		grep -q -- "Fl \\\\-$name\\b" "man/torc-$command.1" || missing="$missing man:--$name"
		grep -q -- "$command) words=.*[' ]--$name[ ']" "$work/bash" || missing="$missing bash:--$name"
		sed -n "/^	$command)/,/;;/p" "$work/zsh" | grep -q -- "--$name[=[]" ||
			missing="$missing zsh:--$name"
		grep -q "from $command'.* -l $name " "$work/fish" || missing="$missing fish:--$name"
	done
	for letter in $(letters "$command"); do
		grep -q -- "^\.It Fl $letter\\b\|^\.It Fl $letter " "man/torc-$command.1" ||
			missing="$missing man:-$letter"
		[ "$letter" = h ] && continue
		grep -q -- "$command) words=.*[' ]-$letter[ ']" "$work/bash" || missing="$missing bash:-$letter"
		sed -n "/^	$command)/,/;;/p" "$work/zsh" | grep -q -- "'\*-$letter[+[]" ||
			missing="$missing zsh:-$letter"
		grep -q "from $command'.* -s '$letter'" "$work/fish" || missing="$missing fish:-$letter"
	done
	is "torc $command: each option is in the man page and the completions" "$missing" ''
	unknown=
	for name in $(grep -o '^\.It Fl .*Fl \\-[a-z0-9-]*\|^\.It Fl \\-[a-z0-9-]*' "man/torc-$command.1" |
		sed 's/.*\\-//'); do
		long_options "$command" | grep -qx -- "$name" || unknown="$unknown --$name"
	done
	is "torc $command: each long option of the man page exists" "$unknown" ''
done

ok 'the bash completions are bash' bash -n "$work/bash"
completed=$(bash -c '. "$1"; COMP_WORDS=(torc dump --snap) COMP_CWORD=2; _torc; echo "${COMPREPLY[*]}"' \
	bash "$work/bash")
is 'bash completes a long option' "$completed" --snaplen
completed=$(bash -c '. "$1"; COMP_WORDS=(torc dump --direction r) COMP_CWORD=3; _torc
	echo "${COMPREPLY[*]}"' bash "$work/bash")
is 'bash completes a value' "$completed" rx
completed=$(bash -c '. "$1"; COMP_WORDS=(torc c) COMP_CWORD=1; _torc; echo "${COMPREPLY[*]}"' \
	bash "$work/bash")
is 'bash completes a command' "$completed" count
if command -v zsh >/dev/null; then
	ok 'the zsh completions are zsh' zsh -n "$work/zsh"
else
	skip 'the zsh completions are zsh' 'zsh is not installed'
fi
if command -v fish >/dev/null; then
	is 'fish completes a long option' "$(HOME=$work fish --no-config -c \
		"source $work/fish; complete -C 'torc dump --snapl'" | cut -f 1)" --snaplen
else
	skip 'fish completes a long option' 'fish is not installed'
fi

run 'the layers' 0 dump --list-layers
like 'each with its role' "$out" '^TCP	transport$'
like 'and its fields' "$out" '^    tcp.dst_port	number(, named)?$'
like 'elements of lists too' "$out" '^    tcp.options\[\].kind	number'
run 'as JSON' 0 dump --list-layers --json
ok 'an object each' json_lines "$work/out" "$(torc dump --list-layers | grep -c '^[^ ]')"

# Values that make no sense are refused with a usage error before anything is opened.
while read -r words; do
	# shellcheck disable=SC2086 # words
	run "refused: $words" 2 $words
	like 'what was expected is said' "$err" 'expected|missing|exclude|two filters|no words'
done <<-END
	count -c
	count -c 0
	count -c -1
	count -c 5x
	count -c 99999999999999999999
	count -s 262145
	count -B 0
	count --buffer 64
	count --buffer 64Mib/s
	count --for 5
	count --for 5parsecs
	count --for -1s
	count -Q sideways
	count --sampling 0
	count --sampling 4294967296
	count --cluster 0
	count --cluster 65536
	count --cluster 7:sideways
	count --cluster x
	count --color sometimes
	count -j atomic
	dump --from yesterday
	dump --to 2026-13-01T00:00:00
	dump -i lo -r file
	dump -f udp -i lo tcp
	dump --rotate 5
	dump --rotate size=5
	dump --rotate size=1MiB,sides=2
	dump -C x -w file
	dump -G 0 -w file
	dump -W 0 -w file
	dump --mode 999
	devices eth0
END

run 'no such interface' 1 count -i nosuch0
like 'the sentence names it' "$err" 'nosuch0'
run 'no such file' 1 dump -r "$work/nosuch.pcap"
like 'the sentence names it' "$err" 'nosuch.pcap'
echo 'this is no capture file' >"$work/text"
run 'not a capture file' 1 dump -r "$work/text"
make_pcap "$work/one.pcap" 1
run 'a bad filter' 1 dump -r "$work/one.pcap" 'udp port port'
like 'the sentence quotes it' "$err" 'port'
run 'a filter file that is not there' 1 dump -r "$work/one.pcap" -F "$work/nosuch"

done_testing
