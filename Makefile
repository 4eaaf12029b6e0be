# moonlatch: `make help` lists the words. MODE=asan builds with the sanitizers into build/asan.

MODE ?= release
BUILD := $(if $(filter release,$(MODE)),build,build/$(MODE))
CC ?= cc
PREFIX ?= /usr/local
PC_CORE := libsodium yaml-0.1 libcjson nettle libpcre2-8
PC_LUA := lua5.4
# Only its headers are needed: it is loaded when it is first used.
PC_LOADED := libcrypto

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes \
  -Wmissing-prototypes -Wold-style-definition -Wvla -Wformat=2 -Wundef -Wwrite-strings -Wcast-qual \
  -Wpointer-arith -Wdouble-promotion
# What only some compilers or processors know; tools/flags.sh tries each and says what it left out.
MAYBE := -Wlogical-op -Wduplicated-cond -Wnull-dereference -fstack-clash-protection \
  -fcf-protection -ftrivial-auto-var-init=zero
HARD_CFLAGS := -fstack-protector-strong -fno-common -fPIE
HARD_LDFLAGS := -pie -Wl,-z,relro,-z,now,-z,noexecstack
ifeq ($(MODE),asan)
MODE_CFLAGS := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -DML_ASAN
MODE_LDFLAGS := -fsanitize=address,undefined
else ifeq ($(MODE),fuzz)
MODE_CFLAGS := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -DML_ASAN
MODE_LDFLAGS := -fsanitize=address,undefined
else
MODE_CFLAGS := -O2 -g -D_FORTIFY_SOURCE=3
endif
CFLAGS_ALL = -std=c11 -D_GNU_SOURCE -Isrc -Iinclude -I$(BUILD)/gen -I. $(WARN) \
  $(shell cat $(BUILD)/flags 2>/dev/null) $(HARD_CFLAGS) $(MODE_CFLAGS) $(if $(CI),-Werror) \
  $(shell pkg-config --cflags $(PC_CORE) $(PC_LUA) $(PC_LOADED)) $(CFLAGS)
LDFLAGS_ALL = $(HARD_LDFLAGS) $(MODE_LDFLAGS) $(LDFLAGS)
LIBS_SYSTEM := -ldl -lm -pthread
LIBS_CORE = $(shell pkg-config --libs $(PC_CORE)) $(LIBS_SYSTEM)
LIBS_ALL = $(shell pkg-config --libs $(PC_LUA)) $(LIBS_CORE)

# The program; empty as long as there is no host to build.
PROGRAM := $(if $(wildcard src/host/main.c),$(BUILD)/moonlatch)

