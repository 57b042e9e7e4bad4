# make            the module build/lib/teasel/core.so and the launcher build/teasel
# make repl       lines that are typed   make notebook  the notebooks, in Jupyter
# make report     the notebooks as one page and one PDF, build/report/
# make test       the specs               make demo     a first run, with what to try next
# make check      sanitizers, planted faults, collection at every allocation
# make bench      training steps beside PyTorch's and the machine's peak (BENCH='--models fc,conv')
# make card       what a GPU has to show: ops, gradients, a training, steps beside PyTorch's
# make doc        the reference as a page, build/doc/index.html
# make install    PREFIX= DESTDIR=        make uninstall, with the same           make clean
# test, check, demo, notebook and report first install what is missing (Debian and systems made from it).
# make peers      what some specs compare with or drive, 400 MB: without it they are pending

VERSION = 0.2.0

LUA = /usr/bin/lua5.4
CFLAGS ?= -O3
LIBFLAG ?= -shared
PREFIX ?= /usr/local
INST_LUADIR ?= $(PREFIX)/share/lua/5.4
INST_LIBDIR ?= $(PREFIX)/lib/lua/5.4
INST_BINDIR ?= $(PREFIX)/bin

PACKAGES = gcc make pkg-config lua5.4 liblua5.4-dev libreadline-dev libopenblas-dev libpng-dev \
  libhdf5-dev zlib1g-dev libjpeg62-turbo-dev gnuplot-nox lua-dkjson lua-socket lua-busted \
  python3-h5py python3-onnx

# what notebooks need besides
JUPYTER = libzmq3-dev jupyter-notebook jupyter-nbconvert jupyter-client python3-ipykernel \
  python3-jupyter-kernel-test jupyter-nbextension-jupyter-js-widgets

# and what the report of them needs
REPORT = jupyter-nbconvert libjs-katex chromium fonts-dejavu-core

# and what only specs need, to compare with and to drive the pages
PEERS = python3-numpy python3-torch python3-scipy protobuf-compiler chromium chromium-driver \
  python3-selenium

# The commands are shown with V=1.
Q = $(if $(V),,@)

# B is the directory of a build, DEFS what makes it special:
#   make lib B=build/double DEFS=-DTS_DOUBLE
B ?= build
DEFS ?=

WARNINGS = -Wall -Wextra -pedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes
# No contraction but in products: the same bits on every processor. No errno and no traps, so that loops with
# sqrt and comparisons can be vectorised. The order of additions is never touched.
STRICT = -Icsrc -std=gnu11 -fPIC -pthread -ffp-contract=off -fno-math-errno -fno-trapping-math

# asked for when a recipe runs: before `make deps` the packages may be missing
LUA_FLAGS = $(if $(LUA_INCDIR),-I$(LUA_INCDIR),$$(pkg-config --cflags lua5.4))
LIB_FLAGS = $$(pkg-config --cflags openblas hdf5-serial zlib)
LIBS = $$(pkg-config --libs openblas hdf5-serial libpng zlib libjpeg) -lm -ldl

LEVELS = $(if $(filter x86_64,$(shell uname -m)),1 3 4,1)
MARCH_1 =
MARCH_3 = -march=x86-64-v3
MARCH_4 = -march=x86-64-v4
# of csrc/kernel/kern_half.c alone
HALVES = $(if $(filter x86_64,$(shell uname -m)),1 5 6,1)
MARCH_5 = $(MARCH_4) -mavx512bf16
MARCH_6 = $(MARCH_5) -mamx-tile -mamx-bf16

