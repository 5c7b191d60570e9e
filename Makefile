# `make help` lists the targets.

BUILD      ?= build
CFLAGS     ?= -O2
PKG_CONFIG ?= pkg-config
CURL_PC    ?= libcurl
LUA        ?= lua5.4
PREFIX     ?= /usr/local
SPEC       ?= spec
LUAS       ?= lua5.4 luajit

# One build against the headers of PUC 5.1 serves lua5.1, LuaJIT and nginx. That for 5.3 is only made to be installed.
ABIS  := 5.4 5.1
PC5.4 ?= lua5.4
PC5.3 ?= lua5.3
PC5.1 ?= lua5.1

# Where bin/imr of a checkout, scripts and specs find what was built.
ifneq ($(words $(BUILD)),1)
  $(error BUILD is '$(BUILD)'; it must be one directory, without a blank in its name)
endif
export IMR_BUILD = $(if $(filter /%,$(BUILD)),$(BUILD),$(CURDIR)/$(BUILD))

HARD_CFLAGS := -Icsrc -std=c99 -fPIC -fvisibility=hidden -Wall -Wextra -Wpedantic -Werror=implicit-function-declaration \
               $(if $(WERROR),-Werror)

# The libraries: each is made of some folders of csrc, needs packages, and is linked with libraries. What opens files with
# care is in two of them. libcurl may leave a resolver thread behind, so the code under it must never be unmapped: nodelete.
# That for workbooks is made where its headers are.
LIBRARIES  := core curl os $(shell $(PKG_CONFIG) --exists xlsxwriter 2>/dev/null && echo xlsx)
core_DIRS  := base decode file json slots
core_LIBS  := -lm -pthread
curl_DIRS  := http
curl_PC    := $(CURL_PC)
curl_LIBS  := -Wl,-z,nodelete -ldl -pthread
os_DIRS    := file os
os_LIBS    := -pthread
xlsx_DIRS  := xlsx
xlsx_PC    := xlsxwriter

PARALLEL = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc 2>/dev/null || echo 2))
SUB  = +@$(MAKE) --no-print-directory $(PARALLEL)

Q := $(if $(V),,@)

.PHONY: all help deps docs test test-rocks test-timing test-loaded demo nginx-demo bench bench-details bench-rows endurance supply-endurance sync-endurance metering-endurance clean-fleet soak lint sanitize valgrind fuzz coverage install uninstall clean lua5.3 $(ABIS:%=lua%)

all: $(ABIS:%=lua%)

# $(call flags,options) sets the shell variable `flags`, or stops with a hint.
flags = flags=$$($(PKG_CONFIG) $(1)) || { echo "a package is missing: scripts/deps.sh build" >&2; exit 1; }

