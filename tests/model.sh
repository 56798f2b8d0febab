#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# tests/model/cluster.pml, checked by spin(1) to its end: how many deaths, stops and leaves are in it,
# and how many states that is.
. tests/tap.bash
command -v spin >/dev/null || skip_all 'spin is not installed'
cc=$(command -v gcc || command -v clang) || skip_all 'no C compiler to build the verifier with'

model=$PWD/tests/model/cluster.pml

# check DEATHS STOPS LEAVES [-DBREAK=...]: the verifier's verdict
check() {
	(
		cd "$work" || exit
		rm -f pan*
		spin -a -DDEATHS="$1" -DSTOPS="$2" -DLEAVES="$3" ${4:+"$4"} "$model" >/dev/null &&
			"$cc" -O1 -w -DSAFETY -DCOLLAPSE -DMEMLIM=1500 -o pan pan.c &&
			./pan -E -m100000 >out 2>&1
		grep -Eo 'errors: [0-9]+|not completed|out of memory' out | tr '\n' ' '
		sed -n 's/^ *\([0-9e+.]*\) states, stored.*/# \1 states/p' out >&2
	)
}

is 'nobody dies: two leave' "$(check 0 0 2)" 'errors: 0 '
is 'one dies, at any moment' "$(check 1 0 0)" 'errors: 0 '
is 'one dies, and one leaves' "$(check 1 0 1)" 'errors: 0 '
is 'one is stopped, and one leaves' "$(check 0 1 1)" 'errors: 0 '
# The checks find what they are there for.
like 'a program that is not right without the one that leaves is found' \
	"$(check 0 0 1 -DBREAK=1)" 'errors: 1'
like 'a leader that does not complete what was begun is found' \
	"$(check 1 0 0 -DBREAK=2)" 'errors: 1'
done_testing
