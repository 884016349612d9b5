package simulate

import (
	"cmp"
	"maps"
	"slices"
	"sync"
)

// keepRequests is what Scenario.KeepRequests means by zero.
const keepRequests = 100_000

// Counts are totals of all requests, remembered or not.
type Counts struct {
	Requests  int
	ByOp      map[Op]int // Token and DeviceCode are sign-in requests
	Created   int        // users created
	Replayed  int        // answered from memory by MS-RequestId
	Throttled int        // refused by a quota
	Early     int        // see Request.Early
	Dropped   int        // no whole answer was sent
}

// log remembers requests.
type log struct {
	mu       sync.Mutex
	arrived  int
	attempts map[uint64]int // by fingerprint
	counts   Counts

	keep   int
	latest []Request // a ring once it is full, oldest at next
	next   int
}

func newLog(keep int) *log {
	switch {
	case keep == 0:
		keep = keepRequests
	case keep < 0:
		keep = 0
	}
	return &log{keep: keep, attempts: make(map[uint64]int), counts: Counts{ByOp: make(map[Op]int)}}
}

// arrive numbers a request, among all and among those like it.
func (l *log) arrive(fingerprint uint64) (n, attempt int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.arrived++
	l.attempts[fingerprint]++
	return l.arrived, l.attempts[fingerprint]
}

// add remembers a request that is over.
func (l *log) add(r Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.count(r)
	switch {
	case l.keep == 0:
	case len(l.latest) < l.keep:
		l.latest = append(l.latest, r)
	default:
		l.latest[l.next] = r
		l.next = (l.next + 1) % l.keep
	}
}

func (l *log) count(r Request) {
	l.counts.Requests++
	l.counts.ByOp[r.Op]++
	for _, one := range []struct {
		yes     bool
		counter *int
	}{
		{r.Replayed, &l.counts.Replayed},
		{r.Throttled, &l.counts.Throttled},
		{r.Early, &l.counts.Early},
		{r.Status == 0 || r.Mishap == Truncated, &l.counts.Dropped},
	} {
		if one.yes {
			*one.counter++
		}
	}
	if r.Op == CreateUser && r.Committed {
		l.counts.Created++
	}
}

// Requests returns the latest requests that are over, in order of arrival; see
// Scenario.KeepRequests.
func (s *Service) Requests() []Request {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	requests := slices.Clone(s.log.latest)
	slices.SortFunc(requests, func(a, b Request) int { return cmp.Compare(a.N, b.N) })
	return requests
}

// Counts returns what the service counted since it was made. Requests still
// under way are not in it.
func (s *Service) Counts() Counts {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	counts := s.log.counts
	counts.ByOp = maps.Clone(counts.ByOp)
	return counts
}
