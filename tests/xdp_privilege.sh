# SPDX-License-Identifier: BSD-3-Clause
# An AF_XDP ring needs CAP_NET_RAW, CAP_NET_ADMIN and CAP_BPF, and no more; what is missing is said,
# as is memory that may not be locked.
. tests/tap.bash

[ "$(id -u)" = 0 ] || skip_all 'only root can hand out single capabilities'
command -v setpriv >/dev/null || skip_all 'setpriv is not installed'
ip link add va type veth peer name vb && tests/up va vb
torc count -i xdp:va --for 0.1s >"$work/log" 2>&1 || skip_all "$(tail -n 1 "$work/log")"

# A copy that another user may run, wherever the tree lies.
cp "$TORC" "$work/torc" && chmod 755 "$work" "$work/torc"

# with CAPABILITIES ARGUMENTS...: count as nobody with those capabilities only
with() {
	local caps=$1
	shift
	setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps="-all,$caps" \
		--ambient-caps="-all,$caps" --bounding-set="-all,$caps" \
		"$work/torc" count -i "$1" --for 0.2s "${@:2}" 2>&1
}

all=+net_raw,+net_admin,+bpf
out=$(with $all xdp:va) && result=0 || result=$?
is 'the three are enough' $result 0
out=$(with $all 'xdp:va;mode=tap') && result=0 || result=$?
is 'for copies too' $result 0
out=$(with +net_raw,+net_admin xdp:va) && result=0 || result=$?
is 'without CAP_BPF: exit status 3' $result 3
like 'it says so' "$out" CAP_BPF
out=$(with +net_raw,+bpf xdp:va) && result=0 || result=$?
is 'without CAP_NET_ADMIN: exit status 3' $result 3
like 'it says so' "$out" CAP_NET_ADMIN
out=$(with +net_admin,+bpf xdp:va) && result=0 || result=$?
is 'without CAP_NET_RAW: exit status 3' $result 3
like 'it says so' "$out" CAP_NET_RAW

ulimit -l 8192
out=$(with $all xdp:va --json)
like 'a low limit of locked memory: the default buffer shrinks' "$out" '"balanced":true'
out=$(with $all xdp:va --buffer 64MiB) && result=0 || result=$?
is 'a buffer that may not be locked is refused' $result 1
like 'with what to do' "$out" 'RLIMIT_MEMLOCK'
like 'and the size' "$out" '[0-9]+ KiB'

out=$(torc count -i 'xdp:va;busypoll=20' --for 0.2s --json 2>&1)
like 'busy polling' "$out" '"balanced":true'
ip addr add 10.9.0.1/24 dev va && ip route add default via 10.9.0.2
out=$(torc count -i xdp:va --for 0.2s 2>&1) && result=0 || result=$?
is 'the default route is not taken' $result 1
like 'with what to do' "$out" 'take=1'
out=$(torc count -i xdp:va --take --for 0.2s --json 2>&1)
like 'it is with --take' "$out" '"balanced":true'
out=$(torc count -i va --take --for 0.2s 2>&1) && result=0 || result=$?
is '--take is for xdp:' $result 1
done_testing
