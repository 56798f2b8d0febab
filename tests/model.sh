#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# tests/model/cluster.pml, checked by spin(1) to its end: all states of three processes that leave, are
# stopped and die; and that the checks find what they are there for. It takes half a minute of a processor
# and 0.6 GB.
. tests/tap.bash
command -v spin >/dev/null || skip_all 'spin is not installed'
cc=$(command -v gcc || command -v clang) || skip_all 'no C compiler to build the verifier with'

model=$PWD/tests/model/cluster.pml

# verify COMPILE RUN DEATHS STOPS LEAVES [-D...]: the verifier's verdict. "Search not completed" is said
# of a search that was ended by an error, by memory or by depth; no such line: it went to the end.
verify() {
	(
		cd "$work" || exit
		rm -f pan*
		spin -a -DDEATHS="$3" -DSTOPS="$4" -DLEAVES="$5" "${@:6}" "$model" >/dev/null &&
			"$cc" -O1 -w -DNOREDUCE -DCOLLAPSE -DMEMLIM=1800 "$1" -o pan pan.c &&
			./pan "$2" -m100000 >out 2>&1
		grep -Eo 'errors: [0-9]+|not completed|out of memory|depth too small' out | tr '\n' ' '
		sed -n 's/^ *\([0-9e+.]*\) states, stored.*/# \1 states/p' out >&2
	)
}
# One process of the model makes all steps, so that there is nothing for spin's own reduction.
check() { verify -DSAFETY -E "$@"; }
ends() { verify -DNP -l "$@"; }

is 'of three, two die, two are stopped and two leave, at any moment' "$(check 2 2 2)" 'errors: 0 '
is 'each run of two deaths and a stop comes to an end' "$(ends 2 1 0)" 'errors: 0 '
is 'and each of a death, a stop and a leave' "$(ends 1 1 1)" 'errors: 0 '
is 'four processes and a death' "$(check 1 0 0 -DN=4)" 'errors: 0 '

broken() { # NUMBER WHAT DEATHS STOPS LEAVES [-DN=4]
	like "found: $2" "$(check "${@:3:3}" "-DBREAK=$1" "${@:6}")" 'errors: 1'
}
broken 1 'a program that is not right without the one that leaves' 0 0 1
broken 2 'a new leader that does not complete what was begun' 1 0 0
broken 3 'a share that is handed over after the member was told so' 0 0 1
broken 4 'a place that is given up before its socket is gone' 1 0 0
broken 5 'a socket that is kept since nobody was there to say that it is over' 1 0 0
broken 6 'a share that stays with the dead' 1 0 0
broken 7 'a socket that enters before all have come to a new leader' 2 0 0 -DN=4
done_testing