CORE_DIRS := base crypto format doc sops match sys
CORE_SRC := $(foreach d,$(CORE_DIRS),$(wildcard src/$d/*.c))
HOST_SRC := $(wildcard src/lua/*.c src/host/*.c)
CORE_OBJ := $(CORE_SRC:%.c=$(BUILD)/%.o)
HOST_OBJ := $(HOST_SRC:%.c=$(BUILD)/%.o)
C_FILES := $(wildcard include/*.h src/*/*.[ch] tests/c/*.[ch] tests/fuzz/*.c tests/bench/*.c tools/*.c)
FUZZERS := $(patsubst tests/fuzz/%.c,$(BUILD)/%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_SECONDS ?= 20
FUZZ_SEED ?= 0
# What the static checkers have to know of the compiler's flags.
LINT_CFLAGS = -std=c11 -D_GNU_SOURCE -Isrc -Iinclude -I$(BUILD)/gen -I. \
  $(shell pkg-config --cflags $(PC_CORE) $(PC_LUA) $(PC_LOADED))
C_TESTS := $(patsubst tests/c/%.c,$(BUILD)/tests/%,$(wildcard tests/c/test_*.c))

LUA_FILES := $(sort $(shell find lua recipes -name '*.lua'))

all: $(BUILD)/libmoonlatch-core.a $(PROGRAM) ## build the program at build/moonlatch

$(BUILD)/flags: tools/flags.sh
	@mkdir -p $(BUILD)
	@CC="$(CC)" sh tools/flags.sh $(MAYBE) > $@.new && mv $@.new $@

$(BUILD)/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	@echo '  CC $<'
	@$(CC) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

$(BUILD)/libmoonlatch-core.a: $(CORE_OBJ)
	@rm -f $@
	@ar rcs $@ $^

$(BUILD)/tests/%: tests/c/%.c $(BUILD)/libmoonlatch-core.a
	@mkdir -p $(@D)
	@echo '  CC $<'
	@$(CC) $(CFLAGS_ALL) -MMD -MP $(LDFLAGS_ALL) $(TEST_LDFLAGS) -o $@ $< $(filter %.o,$^) \
	  $(TEST_LIBS) -lcmocka

# The core alone, so that its tests prove that it needs no Lua.
TEST_LIBS = $(BUILD)/libmoonlatch-core.a $(LIBS_CORE)

# The simulated disk.
$(BUILD)/tests/test_tx_crash $(BUILD)/tests/test_tx_errors: \
  $(patsubst %,$(BUILD)/tests/c/%.o,crash disk disk_ops)

# The whole runtime, each of its allocations going through the test.
$(BUILD)/tests/test_oom $(BUILD)/tests/test_interrupt: $(BUILD)/libmoonlatch.a
$(BUILD)/tests/test_oom $(BUILD)/tests/test_interrupt: TEST_LIBS = $(BUILD)/libmoonlatch.a $(LIBS_ALL)
$(BUILD)/tests/test_oom: TEST_LDFLAGS = $(patsubst %,-Wl$(comma)--wrap=%,malloc calloc realloc strdup \
  strndup mmap)
comma := ,

# Everything but main and the wiping free: what another program links to embed the runtime.
LIB_OBJ := $(CORE_OBJ) $(filter-out %/main.o %/wipe.o,$(HOST_OBJ)) $(BUILD)/gen/embedded.o

$(BUILD)/libmoonlatch.a: $(LIB_OBJ)
	@rm -f $@
	@ar rcs $@ $^

$(BUILD)/moonlatch: $(BUILD)/src/host/main.o $(BUILD)/src/host/wipe.o $(BUILD)/libmoonlatch.a
	@echo '  LD $@'
	@$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $^ $(LIBS_ALL)

$(BUILD)/embed: tools/embed.c $(BUILD)/flags
	@$(CC) $(CFLAGS_ALL) -MMD -MP $(LDFLAGS_ALL) -o $@ $< $(shell pkg-config --libs $(PC_LUA))

$(BUILD)/gen/embedded.c: $(BUILD)/embed $(LUA_FILES) $(BUILD)/gen/lua-files
	@mkdir -p $(@D)
	@$(BUILD)/embed $@ $(BUILD)/gen/embedded.bin $(LUA_FILES)

$(BUILD)/gen/embedded.o: $(BUILD)/gen/embedded.c
	@$(CC) $(CFLAGS_ALL) -c -o $@ $<

# Changes when a Lua file comes or goes, so that the embedded set follows.
$(BUILD)/gen/lua-files: FORCE
	@mkdir -p $(@D)
	@echo '$(LUA_FILES)' | cmp -s - $@ || echo '$(LUA_FILES)' > $@

$(BUILD)/src/lua/mod_host.o $(BUILD)/src/host/runtime.o: $(BUILD)/gen/ml_version.h

# The version stands in one generated header, which changes only when the version does.
$(BUILD)/gen/ml_version.h: FORCE
	@sh tools/version.sh $@

demo: ## install the Debian packages that are missing, build, run the main job on a sample
	@sh tools/deps.sh demo
	@$(MAKE) --no-print-directory all
	@$(PROGRAM) demo

check: ## run all tests; installs the Debian packages they need
	@sh tools/deps.sh check
	@$(MAKE) --no-print-directory check-all

check-all: $(C_TESTS) $(BUILD)/testkit $(PROGRAM)
	@PROGRAM=$(PROGRAM) TESTKIT=$(BUILD)/testkit sh tools/check.sh $(C_TESTS)

check-c: $(C_TESTS) $(PROGRAM) ## run the tests in C
	@PROGRAM=$(PROGRAM) sh tools/check-c.sh $(C_TESTS)

testkit: ## test vectors of age files: ours, or a copy of C2SP's (VECTORS=/folder)
	@sh tools/deps.sh check
	@$(MAKE) --no-print-directory $(BUILD)/testkit
	@$(BUILD)/testkit $(or $(VECTORS),tests/vectors/age/kit)

$(BUILD)/testkit: $(patsubst %,$(BUILD)/tests/c/%.o,testkit testkit_vector testkit_writers) $(BUILD)/libmoonlatch-core.a
	@echo '  LD $@'
	@$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $^ $(LIBS_CORE) -lz

interop: $(PROGRAM) ## compare with the real sops, age, ssh-to-age, ssh-keygen (SOPS=/path)
	@PROGRAM=$(PROGRAM) sh tests/interop/run.sh

bench: $(PROGRAM) $(BUILD)/bench $(BUILD)/empty ## measure against an empty program and the real sops and age (SOPS=/path, AGE=/path)
	@PROGRAM=$(PROGRAM) BENCH=$(BUILD)/bench EMPTY=$(BUILD)/empty sh tests/bench/run.sh

$(BUILD)/bench: tools/bench.c $(BUILD)/flags
	@$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $<

$(BUILD)/empty: tests/bench/empty.c $(BUILD)/flags
	@$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $<

kill: $(PROGRAM) ## kill `rotate` at each system call that changes something, and recover; full disks
	@PROGRAM=$(PROGRAM) sh tests/kill/faults.sh
	@PROGRAM=$(PROGRAM) sh tests/kill/run.sh

layers: $(BUILD)/libmoonlatch-core.a $(HOST_OBJ) ## the core links without Lua; no unlisted globals
	@CC="$(CC)" CFLAGS="$(CFLAGS_ALL) $(LDFLAGS_ALL)" LIBS="$(LIBS_CORE)" sh tools/layers.sh $(BUILD)

lint: $(BUILD)/gen/ml_version.h ## formatting, clang-tidy, cppcheck, luacheck, house rules
	@sh tools/deps.sh lint
	@CFLAGS="$(LINT_CFLAGS)" sh tools/lint.sh

format: ## clang-format on all C files
	clang-format -i $(C_FILES)

fuzz: ## run every fuzzer for FUZZ_SECONDS=20 with clang's sanitizers (FUZZ_SEED=N)
	@sh tools/deps.sh fuzz
	@$(MAKE) --no-print-directory MODE=fuzz CC=clang fuzz-all

fuzz-all: $(FUZZERS)
	@FUZZ_SECONDS=$(FUZZ_SECONDS) FUZZ_SEED=$(FUZZ_SEED) sh tools/fuzz.sh $(FUZZERS)

$(BUILD)/fuzz_%: tests/fuzz/fuzz_%.c $(BUILD)/libmoonlatch-core.a
	@echo '  CC $<'
	@$(CC) $(CFLAGS_ALL) -fsanitize=fuzzer -MMD -MP $(LDFLAGS_ALL) -o $@ $< \
	  $(BUILD)/libmoonlatch-core.a $(LIBS_CORE)

man: $(PROGRAM) ## the manual pages, into build/man
	@sh tools/deps.sh man
	@rm -rf $(BUILD)/man && mkdir -p $(BUILD)/man
	@$(PROGRAM) run tools/man.lua man $(BUILD)/man
	@for page in $(BUILD)/man/*.scd; do scdoc < $$page > $${page%.scd} || exit 1; done

install uninstall: all man ## program, library, manual, completions: below DESTDIR and PREFIX=/usr/local
	@BUILD='$(BUILD)' PREFIX='$(PREFIX)' DESTDIR='$(DESTDIR)' REQUIRES='$(PC_LUA) $(PC_CORE)' \
	  LIBS='$(LIBS_SYSTEM)' sh tools/install.sh $@

compdb: ## compile_commands.json for editors
	@sh tools/deps.sh compdb
	bear -- $(MAKE) --no-print-directory -B all $(C_TESTS)

deps: ## install the Debian packages that building and testing need, and nothing else
	@sh tools/deps.sh check

clean-root: ## prove the two set-up commands in a fresh Debian (needs root and debootstrap)
	@sh tools/clean-root.sh

-include $(CORE_OBJ:.o=.d) $(HOST_OBJ:.o=.d) $(C_TESTS:=.d) $(wildcard $(BUILD)/tests/c/*.d) $(FUZZERS:=.d)

clean: ## remove what was built
	rm -rf build

help: ## this list
	@grep -hE '^[a-z -]+:.*##' Makefile | sed 's/:.*## /\t/'

FORCE:

.DELETE_ON_ERROR:

.PHONY: all bench check check-all check-c clean clean-root compdb demo deps format fuzz fuzz-all help install interop kill \
  layers lint man testkit uninstall FORCE
