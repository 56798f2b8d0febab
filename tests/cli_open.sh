#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# torc-open and --via-helper: an ordinary user captures, what its rule allows and nothing else.
. tests/tap.bash

[ "$(id -u)" = 0 ] && command -v setpriv >/dev/null && command -v setcap >/dev/null ||
	skip_all 'needs root, setpriv and setcap'
ip link add va type veth peer name vb 2>/dev/null && tests/up va vb ||
	skip_all 'no veth pair can be made here'
chmod 755 "$work"
# its own /etc, and programs where anybody may run them
mkdir -p "$work/etc/torc" "$work/bin" "$work/home"
mount -t tmpfs none "$work/bin" && cp "$TORC" "$B/torc-open" "$work/bin" &&
	setcap cap_net_raw+ep "$work/bin/torc-open" 2>/dev/null ||
	skip_all 'no file can be given a capability here'
cp /etc/passwd /etc/group /etc/ld.so.cache /etc/protocols /etc/services "$work/etc/" 2>/dev/null
sed -i '/^torc:/d; /^others:/d' "$work/etc/group"
printf 'torc:x:5001:\nothers:x:5002:\n' >>"$work/etc/group"
mount --bind "$work/etc" /etc || skip_all 'no /etc of its own can be had here'
chown root:5001 "$work/bin/torc-open"
setcap cap_net_raw+ep "$work/bin/torc-open"
chmod 750 "$work/bin/torc-open"
chown 65534 "$work/home"
chmod 700 "$work/home"
trap 'umount /etc; umount "$work/bin"; rm -rf "$work"' EXIT
export XDG_RUNTIME_DIR=$work/home TORC_OPEN=$work/bin/torc-open ASAN_OPTIONS=detect_leaks=0
rules() { printf '%s\n' "$@" >/etc/torc/open.conf; }

# user COMMAND...: as nobody in the group of torc-open; groups: $in
in=5001
user() { (cd "$work/home" && setpriv --reuid 65534 --regid 65534 --groups "$in" --inh-caps=-all "$@"); }
rules 'group torc on lo'
[ "$(user "$work/bin/torc-open" lo 2>&1)" = "torc-open: standard input is no Unix socket to hand sockets over by; torc --via-helper starts this program" ] ||
	skip_all 'nobody cannot run programs here'
user "$work/bin/torc" devices >/dev/null 2>&1 || skip_all 'nobody cannot run torc here'

# as STATUS NAME ARGS...: torc ARGS as that user; $out, $err
as() {
	local want=$1 name=$2 status
	shift 2
	user timeout 60 "$work/bin/torc" "$@" >"$work/out" 2>"$work/err" </dev/null
	status=$?
	out=$(cat "$work/out") err=$(cat "$work/err")
	is "$name: status" "$status" "$want"
	[ "$status" = "$want" ] || sed 's/^/# /' "$work/err"
}

# captures NAME FILTER ARGS...: a capture on lo of five datagrams to port 4000, as $out and $err
captures() {
	local name=$1 pid
	shift
	user timeout 60 "$work/bin/torc" "$@" >"$work/out" 2>"$work/err" </dev/null &
	pid=$!
	if wait_for grep -q 'listening on' "$work/err"; then
		send_udp 3 4001
		send_udp 5 4000
	fi
	wait $pid
	is "$name: status" $? 0
	out=$(cat "$work/out") err=$(cat "$work/err")
}

