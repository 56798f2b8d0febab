#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# make install: what it puts where, and that programs in C99 and C++17 build against it and run.
. tests/tap.bash

nm -D "$B/libtorc.so" 2>/dev/null | grep -q '__[at]san_init' &&
	skip_all 'the library is built with sanitizers'
dest=$work/dest
env -u MAKEFLAGS -u MAKELEVEL make -s B="$B" install DESTDIR="$dest" PREFIX=/usr >"$work/log" 2>&1
is 'make install' $? 0
version=$(sed -n 's/^.define TORC_VERSION_STRING "\(.*\)"/\1/p' include/torc/base.h)

for file in lib/libtorc.a "lib/libtorc.so.$version" include/torc/torc.h include/torc/ring.h \
	lib/pkgconfig/torc.pc bin/torc libexec/torc-open share/man/man1/torc.1 share/man/man8/torc-open.8 share/man/man3/torc_ring.3 \
	share/man/man3/torc_ring_open.3 share/fish/vendor_completions.d/torc.fish \
	share/bash-completion/completions/torc share/zsh/site-functions/_torc; do
	ok "$file" test -f "$dest/usr/$file"
done
if [ -e "$B/libtorc-kafka.so" ]; then
	ok 'lib/torc/libtorc-kafka.so' test -f "$dest/usr/lib/torc/libtorc-kafka.so"
	is 'which nothing else needs' "$(for file in "$dest"/usr/bin/torc "$dest"/usr/lib/lib*.so; do
		objdump -p "$file"; done | grep 'NEEDED.*kafka')" ''
	# only librdkafka can refuse the option
	make_pcap "$work/a.pcap" 1
	like 'the installed torc finds it' "$("$dest/usr/bin/torc" flows -r "$work/a.pcap" \
		--kafka 127.0.0.1:9/t --kafka-option no.such=1 2>&1)" 'No such configuration property'
fi
is 'libtorc.so leads to the library' "$(readlink -f "$dest/usr/lib/libtorc.so")" \
	"$(readlink -f "$dest/usr/lib/libtorc.so.$version")"
ok 'by its SONAME' test -L "$dest/usr/lib/libtorc.so.0"
is 'every public header is there' "$(cd "$dest/usr/include/torc" && find . -name '*.h' | sort)" \
	"$(cd include/torc && find . -name '*.h' | sort)"
is 'each function has its page' "$(nm -D --defined-only "$B/libtorc.so" | awk '$2 == "T" { print $3 }' |
	sed 's/@.*//' | while read -r name; do
		[ -e "$dest/usr/share/man/man3/$name.3" ] || grep -q "$name(" -r include/torc/layers || echo "$name"
	done)" ''
if command -v mandoc >/dev/null; then
	is 'pages that mandoc accepts' "$(cd "$dest/usr/share/man" && grep -L '^\.so ' man[37]/* |
		xargs mandoc -Tlint -Wwarning 2>&1)" ''
	like 'fields have a page too' "$(mandoc -Tascii "$dest/usr/share/man/man7/torc-fields.7" | col -b | grep 'ipv4')" 'ipv4\.ttl number'
	like 'which say what a header says' "$(mandoc -Tascii "$dest/usr/share/man/man3/torc_defrag.3" |
		col -b)" 'An engine that holds nothing yet'
else
	skip 'pages that mandoc accepts' 'mandoc is not installed'
	skip 'fields have a page too' 'mandoc is not installed'
	skip 'which say what a header says' 'mandoc is not installed'
fi
is 'nothing is outside of the prefix' "$(ls "$dest")" usr
ok 'the installed torc runs' "$dest/usr/bin/torc" --version
cp -r "$dest" "$work/again"
touch "$work/again/usr/include/another.h"
env -u MAKEFLAGS -u MAKELEVEL make -s B="$B" uninstall DESTDIR="$work/again" PREFIX=/usr >"$work/log" 2>&1
is 'make uninstall' $? 0
is 'leaves what is not ours, and nothing else' \
	"$(cd "$work/again" && find . ! -type d)" ./usr/include/another.h
