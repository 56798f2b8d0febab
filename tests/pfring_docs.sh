#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The header of the drop-in library compiles as C and C++, and docs/pfring.md has a row for each of
# its functions that tells the truth about what is not supported.
count=0 bad=0
ok() { # DESCRIPTION: from the status of the command before
	[ $? = 0 ] && word=ok || { word='not ok' bad=1; }
	count=$((count + 1))
	echo "$word $count - $1"
}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

declared=$(sed 's/\/\*.*\*\///' compat/pfring/pfring.h | grep -v '^ \*\|^\t' |
	grep -o '\(pfring_[a-z0-9_]*\|gmt_to_local\)(' | tr -d '(' | sort -u)
documented=$(sed -n 's/^| `\([a-z0-9_]*\)` | .*/\1/p' docs/pfring.md | sort)
exported=$(sed -n 's/^\t\([a-z0-9_]*\);.*/\1/p' compat/pfring/libpfring.map | grep -v 'sysdig\|torc_pf_hash' | sort)
unsupported=$(sed -n 's/^UNSUPPORTED(\([a-z0-9_]*\),.*/\1/p' compat/pfring/unsupported.c | sort)
said=$(sed -n 's/^| `\([a-z0-9_]*\)` | not supported | .*/\1/p' docs/pfring.md | sort)

[ "$(echo "$declared" | wc -l)" = 111 ]
ok "the header declares 111 functions"
[ "$declared" = "$documented" ] || { diff <(echo "$declared") <(echo "$documented") | sed 's/^/# /'; false; }
ok "each has exactly one row in docs/pfring.md"
[ "$declared" = "$exported" ]
ok "and is exported"
[ "$unsupported" = "$said" ] || { diff <(echo "$unsupported") <(echo "$said") | sed 's/^/# /'; false; }
ok "what does nothing is documented as not supported, and nothing else"
! grep -E '^\| `[^|]*\| differs \| *\|' docs/pfring.md
ok "what differs says how"

echo '#include <pfring.h>
int main(void) { struct pfring_pkthdr h; (void)h; return sizeof(pfring) == 0; }' >"$tmp/a.c"
cp "$tmp/a.c" "$tmp/a.cc"
cc=$(command -v "${CC:-gcc}" || command -v cc)
if [ -n "$cc" ]; then
	"$cc" -std=gnu99 -Wall -Wextra -pedantic -Werror -Icompat/pfring -c -o "$tmp/a.o" "$tmp/a.c"
	ok "pfring.h is clean C99"
	"$cc" -std=gnu99 -Wall -Wextra -Werror -DENABLE_BPF -DHAVE_PCAP -Icompat/pfring -c -o "$tmp/a.o" "$tmp/a.c"
	ok "also with ENABLE_BPF"
else
	count=$((count + 2))
	echo "ok $((count - 1)) - C99 # SKIP no C compiler"
	echo "ok $count - ENABLE_BPF # SKIP no C compiler"
fi
if command -v g++ >/dev/null; then
	g++ -std=c++17 -Wall -Wextra -pedantic -Werror -Icompat/pfring -c -o "$tmp/a.o" "$tmp/a.cc"
	ok "and C++17"
else
	count=$((count + 1))
	echo "ok $count - C++17 # SKIP no C++ compiler"
fi
echo "1..$count"
exit $bad