# ---- allowed ----
rules '# a comment' '' 'group torc on lo va'
captures 'an ordinary user' dump -n -i lo --via-helper -c 5 udp dst port 4000
is 'has the packets' "$(grep -c '127.0.0.1.4000: UDP' <<<"$out")" 5
captures 'a file is written' dump -i lo --via-helper -w x.pcap -c 5 udp dst port 4000
is 'with them' "$(torc dump -n -r "$work/home/x.pcap" | wc -l)" 5
captures 'short ones' dump -i lo --via-helper -s 60 -w s.pcap --format pcap -c 5 'udp dst port 4000'
ok 'and no longer' test "$(od -An -tu4 -j 32 -N 4 "$work/home/s.pcap")" -le 60
captures 'count, delivered at once' count -i lo --via-helper --immediate-mode -c 5 --json udp dst port 4000
like 'the account balances' "$out" '"received": ?5,.*"balanced": ?true'
captures 'two interfaces by one rule' dump -n -i lo -i va --via-helper -c 5 udp dst port 4000
user timeout 60 "$work/bin/torc" streams -i lo --via-helper --for 100ms >"$work/out" 2>"$work/err"
is 'streams' $? 0
user timeout 60 "$work/bin/torc" flows -i lo --via-helper --for 100ms >"$work/out" 2>"$work/err"
is 'flows' $? 0
rules 'user 65534 on lo'
as 0 'a user by number' count -q -i lo --via-helper --for 10ms
rules 'user nobody on lo'
as 0 'a user by name' count -q -i lo --via-helper --for 10ms
rules 'group torc on *'
as 0 'any interface: any' count -q -i any --via-helper --for 10ms
as 0 'and a cluster' count -q -i lo --via-helper --cluster 7 --for 10ms
rules 'group torc on lo' 'group torc on *'
as 1 'the first rule that fits is the one' count -q -i lo --via-helper --cluster 7 --for 10ms
like 'a cluster wants sockets whose filter can change' "$err" 'a filter that stays'

# ---- not allowed ----
rules 'group torc on lo va'
as 3 'an interface that no rule names' count -i vb --via-helper --for 10ms
like 'it says so' "$err" '^torc-open: no rule of /etc/torc/open.conf allows you to open vb$'
as 3 'one of two' count -i lo,vb --via-helper --for 10ms
as 3 'any' count -i any --via-helper --for 10ms
rules 'group torc on lo' 'group torc on va'
as 3 'two interfaces of two rules' count -i lo,va --via-helper --for 10ms
rules 'group others on lo' 'user 65533 on *' 'user torc on *' 'group none on *'
as 3 "other people's rules" count -i lo --via-helper --for 10ms
rules 'group torc on lo'
in=5002
as 3 'another group may not start it' count -i lo --via-helper --for 10ms
like 'it says so' "$err" 'you may not start .*torc-open'
in=5001
user setpriv --no-new-privs "$work/bin/torc" count -i lo --via-helper --for 10ms 2>"$work/err"
is 'no_new_privs' $? 3
like 'it says so' "$(cat "$work/err")" 'no right to make packet sockets'
TORC_OPEN=$work/none as 3 'not installed' count -i lo --via-helper --for 10ms
like 'it says so' "$err" 'there is no .*/none'
TORC_OPEN=/bin/true as 1 'a helper that says nothing' count -i lo --via-helper --for 10ms
like 'it says so' "$err" 'ended without an answer'
as 1 'a device of another kind' count -i xdp:lo --via-helper --for 10ms
as 2 'a file' dump -r "$work/home/x.pcap" --via-helper
rules 'group torc on gone lo'
as 1 'an interface that is not there' count -i gone --via-helper --for 10ms
like 'it says so' "$err" 'torc-open: no interface gone'

# ---- the rule file ----
for line in 'group torc' 'group torc lo' 'group torc on' 'all torc on lo' 'group torc on lo filter' \
	'group torc on lo filter 0' 'group torc on lo filter 2,6 0 0 1' 'group torc on lo filter 1,6 0 0 -1' \
	'group torc on lo filter 1,6 0 256 1' 'group torc on lo filter 1,6 0 0 1,6 0 0 1' \
	'group torc on lo filter 1,6 0 0 4294967296' 'group torc on lo filter 99999999999999999999,6 0 0 1'; do
	rules 'group torc on lo' "$line"
	as 1 "no rule: $line" count -i lo --via-helper --for 10ms
	like 'the line is named' "$err" 'open.conf:2: expected'
