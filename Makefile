# What a person types. Everything else is Go: `go run ./airgap` brings an engine
# up, `go run ./demo` delivers the example, tests/ proves it.

SHELL := /bin/bash -o pipefail

# An engine for the recipe's own commands: the environment's, a container
# runtime's, or the kit's. See `go run ./airgap up --help`.
ENGINE := env="$$(go run ./airgap up)" && eval "$$env"

APT := apt-get -qq --yes -o DPkg::Lock::Timeout=300

LINT := $(CURDIR)/.cache/golangci-lint
# Go's race detector takes a C compiler, which not every machine has.
RACE := $(if $(shell command -v gcc),-race)
# Where the module's unit tests put their files: in memory, where that is large and runs
# programs. They make thousands, and a disk takes twice as long.
MEMORY := $(shell d=$$(mktemp -d -p /dev/shm 2>/dev/null) && cp /bin/true $$d/true && $$d/true 2>/dev/null && \
  [ $$(df -k --output=avail $$d | tail -1) -gt 2000000 ] && echo TMPDIR=/dev/shm; rm -rf "$$d")
# Stand-ins have no go.sum: they are seen as the engine's build sees them.
STANDINS := $(CURDIR)/.cache/standins.work
LINTED := . ci tools/schemas tools/sigstore airgap/tools/engine $(dir $(wildcard airgap/standins/*/go.mod airgap/standins/*/*/go.mod))

.PHONY: demo test whole unit squashfs-tools kit images trivy e2e state kills agreement commands versions scans emulation peers engines races fuzz lint bench generate down

## demo: deliver the example monorepo to a registry and a GitOps repository on loopback
demo:
	@$(ENGINE) && go run ./demo

## test: what proves the project, once the kit is built and Go has compiled, in about 13 minutes of two cores.
# Of what takes long it has a sample. One waits where another works, so all go on at once.
test:
	@$(MAKE) --jobs=3 --output-sync=line unit kit e2e SHORT=-short

## whole: the same, with nothing left out
whole:
	@$(MAKE) --jobs=3 --output-sync=line unit kit e2e

# What a target runs by itself is whole: SHORT=-short makes it a sample.
SHORT :=

## unit: what needs no engine
# What vet has looked at whole, go test does not look at again. The engine's packages are
# those that the kit compiles.
unit: squashfs-tools
	go vet ./... && go test -vet=off ./airgap/... ./enginestate/... ./internal/... ./demo/... ./tests/internal/...
	cd ci && go vet $(RACE) ./... && $(MEMORY) go test -vet=off $(RACE) $(SHORT) ./...
	cd airgap/tools/engine && CGO_ENABLED=0 go test -trimpath ./...

# What a state is kept by. Root alone keeps one.
squashfs-tools:
	@[ "$$(id -u)" != 0 ] || command -v mksquashfs > /dev/null || $(APT) install $@ > /dev/null || { $(APT) update && $(APT) install $@ > /dev/null; } || :

## kit: that the kit's engine starts, survives being killed, and leaves nothing
# behind, and that its images have the places of the public ones. It mounts and makes networks, in a network namespace of its own.
kit:
	@if [ "$$(id -u)" = 0 ]; then \
	  go run ./airgap build && PINGVAS_AIRGAP_E2E=1 go test -count=1 -timeout 20m $(SHORT) ./airgap/internal/engine ./airgap/internal/mirror; \
	else echo "kit: skipped, it needs root"; fi

## images: the kit's images of all versions of Python and Node.js; the others have
# those that most repositories and the tests take
images:
	@go run ./airgap mirror --every-image

## trivy: the scanner in the version of the module's table, built from its modules:
# twenty minutes of a processor, once. The others have an older one of a package index
trivy:
	@go run ./airgap mirror --built-trivy

## e2e: whole deliveries, by a real engine. A call of it waits as much as it works.
E2E := go test -vet=off -count=1 -timeout 60m -parallel $(shell echo $$((3 * $$(nproc))))
e2e:
	@$(ENGINE) && $(E2E) $(SHORT) ./tests

