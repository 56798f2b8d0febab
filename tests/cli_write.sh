#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# torc dump -w from files: formats, compression, rotation, modes, and what runs on finished files.
. tests/tap.bash
export TZ=UTC
cd "$work" || exit 1
make_pcap in.pcap 10
text=$(torc dump -tt -r in.pcap 2>/dev/null)

for name in out.pcap out.pcapng out.pcap.gz out.pcapng.zst; do
	torc dump -r in.pcap -w $name 2>err
	status=$?
	if grep -q 'this build' err; then
		skip "$name reads as it was" 'built without that compression'
		continue
	fi
	is "writing $name" $status 0
	is "$name reads as it was" "$(torc dump -tt -r $name 2>/dev/null)" "$text"
	is "$name is ours alone" "$(stat -c %a $name)" 600
done
like 'the account of the file' "$(torc dump -r in.pcap -w out.pcap 2>&1)" \
	'^written: 10 taken = 10 written \+ 0 lost to the disk; 1 file, [0-9]+ bytes$'
is 'only packets that match are written' "$(torc dump -r in.pcap -w out.pcap -c 3 2>/dev/null
	torc dump -r out.pcap 2>/dev/null | wc -l)" 3
torc dump -r in.pcap -w out.pcap --json >json 2>/dev/null
ok '--json gives the account' json_lines json 1
like 'with what was written' "$(cat json)" '"written":10,"lost_to_disk":0,"written_bytes":[0-9]+,"files":1,"after_last_file":0,"left_out":0\}'
is 'to standard output' "$(torc dump -r in.pcap -w - 2>/dev/null | torc dump -tt -r - 2>/dev/null)" "$text"
is '-s cuts' "$(torc dump -r in.pcap -s 20 -w out.pcap 2>/dev/null
	torc dump --json -r out.pcap 2>/dev/null | grep -c '"caplen":20,"len":60')" 10
run '--mode' 0 dump -r in.pcap -w mode.pcap --mode 0640
is 'is the mode of the file' "$(stat -c %a mode.pcap)" 640

if command -v tcpdump >/dev/null; then
	torc dump -r in.pcap --micro -w micro.pcap 2>/dev/null
	is 'tcpdump reads what is written' "$(tcpdump -tt -nr micro.pcap 2>/dev/null | wc -l)" 10
	is 'tcpdump reads the same times' "$(tcpdump -tt -nr micro.pcap 2>/dev/null | cut -d ' ' -f 1)" \
		"$(printf '%s\n' "$text" | cut -d ' ' -f 1)"
else
	skip 'tcpdump reads what is written' 'tcpdump is not installed'
fi
like '--micro writes the classic magic' "$(torc dump -r in.pcap --micro -w - 2>/dev/null | od -An -tx1 -N4)" \
	'd4 c3 b2 a1'

# pcapng to pcapng: what the file tells about interfaces and packets goes along.
make_pcapng() { # FILE INTERFACE COMMENT, five letters each
	{
		printf '\x0a\x0d\x0d\x0a\x1c\0\0\0\x4d\x3c\x2b\x1a\1\0\0\0'
		printf '\xff\xff\xff\xff\xff\xff\xff\xff\x1c\0\0\0'
		printf '\1\0\0\0\x24\0\0\0\1\0\0\0\0\0\4\0\2\0\5\0%s\0\0\0\0\0\0\0\x24\0\0\0' "$2"
		printf '\6\0\0\0\x6c\0\0\0\0\0\0\0\x0a\x0a\6\0\x90\x1d\x7e\x63'
		printf '\x3c\0\0\0\x3c\0\0\0'
		tail -c 60 in.pcap
		printf '\1\0\5\0%s\0\0\0\0\0\0\0\x6c\0\0\0' "$3"
	} >"$1"
}
make_pcapng one.pcapng wire1 hello
make_pcapng two.pcapng wire2 world
like 'the interface of a file is named' "$(torc dump --json -r one.pcapng 2>/dev/null)" '"interface":"wire1"'
run 'two pcapng files into one' 0 dump -r one.pcapng -r two.pcapng -w both.pcapng
is 'keep their interfaces' "$(torc dump --json -r both.pcapng 2>/dev/null |
	sed 's/.*"interface":"\([a-z0-9]*\)".*/\1/' | sort | tr '\n' ' ')" 'wire1 wire2 '
is 'and the comments' "$(grep -ao 'hello\|world' both.pcapng | sort | tr '\n' ' ')" 'hello world '

# Names in front of the interface, as dumpcap 1.10 wrote them: behind it in what is written, since
# editcap and mergecap refuse such a file.
{
	head -c 28 one.pcapng
	printf '\4\0\0\0\x20\0\0\0\1\0\x09\0\x0a\0\0\2name\0\0\0\0\0\0\0\0\x20\0\0\0'
	tail -c +29 one.pcapng
} >names.pcapng
run 'names in front of the interface' 0 dump -r names.pcapng -w named.pcapng
is 'are written behind it' "$(od -An -tu4 -j "$(od -An -tu4 -j 4 -N 4 named.pcapng)" -N 4 named.pcapng |
	tr -d ' ')" 1
