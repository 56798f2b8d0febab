# Torc: one GNU Makefile. `make help` lists the targets.

B       ?= build
PREFIX  ?= /usr/local
DESTDIR ?=
LIBDIR  ?= $(PREFIX)/lib
INCDIR  ?= $(PREFIX)/include
BINDIR  ?= $(PREFIX)/bin
MANDIR  ?= $(PREFIX)/share/man
LIBEXECDIR ?= $(PREFIX)/libexec
UNITDIR ?= $(PREFIX)/lib/systemd/system
CC      ?= gcc
CFLAGS  ?= -O2 -g1
PKG_CONFIG ?= pkg-config

VERSION := $(shell sed -n 's/^.define TORC_VERSION_STRING "\(.*\)"/\1/p' include/torc/base.h)
SONAME  := libtorc.so.0
PFRING_SONAME := libpfring.so.8

Q := $(if $(V),,@)
say = $(if $(V),,$(info $(space) $(1) $(2)))
ifeq ($(MAKELEVEL)$(filter -j% --jobserver%,$(MAKEFLAGS)),0)
MAKEFLAGS += -j$(shell nproc)
endif

space := $(subst ,, )

# Optional parts, found by pkg-config; printed by `make config`.
have = $(shell $(PKG_CONFIG) --exists $(1) 2>/dev/null && echo 1)
HAVE_ZLIB := $(call have,zlib)
HAVE_ZSTD := $(call have,libzstd)
HAVE_LZMA := $(call have,liblzma)
HAVE_LZ4 := $(call have,liblz4)
HAVE_KAFKA := $(call have,rdkafka)
OPT_CPPFLAGS := $(if $(HAVE_ZLIB),-DTORC_HAVE_ZLIB) $(if $(HAVE_ZSTD),-DTORC_HAVE_ZSTD) \
	$(if $(HAVE_LZMA),-DTORC_HAVE_LZMA) $(if $(HAVE_LZ4),-DTORC_HAVE_LZ4)
OPT_LIBS := $(if $(HAVE_ZLIB),-lz) $(if $(HAVE_ZSTD),-lzstd) $(if $(HAVE_LZMA),-llzma) \
	$(if $(HAVE_LZ4),-llz4)

WARNINGS := -Wall -Wextra -Wshadow -Wvla -Wundef -Wstrict-prototypes -Wmissing-prototypes \
	-Wformat=2 -Wimplicit-fallthrough $(if $(WERROR),-Werror)
ALL_CPPFLAGS := -Iinclude -Isrc -D_GNU_SOURCE $(OPT_CPPFLAGS) $(CPPFLAGS)
ALL_CFLAGS := -std=gnu17 $(WARNINGS) -fPIC -fvisibility=hidden -pthread -pipe -MMD -MP \
	-ffunction-sections -fdata-sections $(CFLAGS) $(SANITIZE)
ALL_LDFLAGS := -pthread $(LDFLAGS) $(SANITIZE)

LIBS := -lpcap $(OPT_LIBS)