# $(call library,ABI,name). A directory is a prerequisite so that a file removed leaves the .so too.
define library
$(BUILD)/lua$(1)/imr/$(2).so: $(foreach d,$($(2)_DIRS),csrc/$(d) \
    $(patsubst csrc/%.c,$(BUILD)/lua$(1)/obj/%.o,$(sort $(wildcard csrc/$(d)/*.c))))
	@mkdir -p $$(@D); echo "  LD $$@"
	$(Q)$(if $($(2)_PC),$$(call flags,--libs $($(2)_PC)); )$(CC) -shared $(CFLAGS) $(LDFLAGS) -o $$@ \
	    $$(filter %.o,$$^) $(if $($(2)_PC),$$$$flags )$($(2)_LIBS)
endef

define abi
lua$(1): $(LIBRARIES:%=$(BUILD)/lua$(1)/imr/%.so)

$(BUILD)/lua$(1)/obj/%.o: csrc/%.c Makefile
	@mkdir -p $$(@D); echo "  CC $$@"
	$(Q)$$(call flags,--cflags $(PC$(1)) \
	    $$(foreach l,curl xlsx,$$(if $$(filter $$($$(l)_DIRS:%=%/%),$$*),$$($$(l)_PC)))); \
	  $(CC) $(CPPFLAGS) $(HARD_CFLAGS) $(CFLAGS) $$$$flags -MMD -MP -c $$< -o $$@
endef
$(foreach v,$(ABIS) 5.3,$(eval $(call abi,$(v)))$(foreach l,$(LIBRARIES),$(eval $(call library,$(v),$(l)))))

-include $(wildcard $(BUILD)/*/obj/*/*.d)

help:
	@echo 'make                 build for Lua 5.4 and for Lua 5.1 (also LuaJIT and nginx) in $(BUILD)/'
	@echo 'make demo            install what is missing (Debian, Ubuntu), build, run the demo'
	@echo 'make nginx-demo      the same for examples/openresty: nginx with a page, until Ctrl-C'
	@echo 'make test            the same, then all specs under: $(LUAS)'
	@echo '                     SPEC=spec/unit runs a part, LUAS=luajit one interpreter, JOBS=1 nothing side by side'
	@echo 'make test-rocks      the rock for Lua 5.1, 5.3, 5.4 and LuaJIT: made, packed, installed elsewhere, used'
	@echo 'make test-timing     the specs that look at the clock, with their exact limits: on a quiet machine'
	@echo 'make test-loaded     RUNS=10 of make test beside LOOPS=4 busy loops'
	@echo 'make lint            compiler warnings, luacheck, clang-format, cppcheck, clang-tidy'
	@echo 'make docs            the reference: doc/reference, library/, and HTML in $(BUILD)/docs/html'
	@echo 'make bench           one table: imr beside what one would use instead; ONLY="calls decode" measures a part'
	@echo 'make bench-details   each benchmark in full'
	@echo 'make bench-rows      memory of a million rows through the command line'
	@echo 'make endurance       processes and nginx workers on one account, for three minutes'
	@echo 'make supply-endurance  2,000 runs of the supply queue with faults and killed processes'
	@echo 'make metering-endurance  2,000 registers of which the truth is known, on SQLite and PostgreSQL'
	@echo 'make clean-fleet     flags of 500 meters in 90 days with which all is well'
	@echo 'make sync-endurance  500 meters, 90 days, 50 SIGKILLs, on SQLite and PostgreSQL'
	@echo 'make soak            thirty days of use on a virtual clock; HOURS=1: one real hour over HTTP'
	@echo 'make sanitize        all specs under the address and undefined behaviour sanitizers'
	@echo 'make valgrind        the unit specs under valgrind'
	@echo 'make fuzz            each fuzz target for a minute; SECONDS=1800 TARGETS=decode; 0: the corpus'
	@echo 'make coverage        which lines of csrc/ and lua/ the specs run, by file'
	@echo 'make install         PREFIX=$(PREFIX) LUA=lua5.4|lua5.3|luajit|lua5.1 DESTDIR='
	@echo 'make uninstall       the same, to remove it'
	@echo 'make clean           remove what was built'
	@echo 'V=1 shows commands. WERROR=1 stops at warnings. BUILD=dir builds elsewhere.'

deps:
	@scripts/deps.sh build run test lint

docs:
	@scripts/deps.sh build run docs
	$(SUB) lua5.4
	@scripts/docs.sh lua5.4

test:
	@scripts/deps.sh build run test
	$(SUB) all
	@scripts/test.sh '$(LUAS)' $(SPEC)

test-rocks:
	@scripts/deps.sh build run test
	@printf '%s\n' 5.1 5.3 5.4 luajit | xargs -P 2 -I{} scripts/rock.sh {}

# Elsewhere these limits have room; see spec/support/timing.lua.
test-timing:
	@scripts/deps.sh build run test
	$(SUB) all
	@IMR_TIMING=exact JOBS=1 scripts/test.sh '$(LUAS)' $$(grep -rl 'support.timing' $(SPEC) --include='*_spec.lua')

test-loaded:
	@scripts/deps.sh build run test
	$(SUB) all
	@RUNS='$(RUNS)' LOOPS='$(LOOPS)' scripts/test_loaded.sh '$(LUAS)' $(SPEC)

demo:
	@scripts/deps.sh build run
	$(SUB) lua5.4
	@scripts/run.sh lua5.4 examples/demo.lua

nginx-demo:
	@scripts/deps.sh build run nginx
	$(SUB) all
	@scripts/nginx_demo.sh lua5.4

bench:
	@scripts/deps.sh build run test bench
	$(SUB) all
	@scripts/run.sh luajit bench/table.lua $(ONLY)

# What the table sums up, in full, under both Luas.
bench-details:
	@scripts/deps.sh build run test
	$(SUB) all
	@for file in cli decode rows nginx reserve sync bill metering; do for lua in $(LUAS); do \
	  echo "== $$file, $$lua"; scripts/run.sh $$lua bench/$$file.lua || exit 1; done; done

endurance:
	@scripts/deps.sh build run test
	$(SUB) all
	@scripts/run.sh $(LUA) scripts/endurance.lua

soak:
	@scripts/deps.sh build run test
	$(SUB) all
	@scripts/run.sh $(LUA) scripts/soak.lua $(HOURS)

supply-endurance:
	@scripts/deps.sh build run test
	$(SUB) all
	@scripts/run.sh $(LUA) scripts/supply_endurance.lua

metering-endurance:
	@scripts/deps.sh build run test
	$(SUB) all
	@IMR_SEEDS=2000 scripts/test.sh '$(LUAS)' spec/workflow/metering_truth_spec.lua

clean-fleet:
	@scripts/deps.sh build run test
	$(SUB) all
	@IMR_CLEAN_FLEET=500x90 scripts/test.sh '$(LUAS)' spec/workflow/quality_clean_spec.lua

sync-endurance:
	@scripts/deps.sh build run test
	$(SUB) all
	@scripts/run.sh $(LUA) scripts/sync_endurance.lua

# A million rows through the command line: how much memory that takes.
bench-rows:
	@scripts/deps.sh build run test
	$(SUB) all
	@for lua in $(LUAS); do echo "== $$lua"; scripts/run.sh $$lua bench/cli.lua rows 1000000 || exit 1; done

lint:
	@scripts/deps.sh build run test lint
	$(SUB) BUILD='$(BUILD)/lint' WERROR=1 all
	@scripts/lint.sh

# These are long; CI runs a part of the first and the third.
sanitize:
	@scripts/deps.sh build run test
	@scripts/sanitize.sh '$(LUAS)' $(SPEC)

valgrind:
	@scripts/deps.sh build run test valgrind
	$(SUB) all
	@scripts/valgrind.sh '$(LUAS)' $(if $(filter spec,$(SPEC)),spec/unit,$(SPEC))

SECONDS ?= 60
fuzz:
	@scripts/deps.sh build run fuzz || echo 'Without these packages fuzzing is left out.'
	$(SUB) lua5.4
	@scripts/fuzz.sh $(SECONDS) $(TARGETS)

coverage:
	@scripts/deps.sh build run test
	@scripts/coverage.sh '$(LUAS)' $(SPEC)

install: $(if $(filter lua5.4 lua5.3,$(LUA)),$(LUA),lua5.1)
	@scripts/install.sh '$(BUILD)' '$(LUA)' '$(PREFIX)' '$(DESTDIR)'

uninstall:
	@scripts/install.sh '$(BUILD)' '$(LUA)' '$(PREFIX)' '$(DESTDIR)' remove

# The last two are what `luarocks make` leaves in the source tree.
clean:
	rm -rf '$(BUILD)' csrc/*/*.o imr