ok 'and are there' grep -aq 'name' named.pcapng
if command -v editcap >/dev/null && command -v mergecap >/dev/null; then
	ok 'editcap takes it' editcap named.pcapng edited.pcapng
	ok 'mergecap takes it' mergecap -w merged.pcapng named.pcapng two.pcapng
	is 'the packet is there' "$(torc dump -r edited.pcapng --count 2>/dev/null)" '1 packet'
else
	skip 'editcap and mergecap take it' 'they are not installed'
fi

# Two link types: pcapng has both; a pcap file has one, and what it has no place for is told.
{
	cat one.pcapng
	printf '\1\0\0\0\x14\0\0\0\x65\0\0\0\0\0\4\0\x14\0\0\0'
	printf '\6\0\0\0\x34\0\0\0\1\0\0\0\x0a\x0a\6\0\x91\x1d\x7e\x63\x14\0\0\0\x14\0\0\0'
	tail -c 46 in.pcap | head -c 20
	printf '\x34\0\0\0'
	tail -c +65 one.pcapng
} >mixed.pcapng
run 'two link types to pcapng' 0 dump -r mixed.pcapng -w out.pcapng
is 'are all there' "$(torc dump -r out.pcapng --count 2>/dev/null)" '3 packets'
run 'two link types to pcap' 1 dump -r mixed.pcapng -w out.pcap
like 'are told' "$err" 'one link type \(1\), this is 101: write pcapng; such packets are left out'
like 'and counted' "$err" '^written: 3 taken = 2 written \+ 0 lost to the disk \+ 1 left out \(another link type\)'
is 'the others go on' "$(torc dump -r out.pcap --count 2>/dev/null)" '2 packets'

# 10 packets of 76 bytes: a file is left when it is larger than 300.
rm -f out*
run '--rotate size' 0 dump -r in.pcap -w out.pcap --rotate size=300B
is 'names its files as tcpdump' "$(echo out.pcap*)" 'out.pcap out.pcap1 out.pcap2'
is 'which hold all packets in order' "$(torc dump -tt -r out.pcap -r out.pcap1 -r out.pcap2 2>/dev/null)" "$text"
rm -f out*
run '--rotate size and files' 0 dump -r in.pcap -w out.pcap --rotate size=300B,files=2
is 'keeps the newest' "$(echo out.pcap*)" 'out.pcap1 out.pcap2'
rm -f out*
run '-G' 0 dump -r in.pcap -w 'out-%H%M%S.pcap' -G 4
is 'each file has its time' "$(echo out-*)" 'out-221320.pcap out-221324.pcap out-221328.pcap'
rm -f out*
run '-G with -W' 0 dump -r in.pcap -w 'out-%H%M%S.pcap' -G 4 -W 2
is 'ends after two files' "$(echo out-*)" 'out-221320.pcap out-221324.pcap'
rm -f out*
cat >done.sh <<-'END'
	#!/bin/sh
	echo "$1" >>done.list
END
chmod +x done.sh
run '-z' 0 dump -r in.pcap -w out.pcap --rotate size=300B -z ./done.sh
is 'runs on each file that is complete' "$(sort done.list | tr '\n' ' ')" 'out.pcap out.pcap1 out.pcap2 '

is '-G with -W: what came after the last file is told' "$(torc dump -r in.pcap -w 'out-%H%M%S.pcap' -G 4 -W 2 2>&1 |
	grep -o 'written: .*last file')" 'written: 10 taken = 8 written + 0 lost to the disk + 2 after the last file'
run 'a command of -z that fails' 1 dump -r in.pcap -w out.pcap -z false
like 'is told' "$err" '^torc: -z false out\.pcap: failed with status 1$'
run 'and one that is not there' 1 dump -r in.pcap -w out.pcap -z ./no-such-command
like 'too' "$err" '^torc: -z \./no-such-command out\.pcap: No such file'

cp in.pcap again.pcap
printf 'in.pcap\n\nagain.pcap\n' >list
run '-V reads the files of a list' 0 dump -V list --count
is 'with --count' "$out" '20 packets'
run '--count of a filter' 0 dump -r in.pcap --count -c 1
is 'one packet' "$out" '1 packet'
run '--print with -w' 0 dump -tt -r in.pcap -w print.pcap --print
is 'prints them too' "$out" "$text"
is 'and writes them' "$(torc dump -tt -r print.pcap 2>/dev/null)" "$text"
run '--print and -w - are refused' 2 dump -r in.pcap -w - --print
run '--time-stamp-precision' 0 dump -r in.pcap -w precision.pcap --time-stamp-precision micro
is 'micro is the classic magic' "$(od -An -tx1 -N4 precision.pcap)" ' d4 c3 b2 a1'
like 'nano prints nine digits' "$(torc dump -tt -r in.pcap --time-stamp-precision nano 2>/dev/null)" '^17[0-9]+\.[0-9]{9} '
run 'what tcpdump has and Torc has not is refused' 2 dump -I -r in.pcap
like 'with the reason' "$err" 'set monitor mode with iw\(8\) first'
is '--from a day, a minute' "$(torc dump -r in.pcap --from 2023-11-14 --to '2023-11-14 23:00' --count 2>/dev/null)" \
	'10 packets'