done
rules 'group torc on lo filter 1,6 7 7 1,'
as 0 'a comma at the end' count -q -i lo --via-helper --for 10ms
rules 'group torc on lo filter 1,5 0 0 9'
as 1 'instructions that the kernel refuses' count -i lo --via-helper --for 10ms
like 'it says so' "$err" 'the kernel does not take the filter'
rules 'group torc on lo'
chmod 664 /etc/torc/open.conf
as 3 'a file that others may write' count -i lo --via-helper --for 10ms
like 'it says so' "$err" "open.conf is not root's alone"
chmod 644 /etc/torc/open.conf
chown 65534 /etc/torc/open.conf
as 3 "a file of somebody else's" count -i lo --via-helper --for 10ms
chown 0 /etc/torc/open.conf
chmod 777 /etc/torc
as 3 'a folder that others may write' count -i lo --via-helper --for 10ms
chmod 755 /etc/torc
mv /etc/torc/open.conf /etc/torc/other.conf && ln -s other.conf /etc/torc/open.conf
as 3 'a link' count -i lo --via-helper --for 10ms
rm /etc/torc/open.conf
as 3 'no file' count -i lo --via-helper --for 10ms
like 'it says so' "$err" 'open.conf: No such file.*nobody may open anything'
head -c 300000 /dev/zero | tr '\0' '#' >/etc/torc/open.conf
as 1 'a huge one' count -i lo --via-helper --for 10ms
printf 'group torc on lo\n\0group torc on *\n' >/etc/torc/open.conf
as 1 'no text' count -i lo --via-helper --for 10ms

# ---- a filter that stays: udp port 4000 (tcpdump -y EN10MB -ddd 'udp dst port 4000', IPv4) ----
rules 'group torc on lo filter 10,40 0 0 12,21 0 7 2048,48 0 0 23,21 0 5 17,40 0 0 20,69 3 0 8191,177 0 0 14,72 0 0 16,21 1 0 4000,6 0 0 0'
as 1 'a program that falls off its end' count -i lo --via-helper --for 10ms
rules 'group torc on lo filter 11,40 0 0 12,21 0 8 2048,48 0 0 23,21 0 6 17,40 0 0 20,69 4 0 8191,177 0 0 14,72 0 0 16,21 0 1 4000,6 0 0 262144,6 0 0 0'
captures 'a rule with a filter' dump -n -i lo --via-helper -c 5
is 'nothing else comes' "$(grep -c '127.0.0.1.4000: UDP' <<<"$out")" 5
captures 'and a filter of ours' count -i lo --via-helper --json -c 5 'udp dst port 4000 or udp dst port 4001'
like 'the kernel lets through what the rule allows' "$out" '"received": ?5,'

