# Two commands do everything on a fresh machine with Go and make:
#   make demo   provisions the people in samples/ into an emulated tenant
#   make test   runs the tests
# The others: build, check (what CI runs), bench, soak, fuzz.

MUSTER      = ./cmd/muster
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
FUZZTIME   ?= 5s
SEEDS      ?= 10000
PLATFORMS   = linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64

.PHONY: build demo test check format vet lint race fuzz cross tidy bench soak

build:
	go build -trimpath -o muster $(MUSTER)

demo:
	@mkdir -p demo && cp samples/staff/staff.csv demo/ && rm -f demo/staff.*.* && go run $(MUSTER) apply demo/staff.csv --simulate

test:
	go test ./...

check: format vet lint test race fuzz cross tidy

format:
	@test -z "$$(gofmt -l cmd pkg)" || { gofmt -l cmd pkg; echo "these files are not formatted: run gofmt -w on them"; exit 1; }

vet:
	go vet ./...

lint:
	go run $(STATICCHECK) ./...

race:
	go test -race ./...

# Each fuzz test for a few seconds: one process can fuzz only one.
fuzz:
	@grep -ro --include='*_test.go' '^func Fuzz[A-Za-z]*' cmd pkg | sed 's|/[^/]*_test.go:func | |' | sort -u | \
	while read -r dir name; do go test "./$$dir" -run='^$$' -fuzz="^$$name\$$" -fuzztime=$(FUZZTIME) || exit 1; done

cross:
	@for p in $(PLATFORMS); do echo "build $$p"; GOOS=$${p%/*} GOARCH=$${p#*/} CGO_ENABLED=0 go vet ./... || exit 1; done

tidy:
	go mod tidy -diff

bench:
	go test ./... -run='^$$' -bench=. -benchmem

soak:
	go test ./pkg/provision -run='^TestSimulation$$' -timeout=0 -seeds=$(SEEDS)
