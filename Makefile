# Two commands do everything on a fresh machine with Go and make:
#   make demo   provisions the people in samples/staff into an emulated tenant
#   make test   runs the tests
# The others: build, check (what CI runs), bench, profile, soak, fuzz.

MUSTER      = ./cmd/muster
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
FUZZTIME   ?= 5000x
SEEDS      ?= 10000
PLATFORMS   = linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64

.PHONY: build demo test check format vet lint race fuzz cross tidy bench profile soak manifests dist image

# Whatever is built with the profile has all its dependencies built anew with it:
# that is for what is handed out and measured.
test vet lint race fuzz cross tidy manifests: export GOFLAGS += -pgo=off

build:
	go build -trimpath -o muster $(MUSTER)

demo:
	@mkdir -p demo && cp samples/staff/staff.csv demo/ && rm -f demo/staff.*.* && go run $(MUSTER) apply demo/staff.csv --simulate

test:
	go test ./...

check: format vet lint test race fuzz cross tidy manifests

format:
	@test -z "$$(gofmt -l cmd jobs pkg)" || { gofmt -l cmd jobs pkg; echo "these files are not formatted: run gofmt -w on them"; exit 1; }

vet:
	go vet ./...

lint:
	go run $(STATICCHECK) ./...

# With fewer seeds and no measurements than make test, which runs them all.
race:
	go test -race -short ./...

# Each fuzz test for a few seconds: one process can fuzz only one. By number, since a
# run that is ended by the clock fails now and then with "context deadline exceeded".
fuzz:
	@grep -ro --include='*_test.go' '^func Fuzz[A-Za-z]*' cmd pkg | sed 's|/[^/]*_test.go:func | |' | sort -u | \
	while read -r dir name; do go test "./$$dir" -run='^$$' -fuzz="^$$name\$$" -fuzztime=$(FUZZTIME) -fuzzminimizetime=1x || exit 1; done

cross:
	@for p in $(PLATFORMS); do echo "build $$p"; GOOS=$${p%/*} GOARCH=$${p#*/} CGO_ENABLED=0 go vet ./... || exit 1; done

tidy:
	go mod tidy -diff

# What muster costs, beside named baselines that are measured in the same run, in
# about three minutes. The baselines are built without the profile. The benchmarks of
# single packages run with go test -bench.
bench:
	@go version && echo "$$(nproc) processors, load $$(cut -d' ' -f1-3 /proc/loadavg 2>/dev/null), $$(date -u +%F)"
	@{ go test -pgo=off $(MUSTER) -run='^$$' -bench='^BenchmarkValidate$$/^1M$$' -benchtime=3x && \
	go test -pgo=off $(MUSTER) -run='^$$' -bench='^BenchmarkValidateJSONLines$$' -benchtime=1x && \
	go test -pgo=off $(MUSTER) -run='^$$' -bench='^BenchmarkApplyOverHTTP$$' -benchtime=7x && \
	go test -pgo=off $(MUSTER) -run='^$$' -bench='^BenchmarkValidate$$/^10M$$' -benchtime=1x && \
	go test ./pkg/provision -run='^$$' -bench='^BenchmarkGroupCommit$$' -benchtime=3x; } | \
	awk '/^Benchmark/ {printf "%-26s", $$1; for (i = 3; i < NF; i += 2) printf " %10s %-15s", $$i, $$(i+1); print ""} /FAIL|panic/'
	@go test ./pkg/pace -run='^TestPacingTable$$' -v | grep -v '^=== \|^--- \|^PASS\|^ok'

# What the compiler goes by when it builds the program: a profile of validating a
# million rows, which takes a tenth less time so. An old one does no harm.
profile:
	@mkdir -p $(DIST)
	go test -trimpath ./pkg/provision -run='^$$' -bench='^BenchmarkValidate$$' -benchtime=40x -cpuprofile=$(MUSTER)/default.pgo -o $(DIST)/provision.test

soak:
	go test ./pkg/provision -run='^TestSimulation$$' -timeout=0 -seeds=$(SEEDS)

# What follows makes what is handed out. Everything goes to DIST. The version is
# the last tag, how many commits came after it, and the commit.
DIST       ?= dist
VERSION    ?= $(or $(shell git describe --tags --always --long --dirty --abbrev=12 2>/dev/null),unknown)
BUILD       = CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags '-s -w -buildid= -X main.release=$(VERSION)'
SHA256      = $(shell command -v sha256sum || echo shasum -a 256)
CA_BUNDLE  ?= $(firstword $(wildcard /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem))
# The first of docker, podman and buildah that works here.
BUILDER    ?= $(shell for b in docker podman buildah; do if $$b info >/dev/null 2>&1; then echo $$b; break; fi; done)
KUSTOMIZE   = sigs.k8s.io/kustomize/kustomize/v5@v5.8.1
VALIDATE    = sigs.k8s.io/kubectl-validate@v0.0.4

# The manifests as a cluster gets them, against Kubernetes' own schemas, and then
# what a schema cannot know.
manifests:
	@rm -rf $(DIST)/manifests && mkdir -p $(DIST)/manifests && cp jobs/kubernetes/files.yaml $(DIST)/manifests/
	@for o in jobs/kubernetes/overlays/*/; do go run $(KUSTOMIZE) build "$$o" > $(DIST)/manifests/$$(basename "$$o").yaml || exit 1; done
	go run $(VALIDATE) $(DIST)/manifests
	go test ./jobs -count=1 -run='^TestRendered$$' -rendered=$(abspath $(DIST))/manifests

# Release builds; two of one commit are the same byte for byte.
dist:
	@rm -f $(DIST)/muster-* $(DIST)/SHA256SUMS && mkdir -p $(DIST)
	@for p in $(PLATFORMS); do echo "build $$p"; GOOS=$${p%/*} GOARCH=$${p#*/} $(BUILD) -o $(DIST)/muster-$${p%/*}-$${p#*/}$$(test $${p%/*} != windows || echo .exe) $(MUSTER) || exit 1; done
	@cd $(DIST) && $(SHA256) muster-* | tee SHA256SUMS

image:
	@test -n "$(BUILDER)" || { echo "no docker, podman or buildah works here: install one, or name it with BUILDER="; exit 1; }
	@test -n "$(CA_BUNDLE)" || { echo "no CA certificates found: name a file with CA_BUNDLE="; exit 1; }
	@rm -rf $(DIST)/image && mkdir -p $(DIST)/image/data && cp -L $(CA_BUNDLE) $(DIST)/image/ca-certificates.crt
	GOOS=linux $(BUILD) -o $(DIST)/image/muster $(MUSTER)
	$(BUILDER) build -t muster:$(VERSION) -f jobs/Dockerfile $(DIST)/image