LIB_SRC    := $(sort $(wildcard src/*/*.c src/*/*/*.c))
# LAYERS=core: without the families of layers that few networks have; their types stay, as unknown ones
ifeq ($(LAYERS),core)
LEFT_OUT   := $(wildcard src/decode/wireless/*.c src/decode/industrial/*.c)
LIB_SRC    := $(filter-out $(LEFT_OUT),$(LIB_SRC))
endif
CLI_SRC    := $(sort $(wildcard cli/*.c))
PFRING_SRC := $(sort $(wildcard compat/pfring/*.c))
TEST_SRC   := $(sort $(wildcard tests/*.c))
TEST_SH    := $(sort $(wildcard tests/*.sh))
BENCH_SRC  := $(sort $(wildcard bench/*.c))
FUZZ_SRC   := $(sort $(wildcard fuzz/*.c))
EXAMPLE_SRC := $(sort $(wildcard examples/*.c))

obj = $(patsubst %.c,$(B)/%.o,$(1))
LIB_OBJ := $(call obj,$(LIB_SRC))
CLI_OBJ := $(call obj,$(CLI_SRC))
COMPRESSING := src/file/compress.c src/file/source.c
PFRING_OBJ := $(call obj,$(PFRING_SRC) $(filter-out $(COMPRESSING),$(LIB_SRC))) \
	$(patsubst %.c,$(B)/plain/%.o,$(COMPRESSING))
TESTS   := $(patsubst tests/%.c,$(B)/tests/%,$(TEST_SRC))
AGREE   := $(patsubst tests/%.c,$(B)/tests/%,$(wildcard tests/agree/*.c))
BENCHES := $(patsubst bench/%.c,$(B)/bench/%,$(BENCH_SRC))
EXAMPLES := $(patsubst examples/%.c,$(B)/examples/%,$(EXAMPLE_SRC))
FUZZERS := $(patsubst fuzz/%.c,$(B)/fuzz/%,$(FUZZ_SRC))

PRODUCTS := $(B)/libtorc.a $(B)/libtorc.so $(if $(CLI_SRC),$(B)/torc) $(B)/torc-open \
	$(if $(PFRING_SRC),$(B)/libpfring.a $(B)/libpfring.so) $(if $(HAVE_KAFKA),$(B)/libtorc-kafka.so)

.PHONY: all config tests benches examples install uninstall dist check bench fuzz fuzz-long agree try-package sizes asan tsan clean help
.DELETE_ON_ERROR:
.SECONDARY:
.SUFFIXES:

all: config $(PRODUCTS) ## build the libraries and torc

config:
	@printf '  torc %s: zlib %s, zstd %s, xz %s, lz4 %s, kafka %s\n' '$(VERSION)' $(foreach \
		library,ZLIB ZSTD LZMA LZ4 KAFKA,'$(if $(HAVE_$(library)),yes,no)')

$(B)/%.o: %.c
	$(call say,CC,$<)
	$(Q)$(if $(wildcard $(@D)),,mkdir -p $(@D) &&) $(CC) $(ALL_CPPFLAGS) $(EXTRA_$(firstword $(subst /, ,$*))) $(ALL_CFLAGS) -c -o $@ $<

# Without the compression libraries: for libpfring, whose programs link -lpfring -lpcap and no more.
$(B)/plain/%.o: %.c
	$(call say,CC,$< (plain))
	$(Q)$(if $(wildcard $(@D)),,mkdir -p $(@D) &&) $(CC) $(filter-out -DTORC_HAVE_%,$(ALL_CPPFLAGS)) $(ALL_CFLAGS) -c -o $@ $<

EXTRA_compat := -Icompat/pfring
EXTRA_tests  := -Icompat/pfring
EXTRA_bench  := -Icompat/pfring
EXTRA_cli    := -I$(B)/cli
EXTRA_plugin  = $(shell $(PKG_CONFIG) --cflags rdkafka)
$(B)/src/export/kafka.o: ALL_CPPFLAGS += -DTORC_PLUGIN_DIR='"$(LIBDIR)/torc"'

$(B)/libtorc.a: $(LIB_OBJ)
	$(call say,AR,$@)
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $^

# The build fails when the public headers and the version map disagree.
$(B)/symbols.ok: scripts/check-symbols libtorc.map $(wildcard include/torc/*.h include/torc/layers/*.h include/torc/layers/*/*.h)
	$(Q)mkdir -p $(@D)
	$(Q)sh scripts/check-symbols libtorc.map include/torc && touch $@

# Never unloaded (nodelete): it is called when a thread ends that has read from a ring.
$(B)/libtorc.so.$(VERSION): $(LIB_OBJ) libtorc.map $(B)/symbols.ok
	$(call say,LD,$@)
	$(Q)$(CC) -shared -Wl,-soname,$(SONAME) -Wl,--version-script,libtorc.map -Wl,-z,defs \
		-Wl,-Bsymbolic-functions -Wl,--gc-sections -Wl,-z,nodelete \
		$(ALL_LDFLAGS) -o $@ $(LIB_OBJ) $(LIBS)

$(B)/libtorc.so: $(B)/libtorc.so.$(VERSION)
	$(Q)ln -sf $(notdir $<) $(B)/$(SONAME)
	$(Q)ln -sf $(SONAME) $@

$(B)/torc: $(CLI_OBJ) $(B)/libtorc.a
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(B)/cli/helper.o: ALL_CPPFLAGS += -DTORC_LIBEXEC_DIR='"$(LIBEXECDIR)"'

# The one program that may have rights which its caller lacks: of libc alone, and hardened.
$(B)/torc-open: $(B)/helper/torc-open.o
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -pie -Wl,-z,relro,-z,now -o $@ $^

# libpfring stands alone: it carries libtorc inside and exports PF_RING's names only.
$(B)/libpfring.a: $(PFRING_OBJ)
	$(call say,AR,$@)
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $^

$(B)/libpfring.so: $(PFRING_OBJ) compat/pfring/libpfring.map
	$(call say,LD,$@)
	$(Q)$(CC) -shared -Wl,-soname,$(PFRING_SONAME) -Wl,--version-script,compat/pfring/libpfring.map \
		-Wl,-z,defs -Wl,-z,nodelete $(ALL_LDFLAGS) -o $(B)/$(PFRING_SONAME) $(PFRING_OBJ) -lpcap
	$(Q)ln -sf $(PFRING_SONAME) $@

# Loaded by dlopen() when records are to go to Kafka: the only part that needs librdkafka.
$(B)/libtorc-kafka.so: $(B)/plugin/kafka.o
	$(call say,LD,$@)
	$(Q)$(CC) -shared -Wl,-soname,libtorc-kafka.so -Wl,-z,nodelete $(ALL_LDFLAGS) -o $@ $^ \
		$(shell $(PKG_CONFIG) --libs rdkafka)

# A test whose name begins with pfring_ is a program of the drop-in library.
$(B)/tests/pfring_%: $(B)/tests/pfring_%.o $(B)/libpfring.a
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ -lpcap

$(B)/tests/export_kafka: LIBS += $(if $(HAVE_KAFKA),$(shell $(PKG_CONFIG) --libs rdkafka))
$(B)/tests/%: $(B)/tests/%.o $(B)/libtorc.a
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS) -lm

