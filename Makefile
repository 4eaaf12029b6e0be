# moonlatch: `make help` lists the words. MODE=asan builds with the sanitizers into build/asan.

MODE ?= release
BUILD := $(if $(filter release,$(MODE)),build,build/$(MODE))
CC ?= cc
PC_CORE := libsodium yaml-0.1 libcjson nettle libpcre2-8
PC_LUA := lua5.4

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
else
MODE_CFLAGS := -O2 -g -D_FORTIFY_SOURCE=3
endif
CFLAGS_ALL = -std=c11 -D_GNU_SOURCE -Isrc -Iinclude -I$(BUILD)/gen -I. $(WARN) \
  $(shell cat $(BUILD)/flags 2>/dev/null) $(HARD_CFLAGS) $(MODE_CFLAGS) $(if $(CI),-Werror) \
  $(shell pkg-config --cflags $(PC_CORE) $(PC_LUA)) $(CFLAGS)
LDFLAGS_ALL = $(HARD_LDFLAGS) $(MODE_LDFLAGS) $(LDFLAGS)
LIBS_CORE = $(shell pkg-config --libs $(PC_CORE)) -ldl -lcrypt -pthread
LIBS_ALL = $(shell pkg-config --libs $(PC_LUA)) $(LIBS_CORE)

CORE_DIRS := base crypto format doc sops match sys
CORE_SRC := $(foreach d,$(CORE_DIRS),$(wildcard src/$d/*.c))
HOST_SRC := $(wildcard src/lua/*.c src/host/*.c)
CORE_OBJ := $(CORE_SRC:%.c=$(BUILD)/%.o)
HOST_OBJ := $(HOST_SRC:%.c=$(BUILD)/%.o)
C_TESTS := $(patsubst tests/c/%.c,$(BUILD)/tests/%,$(wildcard tests/c/test_*.c))

all: $(BUILD)/libmoonlatch-core.a ## build the program at build/moonlatch

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
	@$(CC) $(CFLAGS_ALL) -MMD -MP $(LDFLAGS_ALL) -o $@ $< $(BUILD)/libmoonlatch-core.a $(LIBS_CORE) -lcmocka

check-c: $(C_TESTS) ## run the tests of the C core
	@for t in $(C_TESTS); do ASAN_OPTIONS=handle_segv=2:allow_user_segv_handler=0 $$t || exit 1; done

-include $(CORE_OBJ:.o=.d) $(HOST_OBJ:.o=.d) $(C_TESTS:=.d)

clean: ## remove what was built
	rm -rf build

help: ## this list
	@grep -hE '^[a-z-]+:.*##' Makefile | sed 's/:.*## /\t/'

.PHONY: all check-c clean help