if [ -e "$B/libpfring.so" ]; then
	for file in lib/libpfring.a lib/libpfring.so.8 lib/libpfring.so include/pfring.h \
		include/linux/pf_ring.h lib/pkgconfig/pfring.pc bin/pfring_config \
		share/man/man1/pfring_config.1; do
		ok "$file" test -f "$dest/usr/$file"
	done
	is 'pfring_config --include --libs' "$("$dest/usr/bin/pfring_config" --include --libs | tr '\n' ' ')" \
		'-I/usr/include -L/usr/lib -lpfring '
	like 'pfring_config --version' "$("$dest/usr/bin/pfring_config" --version)" '^[0-9]+\.[0-9]+\.[0-9]+'
	"$dest/usr/bin/pfring_config" --cflags 2>/dev/null
	is 'pfring_config refuses what it does not know' $? 1
fi

exported=$(nm -D --defined-only "$B/libtorc.so" | awk '$2 != "A" { print $3 }' | sed 's/@.*//' | grep -v '^torc_')
is 'libtorc.so exports its own names only' "$exported" ''
like 'with a version' "$(nm -D --with-symbol-versions "$B/libtorc.so")" ' T torc_ring_open@@TORC_[0-9.]+$'

# pkg-config relocates the paths by its sysroot, as a cross build would.
export PKG_CONFIG_SYSROOT_DIR=$dest
PKG_CONFIG_LIBDIR=$dest/usr/lib/pkgconfig:$(pkg-config --variable pc_path pkg-config)
export PKG_CONFIG_LIBDIR
export PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1 PKG_CONFIG_ALLOW_SYSTEM_LIBS=1
is 'pkg-config --modversion' "$(pkg-config --modversion torc)" "$version"
is 'pfring.pc and pfring_config agree' "$(pkg-config --modversion pfring)" \
	"$("$dest/usr/bin/pfring_config" --version)"
like 'pkg-config --static brings libpcap' "$(pkg-config --static --libs torc)" '-lpcap'

cat >"$work/program.c" <<-'END'
	#include <stdio.h>
	#include <string.h>
	#include <torc/torc.h>

	int main(void)
	{
		struct torc_ring *ring;
		struct torc_error error;

		if (torc_ring_open(&ring, "no such device", 0, 0, &error) >= 0)
			return 1;
		printf("%s %d\n", torc_version(), error.text[0] != 0);
		return strcmp(torc_version(), TORC_VERSION_STRING) != 0;
	}
END
cp "$work/program.c" "$work/program.cc"
strict='-Wall -Wextra -pedantic -Werror'

build() { # COMPILER STANDARD SOURCE PKG-CONFIG-OPTION...
	# shellcheck disable=SC2046,SC2086 # words
	"$1" "-std=$2" $strict -o "$work/program" "$3" $(pkg-config --cflags --libs "${@:4}" torc)
}
ok 'a C99 program builds with pkg-config' build "${CC:-gcc}" c99 "$work/program.c"
is 'and runs with the shared library' "$(LD_LIBRARY_PATH=$dest/usr/lib "$work/program")" "$version 1"
cat >"$work/plugin.c" <<-'END'
	#include <dlfcn.h>
	#include <pthread.h>
	#include <torc/torc.h>

	static void *use(void *library)
	{
		struct torc_ring *ring;
		struct torc_packet packet;
		int (*open)(struct torc_ring **, const char *, uint32_t, uint32_t, struct torc_error *);
		int (*next)(struct torc_ring *, struct torc_packet *);
		int (*set)(struct torc_ring *, int), (*enable)(struct torc_ring *);
		void (*close)(struct torc_ring *);

		*(void **)&open = dlsym(library, "torc_ring_open");
		*(void **)&set = dlsym(library, "torc_ring_set_poll_duration");
		*(void **)&enable = dlsym(library, "torc_ring_enable");
		*(void **)&next = dlsym(library, "torc_ring_next");
		*(void **)&close = dlsym(library, "torc_ring_close");
		if (open(&ring, "lo", 0, TORC_REENTRANT, NULL) < 0)
			return NULL;
		set(ring, 0);
		enable(ring);
		next(ring, &packet);
		close(ring);
		dlclose(library);
		return ring;
	}

	int main(void)
	{
		void *library = dlopen("libtorc.so.0", RTLD_NOW), *done = NULL;
		pthread_t thread;

		if (!library || pthread_create(&thread, NULL, use, library) != 0)
			return 1;
		pthread_join(thread, &done);
		return !done;
	}