# dumpcap's -a and -b.
rm -f ring*
run '-b packets and files' 0 dump -r in.pcap -w ring.pcap -b packets:4 -b files:2 -b printname:names
is 'names its files as dumpcap does and keeps the newest' "$(echo ring*)" \
	'ring_00002_20231114221324.pcap ring_00003_20231114221328.pcap'
is 'printname: names all of them' "$(wc -l <names)" 3
rm -f ring*
run '-b duration' 0 dump -r in.pcap -w ring.pcapng -b duration:4
is 'goes by the time of the packets' "$(echo ring*)" \
	'ring_00001_20231114221320.pcapng ring_00002_20231114221324.pcapng ring_00003_20231114221328.pcapng'
rm -f ring*
run '-b interval' 0 dump -r in.pcap -w ring.pcap -b interval:7
is 'begins at its multiples' "$(for file in ring*; do torc dump -r $file --count 2>/dev/null; done | tr '\n' ' ')" \
	'1 packet 7 packets 2 packets '
rm -f ring*
run '-a files ends it' 0 dump -r in.pcap -w ring.pcap -b packets:4 -a files:2
is 'after two files' "$(echo ring* | wc -w)" 2
make_pcap long.pcap 40
run '-a filesize' 0 dump -r long.pcap -w one.pcap -a filesize:1
is 'ends after one file of its name' "$(torc dump -r one.pcap --count 2>/dev/null)" '13 packets'
run '-a packets' 0 dump -r in.pcap --count -a packets:3
is 'ends after so many' "$out" '3 packets'
run '-a with a key it does not have' 2 dump -r in.pcap -a eof:1
run '-b too' 2 dump -r in.pcap -w out.pcap -b nothing:1
run '-a files without more than one file' 2 dump -r in.pcap -w out.pcap -a files:1

# --append: in the format of the file, whatever its name.
make_pcap later.pcap 4 1700000100
for name in more.pcap more.pcapng more.pcap.gz more.pcapng.zst; do
	torc dump -r in.pcap -w $name 2>err
	grep -q 'this build' err && continue
	run "--append to $name" 0 dump -r later.pcap -w $name --append
	is 'all packets are in it' "$(torc dump -tt -r $name 2>/dev/null)" \
		"$(torc dump -tt -r in.pcap -r later.pcap 2>/dev/null)"
done
if command -v tcpdump >/dev/null && command -v tshark >/dev/null; then
	is 'tcpdump reads the pcap' "$(tcpdump -nr more.pcap 2>/dev/null | wc -l)" 14
	is 'and the pcapng' "$(tcpdump -nr more.pcapng 2>/dev/null | wc -l)" 14
	is 'tshark too' "$(tshark -r more.pcapng 2>/dev/null | wc -l)" 14
else
	skip 'other tools read them' 'tcpdump or tshark is not installed'
fi
cp in.pcap micro.pcap
run '--append to microseconds' 0 dump -r later.pcap -w micro.pcap --append
is 'stays with them' "$(torc dump -tt -r micro.pcap 2>/dev/null | tail -n 1 | cut -d ' ' -f 1)" 1700000103.250000
run '--append to nothing' 0 dump -r later.pcap -w new.pcap --append
is 'is a new file' "$(torc dump -r new.pcap --count 2>/dev/null)" '4 packets'
head -c 300 in.pcap >torn.pcap
run '--append to a torn file is refused' 1 dump -r later.pcap -w torn.pcap --append
like 'with the place' "$err" 'byte .*nothing is appended'
is 'and leaves it' "$(stat -c %s torn.pcap)" 300
run '--append with rotation too' 1 dump -r later.pcap -w more.pcap --append -C 1
printf '\x69' | dd of=micro.pcap bs=1 seek=20 conv=notrunc 2>/dev/null
run '--append to another link type too' 1 dump -r later.pcap -w micro.pcap --append
like 'with the reason' "$err" 'link type is 105'

run 'never over its own input' 1 dump -r in.pcap -w in.pcap
is 'which stays whole' "$(torc dump -tt -r in.pcap 2>/dev/null)" "$text"
run 'a folder that is not there' 1 dump -r in.pcap -w no/such.pcap
like 'is named' "$err" 'no/such.pcap'
torc dump -r in.pcap -w - 2>err >/dev/full
is 'a full disk fails' $? 1
like 'and is named' "$(cat err)" 'No space left'
if command -v script >/dev/null; then
	script -qec "'$TORC' dump -r in.pcap -w -" /dev/null >terminal 2>&1 </dev/null
	is 'no packets to a terminal' $? 1
	like 'that is said' "$(cat terminal)" 'terminal'
else
	skip 'no packets to a terminal' 'script(1) is not installed'
fi

done_testing
