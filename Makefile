# Two commands do everything: make run, make test.

STELE = bin/stele

# Pure Go: the same binary with and without a C compiler, and a first build without
# a minute of zstd in C.
export CGO_ENABLED ?= 0

# Where the processor's time does not go, nothing is inlined, and functions begin at
# multiples of 16 bytes instead of 32: 2.4 MB less, in the same time (docs/performance.md).
ROOMS = account api bench breakglass cli client cmd config credential database delivery demo devnet directory founding guardian \
	ips issued issuing light links member netfile notify own paper probe reading sample sdjwt slot sources spell strength \
	telling terminal timeline trustee wallet
COLD = $(ROOMS:%=github.com/stele-health/stele/%) codeberg.org/go-pdf connectrpc.com filippo.io github.com/cockroachdb/errors \
	github.com/cockroachdb/redact github.com/cometbft github.com/cosmos github.com/dlclark \
	github.com/getsentry github.com/go-jose github.com/gogo github.com/pelletier github.com/piglig github.com/prometheus \
	github.com/spf13 github.com/syndtr github.com/trustelem golang.org/x/net golang.org/x/text google.golang.org/grpc \
	crypto/x509 encoding/asn1 encoding/json log/slog net regexp runtime/pprof text/template
SMALL = $(COLD:%=-gcflags=%/...=-l) -ldflags "-s -w -funcalign=16"

.PHONY: build size run demo test sim race faults alike soak bench second vet generate fonts fuzz clean

build: ## leaves bin/stele
	@mkdir -p bin
	@# grpcnotrace: gRPC's pages of traces are templates, and what a template may call
	@# can't be left out of the binary.
	@echo building $(STELE)
	@go build -trimpath -tags grpcnotrace $(SMALL) -o $(STELE) ./cmd/stele

size: build ## the binary is at most 46 MB (on amd64; docs/performance.md says of what)
	@bytes=$$(wc -c < $(STELE)); echo "$(STELE): $$bytes bytes"; [ $$bytes -le 46000000 ]

run: build ## a network of four members on this machine; tells the story, then stays up
	$(STELE) devnet --story

demo: build ## tells the story on a network of its own, ends; exit 0 only if every step held
	$(STELE) demo

test: ## everything that is tested, in ten to fifteen minutes on two cores
	go vet ./...
	go test ./...

bench: build ## what is promised in numbers, on this machine, within a minute; SIZE=--full for everything
	$(STELE) bench $(SIZE)

sim: ## a thousand seeds of the simulator, in three to four minutes on two cores
	go test ./sim -run '^TestMany$$' -many 1000 -timeout 20m -v

second: ## a second implementation, in JavaScript, over the vectors; needs node 20.19 and npm
	@if command -v node >/dev/null && command -v npm >/dev/null; then \
		cd second && npm ci --silent --no-audit --no-fund && node check.mjs; \
	else echo "skipped: there is no node or no npm here"; fi

FUZZTIME ?= 10s

# Go before 1.27 may end a target that found nothing with "context deadline exceeded" (go.dev/issue/75804): such a
# one has its turn once more.
fuzz: ## every decoder under the fuzzer, one target after the other; FUZZTIME=60s for longer
	@n=0; for t in $$(grep -ro --include='*_test.go' '^func Fuzz[A-Za-z0-9]*' . | sed 's|/[^/]*:func |:|' | sort -u); do \
		for again in once no; do \
			out=$$(go test "$${t%%:*}" -run '^$$' -fuzz "^$${t##*:}\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 50x -parallel 2 2>&1) && break; \
			case "$$again:$$out" in *"Failing input"*|no:*) echo "$$out"; exit 1;; *"context deadline exceeded"*) ;; *) echo "$$out"; exit 1;; esac; \
		done; \
		echo "$$t: $$(echo "$$out" | grep -o 'execs: [0-9]*' | tail -n 1)"; n=$$((n+1)); \
	done; echo "$$n targets, $(FUZZTIME) each: nothing found"

race: ## the rooms with goroutines, under the race detector
	CGO_ENABLED=1 go test -race ./chain ./vault ./trustee ./directory ./api ./book ./members ./wallet ./reading ./account ./delivery ./member ./devnet

faults: ## breaks networks of real processes, and lying members, as often as docs/reliability.md says
	STELE_LONG=1 go test -count=1 -v -timeout 5m ./chain -run 'Nonsense|Foreign|Clock|ForgedHeight|OneOfFour|TwoOfFour'
	STELE_LONG=1 go test -count=1 -v -timeout 20m ./faults

alike: ## R8 as numbered: 10,000 refusals of each kind, in the trustee's room and through a member's door
	STELE_LONG=1 go test -count=1 -v -timeout 20m -run R8 ./trustee
	STELE_LONG=1 go test -count=1 -v -timeout 20m -run R8 ./devnet

SOAK ?= 30m
soak: ## mixed load with faults on four processes for SOAK (30m): files stay flat, memory in bounds
	STELE_SOAK=$(SOAK) go test -count=1 -v -timeout 24h ./faults -run Soak

generate: bin/fhir ## the generated code again, byte for byte; needs npm for HL7's definitions (CC0)
	IPS_PACKAGE=$(CURDIR)/bin/fhir/hl7.fhir.uv.ips FHIR_PACKAGE=$(CURDIR)/bin/fhir/hl7.fhir.r4.examples FHIR_EXPANSIONS=$(CURDIR)/bin/fhir/hl7.fhir.r4.expansions go generate ./...

bin/fhir:
	@for v in hl7.fhir.r4.examples@4.0.1 hl7.fhir.r4.expansions@4.0.1 hl7.fhir.uv.ips@2.0.0; do p=$${v%@*}; \
		mkdir -p $@/$$p && (cd $@/$$p && npm pack --silent $$v >/dev/null && tar xzf *.tgz --strip-components=1 && rm *.tgz) || exit 1; \
	done

fonts: ## the letters of printed pages again; needs npm, pyftsubset (fonttools), UNIFONT (Debian's unifont 15.0.01)
	@rm -rf bin/dejavu && mkdir -p bin/dejavu
	@cd bin/dejavu && npm pack --silent dejavu-fonts-ttf@2.37.3 >/dev/null && tar xzf *.tgz
	go run ./paper/fonts/gen bin/dejavu/package/ttf $(UNIFONT) paper/fonts
UNIFONT ?= /usr/share/unifont/unifont.hex

bin/compare: fhir/compare/package-lock.json fhir/compare/verdicts.mjs ## npm's FHIR validator, to hold ours against (docs/fhir.md)
	@rm -rf $@ && mkdir -p $@ && cp fhir/compare/* $@
	@cd $@ && npm ci --silent --no-audit --no-fund

bin/agree: sdjwt/compare/package-lock.json sdjwt/compare/agree.mjs ## npm's SD-JWT VC, to hold ours against (sdjwt)
	@rm -rf $@ && mkdir -p $@ && cp sdjwt/compare/* $@
	@cd $@ && npm ci --silent --no-audit --no-fund

clean:
	rm -rf bin .stele