END
# shellcheck disable=SC2046 # words
"${CC:-gcc}" -o "$work/plugin" "$work/plugin.c" $(pkg-config --cflags torc) -ldl -pthread
ok 'a thread ends after the library was closed by dlclose()' \
	env LD_LIBRARY_PATH="$dest/usr/lib" "$work/plugin"
needed=$(objdump -p "$work/program" | awk '/NEEDED/ { print $2 }')
like 'which it needs by SONAME' "$needed" '^libtorc\.so\.0$'
is 'and nothing that libtorc needs by itself' "$(echo "$needed" | grep -E 'pcap|zstd|libz|lzma|lz4')" ''
rm "$dest"/usr/lib/libtorc.so*
ok 'the same program builds with the static library' build "${CC:-gcc}" c99 "$work/program.c" --static
is 'and runs by itself' "$("$work/program")" "$version 1"
if command -v "${CXX:-g++}" >/dev/null; then
	ok 'a C++17 program builds' build "${CXX:-g++}" c++17 "$work/program.cc" --static
	is 'and runs' "$("$work/program")" "$version 1"
else
	skip 'a C++17 program builds' 'there is no C++ compiler'
fi

if [ -e "$dest/usr/lib/libpfring.a" ]; then
	cat >"$work/pfring.c" <<-'END'
		#include <pfring.h>

		int main(void)
		{
			return pfring_open("no such device", 128, PF_RING_PROMISC) != NULL;
		}
	END
	# shellcheck disable=SC2046 # words
	ok 'a PF_RING program builds with pkg-config' "${CC:-gcc}" -o "$work/program" "$work/pfring.c" \
		$(pkg-config --cflags --libs --static pfring)
	ok 'and runs with the drop-in' env LD_LIBRARY_PATH="$dest/usr/lib" "$work/program"
	if command -v "${CXX:-g++}" >/dev/null; then
		make_pcap "$work/three.pcap" 3
		cat >"$work/throw.cc" <<-'END'
			#include <cstdio>
			#include <pfring.h>

			struct guard {
				~guard() { std::puts("unwound"); }
			};

			static void packet(const struct pfring_pkthdr *, const u_char *, const u_char *)
			{
				throw 42;
			}

			int main(int, char **argv)
			{
				pfring *ring = pfring_open(argv[1], 128, 0);

				pfring_enable_ring(ring);
				try {
					guard here;
					pfring_loop(ring, packet, NULL, 1);
				} catch (int number) {
					std::printf("%d\n", number);
				}
				return 0;
			}
		END
		ok 'a C++ program whose callback throws builds' "${CXX:-g++}" -o "$work/throw" \
			"$work/throw.cc" "-I$dest/usr/include" "-L$dest/usr/lib" -lpfring -lpcap
		is 'and the exception passes through the library' \
			"$(LD_LIBRARY_PATH=$dest/usr/lib "$work/throw" "pcap:$work/three.pcap" | tr '\n' ' ')" 'unwound 42 '
	else
		skip 'an exception passes through the library' 'there is no C++ compiler'
	fi
	ok 'by the path of the archive, with -lpcap alone, as PF_RING wants it' "${CC:-gcc}" \
		-o "$work/program" "$work/pfring.c" "-I$dest/usr/include" "$dest/usr/lib/libpfring.a" \
		-lpcap -pthread
	ok 'and runs' "$work/program"
fi

done_testing