## state: that what one engine did is there for the next, by what was kept of its
# state; of that unit has a sample, without an engine
state: squashfs-tools
	@if [ "$$(id -u)" = 0 ]; then \
	  go run ./airgap build && PINGVAS_STATE_E2E=1 go test -count=1 -timeout 20m -v -run '^TestKeptState$$' ./airgap/internal/engine; \
	else echo "state: skipped, it needs root"; fi

## kills: publishes that are killed, of which test has one
kills:
	@$(ENGINE) && PINGVAS_KILLS=20 $(E2E) -run TestPublishKilled ./tests

## agreement: gates beside the developer's own commands, of which test has a sample
agreement:
	@$(ENGINE) && $(E2E) -run TestAgreement ./tests

## commands: every command that a document prints, of which test has a sample
commands:
	@$(ENGINE) && $(E2E) -v -run '^Test(Commands|FirstSteps)$$' ./tests

## versions: a service for each Python and a frontend for each Node.js of make images,
# by the scanner of make trivy: the older one takes what pip bundles for installed
versions:
	@go run ./airgap mirror --every-image --built-trivy
	@$(ENGINE) && $(E2E) -run TestVersions ./tests

## scans: what is said of scans, by the scanner of make trivy
scans: trivy
	@$(ENGINE) && $(E2E) -run '$(SCANS)' ./tests
SCANS := ^Test(Misconfiguration|AcceptedFindings|RealAdvisories|Jars|VEX|ScansThatCannotBeBelieved|BaseUpdates)$$

## emulation: a build under QEMU, which takes root and qemu-user-static
emulation:
	@$(ENGINE) && PINGVAS_EMULATION=1 $(E2E) -run TestEmulation ./tests

## peers: the examples of Railpack, which PEERS names the directory of
PEERS :=
peers:
	@test -n "$(PEERS)" || { echo "peers: write PEERS=<directory of examples>"; exit 1; }
	@$(ENGINE) && PINGVAS_PEERS="$(abspath $(PEERS))" $(E2E) -v -run '^TestPeers$$' ./tests

## engines: two engines at once, of which SECOND names the file of what airgap up
# printed of the second one, in a network namespace of its own
SECOND :=
engines:
	@test -n "$(SECOND)" || { echo "engines: write SECOND=<file of what airgap up printed>"; exit 1; }
	@$(ENGINE) && PINGVAS_SECOND_ENGINE="$(abspath $(SECOND))" $(E2E) -v -run '^TestTwoEngines$$' ./tests

## races: eight writers of one GitOps repository for ten rounds, with rollbacks
races:
	cd ci && PINGVAS_RACES=8x10 go test -count=1 -timeout=60m -v -run='Races$$' ./internal/gitops

## fuzz: what others wrote, made worse: every fuzz target for FUZZTIME, one by one
FUZZTIME := 10m
fuzz:
	@status=0; cd ci && for found in $$(grep -rEo '^func Fuzz[A-Za-z0-9]+' --include='*_test.go' . | sed 's/func //'); do \
	  echo "fuzz $$found"; \
	  go test -run='^$$' -fuzz="^$${found##*:}\$$" -fuzztime=$(FUZZTIME) -parallel=2 "$${found%/*}" || status=1; \
	done; exit $$status

## lint: golangci-lint, and gofmt, over every module
lint:
	go -C tools/lint build -o $(LINT) github.com/golangci/golangci-lint/v2/cmd/golangci-lint
	rm -f $(STANDINS) && GOWORK=$(STANDINS) go work init $(filter airgap/%,$(LINTED))
	@status=0; $(LINT) fmt --diff || status=1; \
	for module in $(LINTED); do \
	  echo "lint $$module"; case $$module in airgap/*) export GOWORK=$(STANDINS);; esac; \
	  (cd $$module && $(LINT) run ./...) || status=1; \
	done; exit $$status

## generate: Dagger's generated code, which is committed
generate:
	@$(ENGINE) && dagger develop

## down: stop what `make demo` and `make test` started
down:
	@go run ./airgap down

## bench: what the pipeline claims, side by side with the alternative; PARTS="load
# delivery" chooses
bench:
	@$(ENGINE) && go run ./bench $(PARTS)