KERNELS = $(filter-out csrc/kernel/kern_half.c,$(wildcard csrc/kernel/kern_*.c))
SOURCES = $(filter-out csrc/bind/launcher.c csrc/bind/readline.c csrc/bind/zmq.c csrc/bind/mpi.c csrc/kernel/kern_%.c,$(wildcard csrc/*/*.c))
HEADERS = $(wildcard csrc/*/*.h)
# what a GPU's compiler reads while the program runs: far.cu, the last, and all that it includes
TEXTS = $(wildcard csrc/device/far*.h) csrc/base/real.h csrc/base/rand_item.h csrc/kernel/kern_list.h \
  csrc/kernel/kern_math.h csrc/kernel/kern_optim.h csrc/device/far.cu
OBJECTS = $(SOURCES:csrc/%.c=$(B)/obj/%.o) $(B)/obj/device/cuda_text.o $(HALVES:%=$(B)/obj/kernel/kern_half_v%.o) \
  $(foreach l,$(LEVELS),$(KERNELS:csrc/%.c=$(B)/obj/%_v$(l).o))

# editing of lines: a module of its own, where GNU readline is
READLINE := $(if $(shell pkg-config --exists readline 2> /dev/null && echo yes),build/lib/teasel/readline.so)

# notebooks: likewise, where libzmq is
ZMQ := $(if $(shell pkg-config --exists libzmq 2> /dev/null && echo yes),build/lib/teasel/zmq.so)

# trainings that several processes share: likewise, where MPI's compiler is (MPICC=mpicc.mpich: another)
MPICC ?= mpicc
MPI := $(if $(shell command -v $(MPICC) 2> /dev/null),build/lib/teasel/mpi.so)

built: all
	@echo 'build/teasel is there. make demo: a first run; make repl: lines that are typed;'
	@echo 'build/teasel help: the reference; README.md: the rest.'

all: lib build/teasel $(READLINE) $(ZMQ) $(MPI)

lib: $(B)/lib/teasel/core.so $(B)/lib/teasel/core.txt

# what stands above the functions of the binding, for the reference
$(B)/lib/teasel/core.txt: $(wildcard csrc/bind/lua_*.c)
	@mkdir -p $(@D)
	@sed -n '/^\/\*/,/\*\//p' $^ > $@

$(B)/lib/teasel/core.so: $(OBJECTS)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LIBFLAG) $(CFLAGS) $(DEFS) -pthread $^ $(LIBS) -o $@

# what only some files are told
TELL_bind/lua_core = -DTEASEL_VERSION='"$(VERSION)"'

$(B)/obj/%.o: csrc/%.c $(HEADERS) Makefile
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(DEFS) $(TELL_$*) $(STRICT) $(WARNINGS) $(LUA_FLAGS) $(LIB_FLAGS) -c $< -o $@

$(B)/gen/cuda_text.c: $(TEXTS) Makefile
	@mkdir -p $(@D)
	@{ printf '#include "device/cuda.h"\nconst CudaText cuda_text[] = {\n'; \
	for f in $(TEXTS); do \
	  printf '{"%s",\n' "$${f#csrc/}"; sed 's/["\\]/\\&/g; s/^/"/; s/$$/\\n"/' $$f; echo '},'; \
	done; \
	printf '};\nconst int cuda_texts = sizeof cuda_text / sizeof cuda_text[0];\n'; } > $@

$(B)/obj/device/cuda_text.o: $(B)/gen/cuda_text.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(DEFS) $(STRICT) $(WARNINGS) -Wno-overlength-strings -c $< -o $@

# The inner loops, once for every instruction set. In products, and only there, a * b + c may be
# one instruction: it doubles their speed.
CONTRACT_kernel/kern_prod = -ffp-contract=fast

define LEVEL
$(B)/obj/%_v$(1).o: csrc/%.c $(HEADERS) Makefile
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(CFLAGS) $$(DEFS) $$(STRICT) $$(WARNINGS) $$(MARCH_$(1)) $$(CONTRACT_$$*) \
	  -DKERN_LEVEL=$(1) -c $$< -o $$@

endef
$(foreach l,$(sort $(LEVELS) $(HALVES)),$(eval $(call LEVEL,$(l))))

build/teasel: csrc/bind/launcher.c Makefile
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(STRICT) $(WARNINGS) -DTEASEL_VERSION='"$(VERSION)"' $(LUA_FLAGS) $< -Wl,-E \
	  $$(pkg-config --libs lua5.4) -lm -ldl -o $@

build/lib/teasel/readline.so: csrc/bind/readline.c Makefile
	@mkdir -p $(@D)
	$(Q)$(CC) $(LIBFLAG) $(CFLAGS) $(STRICT) $(WARNINGS) $(LUA_FLAGS) $< $$(pkg-config --libs readline) -o $@

build/lib/teasel/zmq.so: csrc/bind/zmq.c build/obj/file/sha256.o Makefile
	@mkdir -p $(@D)
	$(Q)$(CC) $(LIBFLAG) $(CFLAGS) $(STRICT) $(WARNINGS) $(LUA_FLAGS) $< build/obj/file/sha256.o \
	  $$(pkg-config --libs libzmq) -o $@

# The compiler is told to MPI's (OMPI_CC, MPICH_CC), which adds what it needs.
$(B)/lib/teasel/mpi.so: csrc/bind/mpi.c csrc/base/shard.h Makefile
	@mkdir -p $(@D)
	$(Q)OMPI_CC='$(CC)' MPICH_CC='$(CC)' $(MPICC) $(LIBFLAG) $(CFLAGS) $(STRICT) $(WARNINGS) $(LUA_FLAGS) $< -o $@

BUILD = $(MAKE) --no-print-directory -j$$(nproc)

