# The front door. `make` alone lists what there is; GNU make 3.81 (macOS) is enough.
.DEFAULT_GOAL := help
.PHONY: help bundle lab lab-image vm-image test vm-test fuzz repro bench golden kubernetes-test fmt check clean tools release applier \
  install uninstall formula static deb package-test

TOPOLOGY ?= ha
SECRETS ?= topologies/$(TOPOLOGY).secret
SOURCES := Package.swift Plugins Sources Tests
SPEC = topologies/$(TOPOLOGY).yaml
SLIPWAY = .build/release/slipway
# Where make install puts the program: below PREFIX, or for a package below DESTDIR and then PREFIX.
PREFIX ?= /usr/local
DESTDIR ?=
FORMULA ?= out/slipway.rb
# The guest's program is built apart: its flags would rebuild everything else.
GUEST = .build/guest

ifeq ($(shell uname -s),Darwin)
# Homebrew's libarchive is keg-only: pkg-config does not find it unasked.
export PKG_CONFIG_PATH := $(shell brew --prefix libarchive 2>/dev/null)/lib/pkgconfig:$(PKG_CONFIG_PATH)
endif

help: ## what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-15s %s\n", $$1, $$2}' Makefile
	@echo "TOPOLOGY=simple takes topologies/simple.yaml instead of ha.yaml; SECRETS=FILE another secrets file."
	@echo "PAYLOADS=DIR gives lab, kubernetes-test and bench what Debian lacks: Kubernetes' binaries and image archives, named like payloads."

bundle: release $(SECRETS) ## topologies/ha.yaml -> out/ha.tar (installs or names what is missing)
	@$(SLIPWAY) check $(SPEC)
# The guest's program is made and pinned where it can be built, unless the lock file has one from elsewhere.
	@arch=$$($(SLIPWAY) plan $(SPEC) --format json 2>/dev/null | sed -n 's/.*"architecture":"\([a-z0-9]*\)".*/\1/p'); \
	case "$$(sed -n '/^  slipway-apply:/{n;p;}' topologies/$(TOPOLOGY).lock 2>/dev/null)" in ''|*file:../.build/guest*) \
	  if scripts/applier --can "$$arch" 2>/dev/null; then \
	    program=$$(scripts/applier "$$arch") && \
	    said=$$($(SLIPWAY) lock $(SPEC) slipway-apply --set "slipway-apply=$$program" 2>&1) || { echo "$$said" >&2; exit 1; }; \
	  fi;; esac
	@$(SLIPWAY) bundle $(SPEC) --secrets $(SECRETS) --out out

# Made once and never again: a file that is there is never touched, whatever its age.
$(SECRETS): | release
	@$(SLIPWAY) secrets new $@ >/dev/null
	@echo "Made $@: every key of the cluster derives from it. Keep a copy, and never commit it (git ignores it)." >&2
	@echo "Without it the next bundle has new keys: no machine that runs today would trust it." >&2

release: tools
	@swift build -c release --product slipway

# Only what somebody has published can be installed by its address: nothing is made up.
formula: ## Homebrew's formula of a release, out/slipway.rb: URL=https://… of its source, ARCHIVE=FILE the same archive here
	@[ -n '$(URL)' ] && [ -f '$(ARCHIVE)' ] && [ -n '$(VERSION)' ] || \
	  { echo "make: which release? make formula VERSION=1.0.0 URL=https://… ARCHIVE=FILE" >&2; exit 2; }
	@mkdir -p $(dir $(FORMULA))
	@sum=$$( (sha256sum '$(ARCHIVE)' 2>/dev/null || shasum -a 256 '$(ARCHIVE)') | cut -d ' ' -f 1) && \
	  sed -e 's|@URL@|$(URL)|' -e 's|@VERSION@|$(VERSION)|' -e "s|@SHA256@|$$sum|" packaging/homebrew/slipway.rb >$(FORMULA)
	@echo $(FORMULA)