$(B)/bench/pfring: $(B)/bench/pfring.o $(B)/libpfring.a
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ -lpcap

$(B)/bench/%: $(B)/bench/%.o $(B)/libtorc.a
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS) -lm

$(B)/examples/%: $(B)/examples/%.o $(B)/libtorc.a
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

# Libraries that tests preload.
PRELOADS := $(patsubst tests/%.c,$(B)/tests/%.so,$(wildcard tests/preload/*.c))
$(B)/tests/preload/%.so: tests/preload/%.c
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D) && $(CC) -shared -fPIC -D_GNU_SOURCE -std=gnu17 $(WARNINGS) -O1 -o $@ $<

tests: $(TESTS) $(AGREE) $(PRELOADS)
benches: $(BENCHES)
examples: $(EXAMPLES) ## build the example programs

check: all tests examples ## run every test (make check T="name ...": only those)
	$(Q)B=$(B) sh tests/run $(if $(T),$(T),$(notdir $(TEST_SRC:.c=)) $(notdir $(TEST_SH)))

BENCH_RUN = B=$(B) sh $(if $(RUNS),bench/runs $(RUNS),bench/run $(if $(JSON),--json))
bench: all benches ## run every benchmark and print one table (JSON=1: JSON Lines; RUNS=3: medians of 3 runs, PAUSE seconds apart)
	$(Q)$(BENCH_RUN)

bench-%: all benches
	$(Q)$(BENCH_RUN) $*

ifeq ($(LAYERS),core)
$(B)/src/decode/registry.o: EXTRA_src := -include $(B)/left_out.h
$(B)/src/decode/registry.o: $(B)/left_out.h
$(B)/left_out.h: $(LEFT_OUT)
	$(Q)mkdir -p $(@D)
	$(Q)sed -n 's/^const struct torc_layer_ops \([a-z0-9_]*\).*/#pragma weak \1/p' $^ >$@
endif

# The page of --listen, as a string of C.
$(B)/cli/page.o: $(B)/cli/page.inc
$(B)/cli/page.inc: cli/page.html
	$(Q)mkdir -p $(@D)
	$(Q)sed 's/[\\"]/\\&/g;s/.*/"&\\n"/' $< >$@

# Fuzzers need clang; FUZZ_SECONDS each.
FUZZ_SECONDS ?= 20
fuzz: ## fuzz every target for FUZZ_SECONDS (needs clang)
	$(Q)$(MAKE) --no-print-directory B=build-fuzz CC=clang CFLAGS='-O1 -g' \
		SANITIZE='-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined' fuzzers
	$(Q)B=build-fuzz FUZZ_SECONDS=$(FUZZ_SECONDS) sh fuzz/run

fuzz-long: ## fuzz all targets HOURS=N altogether; keeps what is found in fuzz/found
	$(if $(HOURS),,$(error make fuzz-long HOURS=8: how long altogether))
	$(Q)$(MAKE) --no-print-directory B=build-fuzz CC=clang CFLAGS='-O1 -g' \
		SANITIZE='-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined' fuzzers
	$(Q)$(MAKE) --no-print-directory B=build-cover CC=clang CFLAGS='-O1 -g' \
		SANITIZE='-fsanitize=fuzzer-no-link -fprofile-instr-generate -fcoverage-mapping' fuzzers
	$(Q)sh fuzz/long $(HOURS)

fuzzers: $(FUZZERS)
$(B)/fuzz/http: $(B)/cli/http_request.o
$(B)/fuzz/%: $(B)/fuzz/%.o $(B)/libtorc.a
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(LIBS)

asan: ## every test under AddressSanitizer and UndefinedBehaviorSanitizer
	$(Q)$(MAKE) --no-print-directory B=build-asan CFLAGS='-O1 -g -fno-omit-frame-pointer' \
		SANITIZE='-fsanitize=address,undefined -fno-sanitize-recover=undefined' check T='$(T)'

tsan: export TSAN_OPTIONS := die_after_fork=0
tsan: ## the threaded tests under ThreadSanitizer
	$(Q)$(MAKE) --no-print-directory B=build-tsan CFLAGS='-O1 -g' SANITIZE='-fsanitize=thread' \
		check T='$(if $(T),$(T),$(notdir $(basename $(shell grep -l pthread_create tests/*.c))))'

agree: all $(AGREE) ## compare with gopacket and tshark (make agree FILES="...")
	$(Q)B=$(B) sh scripts/agree $(strip $(FILES))

sizes: ## lines of code, longest functions, size of the libraries
	$(Q)sh scripts/sizes $(B)

INSTALL_WITH = PREFIX='$(PREFIX)' LIBEXECDIR='$(LIBEXECDIR)' UNITDIR='$(UNITDIR)' LIBDIR='$(LIBDIR)' INCDIR='$(INCDIR)' BINDIR='$(BINDIR)' \
	MANDIR='$(MANDIR)' DESTDIR='$(DESTDIR)' VERSION='$(VERSION)' SONAME='$(SONAME)' \
	LIBS='$(OPT_LIBS)' KAFKA='$(HAVE_KAFKA)' CC='$(CC)' PFRING_SONAME='$(PFRING_SONAME)' B='$(B)' sh scripts/install

install: all ## install under $(DESTDIR)$(PREFIX)
	$(Q)$(INSTALL_WITH)

uninstall: ## remove what install put there
	$(Q)$(INSTALL_WITH) --remove

dist: ## torc-VERSION.tar.gz of what is committed (the same bytes for the same commit), and its sum
	$(Q)git archive --format=tar --prefix=torc-$(VERSION)/ HEAD | gzip -9n >torc-$(VERSION).tar.gz
	$(Q)sha256sum torc-$(VERSION).tar.gz

try-package: ## build the Debian packages in a minbase tree, install, use and remove them there
	$(Q)sh scripts/try-package

clean: ## remove what was built
	$(Q)rm -rf build build-asan build-tsan build-fuzz build-cover

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1	\2/p' Makefile | expand -t 18

-include $(patsubst %.o,%.d,$(LIB_OBJ) $(CLI_OBJ) $(PFRING_OBJ) $(B)/plugin/kafka.o $(B)/helper/torc-open.o) \
	$(addsuffix .d,$(TESTS) $(BENCHES) $(EXAMPLES) $(FUZZERS))