python=$(PATH=/usr/bin:/bin command -v python3)
if [ -n "$python" ] && user "$python" -c 0 2>/dev/null; then
	cat >"$work/holder.py" <<-'END'
		# what a holder can do with a socket, and what it cannot
		import array, errno, os, socket, subprocess, sys
		def ask(words, **more):
		    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
		    helper = subprocess.run([os.environ["TORC_OPEN"]] + words, stdin=theirs, stderr=subprocess.PIPE, **more)
		    theirs.close()
		    data, control, _, _ = ours.recvmsg(1, socket.CMSG_SPACE(64 * 4))
		    fds = array.array("i")
		    for level, kind, bytes_ in control:
		        fds.frombytes(bytes_[:len(bytes_) - len(bytes_) % 4])
		    return helper, [socket.socket(fileno=fd) for fd in fds]
		def refused(what, call, code):
		    try:
		        call()
		        print(what, "was done")
		    except OSError as error:
		        print(what, errno.errorcode[error.errno])
		helper, sockets = ask(["-n", "3", "lo"])
		print("sockets", len(sockets), helper.returncode)
		one = sockets[0]
		SO_ATTACH_FILTER, SO_DETACH_FILTER, SO_LOCK_FILTER = 26, 27, 44
		refused("detach", lambda: one.setsockopt(socket.SOL_SOCKET, SO_DETACH_FILTER, 0), errno.EPERM)
		refused("unlock", lambda: one.setsockopt(socket.SOL_SOCKET, SO_LOCK_FILTER, 0), errno.EPERM)
		import ctypes, struct
		code = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0xffffffff))
		refused("replace", lambda: one.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER,
		        struct.pack("HxxxxxxP", 1, ctypes.addressof(code))), errno.EPERM)
		one.bind(("va", 3)) # another interface: it receives nothing there
		two = sockets[1]
		two.bind(("lo", 3))
		out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		out.sendto(b"x", ("127.0.0.1", 4000))
		frame = bytes.fromhex("ffffffffffff0200000000010800450000200000000040116cca7f0000017f0000010fa10fa0000c0000746f7263")
		three = sockets[2]
		three.bind(("vb", 0))
		three.send(frame) # it arrives on va, and passes the filter of the rule but for the interface
		two.settimeout(20)
		print("own", len(two.recv(2000)))
		one.setblocking(False)
		refused("other", lambda: one.recv(2000), errno.EAGAIN)
		# hostile surroundings: variables, descriptors, no standard error, no words
		helper, sockets = ask(["lo"], env={"LD_PRELOAD": "/nowhere.so", "PATH": "", "LC_ALL": "x" * 5000,
		                      "MALLOC_CHECK_": "3", "IFS": "x", "GCONV_PATH": "/tmp", "LD_LIBRARY_PATH": "/tmp"})
		print("environment", len(sockets), helper.returncode)
		extra = [os.open("/dev/null", os.O_RDONLY) for _ in range(200)]
		helper, sockets = ask(["lo"], close_fds=False, pass_fds=extra)
		print("descriptors", len(sockets), helper.returncode)
		for words in ([], ["-n", "0", "lo"], ["-n", "65", "lo"], ["-n", "1x", "lo"], ["-n"], ["--help"], ["-"],
		              [""], ["*"], ["lo va"], ["x" * 300], ["lo"] * 17, ["../lo"]):
		    helper, sockets = ask(words)
		    print("words", len(sockets), helper.returncode)
		helper, sockets = ask(["-n", "64", "lo"])
		print("many", len(sockets), helper.returncode)
		helper, sockets = ask(["-n", "64", "lo"], preexec_fn=lambda: __import__("resource").setrlimit(7, (20, 20)))
		print("few", len(sockets), helper.returncode, helper.stderr.decode().strip())
	END
	user "$python" "$work/holder.py" >"$work/out" 2>"$work/err"
	is 'the holder of sockets ends well' $? 0
	sed 's/^/# /' "$work/err"
	is 'what it can do' "$(cat "$work/out")" "$(printf '%s\n' 'sockets 3 0' 'detach EPERM' 'unlock EPERM' \
		'replace EPERM' 'own 43' 'other EAGAIN' 'environment 1 0' 'descriptors 1 0')
$(for _ in $(seq 13); do echo 'words 0 2'; done)
$(printf '%s\n' 'many 64 0' 'few 0 1 torc-open: a packet socket: Too many open files')"
else
	skip 'what the holder of a socket can do' 'no python3 that nobody can run'
fi
user bash -c '"$TORC_OPEN" lo <&- 2>&1' >"$work/out"
is 'no standard input' "$?" 2
user bash -c '"$TORC_OPEN" lo <&- >&- 2>&-' >"$work/out"
is 'nothing at all' "$? $(cat "$work/out")" '2 '
like 'only libc is loaded' "$(ldd "$B/torc-open" | grep -v -E 'vdso|ld-linux|libc\.so|asan|ubsan|tsan|libm\.|libgcc|libstdc|libdl|libpthread|libresolv|librt' | wc -l)" '^0$'
done_testing