# The guest's program goes along where it can be built: a topology's lock file pins it.
# With Swift's libraries inside, so that the program runs where there is no Swift; macOS has them itself.
static: tools
	@swift build -c release $(if $(filter Linux,$(shell uname -s)),--static-swift-stdlib) --product slipway

install: static ## the program, its manual pages and completions for bash, zsh and fish, below PREFIX=/usr/local (DESTDIR=…)
	@applier=; ! scripts/applier --can 2>/dev/null || applier=$$(scripts/applier); \
	  APPLIER="$$applier" scripts/install $(SLIPWAY) '$(PREFIX)' '$(DESTDIR)'

deb: static applier ## the Debian package, in out
	@scripts/deb $(SLIPWAY) $(GUEST)/slipway-apply

uninstall: ## take away what make install put there
	@scripts/install --uninstall '$(PREFIX)' '$(DESTDIR)'

lab: release lab-image ## the cluster as eleven containers on this Linux machine (root): etcd, load balancer, SSH through jump
	@[ -f out/lab/lab.secret ] || $(SLIPWAY) secrets new out/lab/lab.secret >/dev/null
	@Tests/lab-packages $(SLIPWAY)
	@$(SLIPWAY) fetch out/lab/lab.yaml && rm -rf out/lab/bundle
	@$(SLIPWAY) bundle out/lab/lab.yaml --secrets out/lab/lab.secret --out out/lab/bundle
	@$(SLIPWAY) up out/lab/bundle/lab-*.tar --base out/lab/base --wait && $(SLIPWAY) status lab
	@echo "Next: $(SLIPWAY) ssh lab, $(SLIPWAY) exec lab etcd-1 -- journalctl -u etcd, $(SLIPWAY) destroy lab" >&2

lab-image: applier $(if $(PAYLOADS),release) ## the Debian tree that the lab's machines share, and their payloads, below out/lab
	@Tests/lab-image $(GUEST)/slipway-apply
	@Tests/lab-payloads $(if $(PAYLOADS),'$(PAYLOADS)' $(SLIPWAY))

vm-image: lab-image ## the same tree as a virtual machine's disk, kernel and initrd, below out/lab/vm
	@Tests/vm-image

# Static, so that it runs on any Linux machine of that architecture.
applier: tools ## the guest's program for ARCH=arm64 or amd64 (this machine's when not said), static
	@scripts/applier $(ARCH)

# The lab's tests mostly wait for machines: beside the others, in a process of their own, they take hardly any time.
test: tools ## set up the tools, then every test but the virtual machines': unit, plan, golden, interop, lab
	@Tests/provision
	@if [ "$$(id -u)" -eq 0 ] && [ -f /etc/debian_version ]; then $(MAKE) --no-print-directory lab-image; fi
	@swift build --build-tests
	@if [ -f out/tools/env ]; then . out/tools/env; fi; lab=; \
	  if [ "$$(id -u)" -eq 0 ] && [ -f /etc/debian_version ]; then \
	    .build/debug/slipwayPackageTests.xctest --testing-library swift-testing --filter LabTests --xunit-output out/tests-lab.xml \
	      >out/tests-lab.log 2>&1 & lab=$$!; trap 'kill $$lab' INT TERM; fi; \
	  swift test --skip-build --disable-xctest --skip 'VMTests|PackageTests' $${lab:+--skip LabTests} --xunit-output out/tests.xml; outcome=$$?; \
	  [ -z "$$lab" ] || { wait $$lab || outcome=$$?; grep -v '^◇' out/tests-lab.log; }; exit $$outcome

vm-test: tools ## five virtual machines under QEMU: boot, kill, update, snapshot; some minutes where nothing accelerates them
	@Tests/provision
	@if [ "$$(id -u)" -eq 0 ] && [ -f /etc/debian_version ]; then $(MAKE) --no-print-directory vm-image; fi
	@swift test --disable-xctest --filter VMTests --xunit-output out/tests-vm.xml