# -- to run ------------------------------------------------------------------------------------

demo: deps
	@$(BUILD) all
	$(Q)rm -rf runs/demo
	build/teasel experiments/beta_vae_dsprites.lua --network small --start 160 --beta 8 \
	  --anneal 20000 --batch 16 --steps 23000 --score part --run runs/demo
	@echo
	@echo 'Look at runs/demo/figures/traversal.png: of the first three rows one moves the shape along x,'
	@echo 'one along y, and one makes it larger; these are the units named above beside posX, posY and'
	@echo 'scale. The other units code nothing (traversal_moving.png moves, in a browser).'
	@echo 'Then try'
	@echo '  build/teasel explore runs/demo     # its units by hand, in the browser'
	@echo '  build/teasel repl runs/demo        # by typing: r:traverse(3), r:score "mig"'
	@echo '  build/teasel pretrained            # runs that are there already, to be explored by name'
	@echo '  make notebook                      # a tour, derivations, metrics, your own data'
	@echo '  build/teasel experiments/beta_vae_dsprites.lua --help'
	@echo '  build/teasel experiments/beta_vae_dsprites.lua --network small --beta 4 --batch 16 --steps 9000'
	@echo '  build/teasel experiments/capacity_vae_dsprites.lua'

repl: deps
	@$(BUILD) all
	$(Q)build/teasel repl

# a kernel is what Jupyter starts for a notebook
KERNEL = {"argv": ["$(1)", "kernel", "{connection_file}"], "display_name": "Lua (teasel)", "language": "lua"}
KERNELS = share/jupyter/kernels/teasel
INST_KERNEL = $(DESTDIR)$(patsubst %/bin,%,$(INST_BINDIR))/$(KERNELS)

jupyter:
	@$(MAKE) --no-print-directory deps PACKAGES='$(PACKAGES) $(JUPYTER)'
	@$(BUILD) all
	$(Q)install -d build/$(KERNELS)
	$(Q)printf '%s\n' '$(call KERNEL,$(CURDIR)/build/teasel)' > build/$(KERNELS)/kernel.json

notebook: jupyter
	$(Q)JUPYTER_PATH=$(CURDIR)/build/share/jupyter jupyter notebook \
	  $(if $(filter 0,$(shell id -u)),--allow-root) notebooks

report:
	@$(MAKE) --no-print-directory deps PACKAGES='$(PACKAGES) $(REPORT)'
	@$(BUILD) all
	$(Q)build/teasel notebooks/report.lua build/report

peers:
	@$(MAKE) --no-print-directory deps PACKAGES='$(PACKAGES) $(JUPYTER) $(PEERS)'

test: deps
	@$(BUILD) all
	@$(BUILD) lib B=build/double DEFS=-DTS_DOUBLE
	$(Q)$(LUA) spec/run.lua float double

check: deps
	@$(BUILD) all
	@$(BUILD) lib B=build/double DEFS=-DTS_DOUBLE
	@$(BUILD) lib B=build/sanitize CFLAGS='-O1 -g' \
	  DEFS='-DTS_SANITIZE -fsanitize=address,undefined -fno-sanitize-recover=undefined'
	$(Q)TEASEL_BUILD=build/double LUA_PATH_5_4='lua/?.lua;./?.lua;;' \
	  LUA_CPATH_5_4='build/double/lib/?.so;;' $(LUA) spec/faults.lua
	$(Q)$(LUA) spec/run.lua sanitize stress
	@$(BUILD) --output-sync fuzz typed mutants frames

# many wrong calls, lines, files and messages, side by side
fuzz:
	$(Q)LUA_PATH_5_4='./?.lua;;' $(LUA) spec/fuzz.lua 100000

typed:
	$(Q)TYPED=10000 LUA_PATH_5_4='./?.lua;;' busted spec/tool/repl/typed_spec.lua

mutants:
	$(Q)TEASEL_MUTANTS=$(or $(MUTANTS),1000) LUA_PATH_5_4='lua/?.lua;lua/?/init.lua;./?.lua;;' \
	  LUA_CPATH_5_4='build/lib/?.so;;' busted --filter-out=kill spec/data/mutant_spec.lua spec/data/matlab_spec.lua \
	  spec/data/mnist_spec.lua spec/data/norb_spec.lua spec/data/file_spec.lua \
	  spec/format/npz_spec.lua spec/format/npy_spec.lua spec/format/mutant_spec.lua \
	  spec/file/store_spec.lua spec/run/packed_spec.lua

frames:
	$(Q)TEASEL_FRAMES=$(or $(FRAMES),20000) LUA_PATH_5_4='lua/?.lua;lua/?/init.lua;./?.lua;;' \
	  LUA_CPATH_5_4='build/lib/?.so;;' busted spec/tool/kernel_spec.lua