kubernetes-test: tools ## Kubernetes' own servers in the lab: PAYLOADS=DIR has them, named like the lab's payloads (root)
	@[ -n '$(PAYLOADS)' ] || { echo "make: which servers? make kubernetes-test PAYLOADS=DIR" >&2; exit 2; }
	@$(MAKE) --no-print-directory lab-image
	@PAYLOADS='$(PAYLOADS)' swift test --disable-xctest --filter KubernetesTests --xunit-output out/tests-kubernetes.xml

package-test: deb ## install the Debian package in a clean Debian tree without Swift and without a network (root)
	@Tests/clean-tree "$$(ls -t out/slipway_*.deb | head -n 1)"
	@swift test --disable-xctest --filter PackageTests --xunit-output out/tests-package.xml

# How many inputs each subject gets, and which.
N ?= 1000000
ONLY ?= yaml lock packages tar iso json archive bundle part age every-byte

fuzz: tools ## give everything that reads foreign bytes N=1000000 inputs made at random; ONLY=yaml for one kind
	@swift build -c release --product slipway-fuzz
	@for subject in $(ONLY); do \
	  .build/release/slipway-fuzz $$subject --count $(N) $(if $(SEED),--seed $(SEED)) || exit 1; done

repro: release ## build ha.yaml in every way that must not matter, and compare the bytes
	@Tests/provision
	@swift build --product slipway
	@Tests/reproduce

bench: release applier ## medians: ha.yaml, 10,000 workers, payloads verified, copied and placed, beside openssl, cp and genisoimage
	@python3 Tests/benchmark
ifneq ($(PAYLOADS),)
	@$(MAKE) --no-print-directory lab-image
	@XDG_CACHE_HOME='$(CURDIR)/out/lab/cache' Tests/lab-packages $(SLIPWAY)
	@python3 Tests/benchmark-lab
endif

golden: tools ## record the golden files anew (the run fails by design), and show what changed
	@SLIPWAY_RECORD=1 swift test --disable-xctest --filter 'Golden|LaunchPlan|UTMConfiguration' || true
	@git diff --stat -- Tests; git status --short -- Tests

fmt: tools ## format every Swift file
	@swift format format --in-place --recursive --parallel $(SOURCES)

check: tools ## lint the format and build everything; a warning is an error
	@swift format lint --strict --recursive --parallel $(SOURCES)
	@swift build --build-tests

clean: ## remove .build and what is in out (never a secrets file beside a topology)
	@rm -rf .build out/*

# What a build needs: Swift 6.2, libarchive's headers and pkg-config.
tools:
	@command -v swift >/dev/null 2>&1 || { echo "make: no swift here; install Swift 6.2 or later: https://www.swift.org/install" >&2; exit 3; }
	@swift --version 2>/dev/null | sed -nE 's/.*Swift version ([0-9]+)\.([0-9]+).*/\1 \2/p' | { read -r major minor; \
	  [ "$$major" -gt 6 ] || { [ "$$major" -eq 6 ] && [ "$$minor" -ge 2 ]; } || \
	  { echo "make: Swift $$major.$$minor is too old; install Swift 6.2 or later: https://www.swift.org/install" >&2; exit 3; }; }
	@pkg-config --exists libarchive 2>/dev/null && exit 0; \
	if [ "$$(uname -s)" = Darwin ]; then \
	  echo "make: libarchive or pkg-config is missing; run: brew install libarchive pkg-config" >&2; exit 3; \
	elif ! command -v apt-get >/dev/null 2>&1; then \
	  echo "make: libarchive's headers or pkg-config are missing; install them with this system's package manager" >&2; exit 3; \
	elif [ "$$(id -u)" -ne 0 ]; then \
	  echo "make: libarchive's headers or pkg-config are missing; run: sudo apt-get install libarchive-dev pkg-config" >&2; exit 3; \
	else \
	  echo "Installing libarchive-dev and pkg-config" >&2; \
	  apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qqy --no-install-recommends install libarchive-dev pkg-config >&2; \
	fi