# of training, once, before the steps from a trained state
STEPS ?= 3000
# some of the models, or a device: nothing else is measured then
PART = $(findstring --models,$(BENCH))$(findstring --device,$(BENCH))

bench: deps
	@$(BUILD) all
	@mkdir -p build/bench
	$(Q)$(CC) -O3 -march=native -pthread spec/bench/peak.c -o build/bench/peak
	$(Q)LUA_PATH_5_4='./?.lua;;' build/teasel spec/bench/main.lua $(BENCH)
	$(Q)$(if $(PART),,LUA_PATH_5_4='./?.lua;;' build/teasel \
	  spec/bench/trained.lua --steps $(STEPS))
	$(Q)$(if $(PART),,LUA_PATH_5_4='./?.lua;;' build/teasel \
	  spec/bench/metric.lua --json build/bench/metric.json)
	$(Q)$(if $(PART),,build/teasel spec/bench/data.lua \
	  --json build/bench/data.json)
	$(Q)$(if $(PART),,LUA_PATH_5_4='./?.lua;;' build/teasel \
	  spec/bench/reader.lua --json build/bench/reader.json)
	$(Q)$(if $(PART),,LUA_PATH_5_4='./?.lua;;' build/teasel \
	  spec/bench/format.lua --json build/bench/format.json)

# on a machine with a GPU: all that it has to show, in nine minutes; kit: build/kit.tar.xz, for one
# where nothing can be installed (see spec/device/card.sh)
card: deps
	@$(BUILD) all
	@$(BUILD) lib B=build/double DEFS=-DTS_DOUBLE
	$(Q)sh spec/device/card.sh

kit: deps
	@$(BUILD) all
	@$(BUILD) lib B=build/double DEFS=-DTS_DOUBLE
	$(Q)sh spec/device/kit.sh

doc: all
	$(Q)build/teasel doc build/doc

# readable for everybody, whatever the umask; what an older version left there goes
install: all uninstall
	$(Q)install -d $(DESTDIR)$(INST_LIBDIR)/teasel $(DESTDIR)$(INST_LUADIR) $(DESTDIR)$(INST_BINDIR)
	$(Q)install -m 755 build/lib/teasel/*.so $(DESTDIR)$(INST_LIBDIR)/teasel/
	$(Q)install -m 644 build/lib/teasel/core.txt $(DESTDIR)$(INST_LIBDIR)/teasel/
	$(Q)cd lua && for f in $$(find teasel -name '*.lua' -o -path '*/explorer/page*' -o -name '*.js'); do \
	  install -D -m 644 $$f $(DESTDIR)$(INST_LUADIR)/$$f || exit 1; done
	$(Q)install -d $(DESTDIR)$(INST_LUADIR)/teasel/pretrained
	$(Q)install -m 644 experiments/pretrained/*.zip $(DESTDIR)$(INST_LUADIR)/teasel/pretrained/
	$(Q)install -m 755 build/teasel $(DESTDIR)$(INST_BINDIR)/
	$(Q)if [ -e build/lib/teasel/zmq.so ]; then install -d $(INST_KERNEL); \
	  printf '%s\n' '$(call KERNEL,$(INST_BINDIR)/teasel)' > $(INST_KERNEL)/kernel.json; fi

uninstall:
	$(Q)rm -rf $(DESTDIR)$(INST_LIBDIR)/teasel $(DESTDIR)$(INST_LUADIR)/teasel
	$(Q)rm -f $(DESTDIR)$(INST_BINDIR)/teasel
	$(Q)rm -rf $(INST_KERNEL)

# -- what is missing ---------------------------------------------------------------------------

deps:
	@missing=; \
	for p in $(PACKAGES); do \
	  dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || \
	    missing="$$missing $$p"; \
	done; \
	[ -z "$$missing" ] && exit 0; \
	run="apt-get install -y --no-install-recommends$$missing"; \
	if ! command -v apt-get > /dev/null; then \
	  echo "teasel needs:$$missing (names of Debian packages)"; exit 1; \
	elif [ "$$(id -u)" = 0 ]; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$run; \
	elif sudo -n true 2>/dev/null; then \
	  sudo apt-get update -qq && sudo DEBIAN_FRONTEND=noninteractive $$run; \
	else echo "teasel needs packages. Please run, as root:  apt-get update && $$run"; exit 1; fi

.PHONY: built all lib demo repl jupyter notebook report peers test check fuzz typed mutants frames bench card kit deps doc install uninstall clean
clean:
	$(Q)rm -rf build
