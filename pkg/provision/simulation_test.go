package provision

import (
	"errors"
	"flag"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"muster/pkg/results"
	"muster/pkg/simulate"
)

var (
	seeds = flag.Int("seeds", 200, "how many hostile runs the simulation makes")
	seed  = flag.Uint64("seed", 0, "the one run to make, if not 0")
)

// TestSimulation runs the whole pipeline against a hostile service, in virtual
// time: it loses requests and answers, fails before and after it has done its
// work or does it later, refuses what it has done, truncates and garbles bodies,
// hangs, throttles, lists users late, lets tokens expire and forgets request ids or
// not. The process dies
// at any step, is stopped by one signal or two, finds its disk full, and is
// started again, with an input that has grown or been shuffled or mended
// meanwhile; in one piece or in shards, for one customer or two, with passwords
// in a plain file or an encrypted one; people who exist are skipped, or theirs get
// the next number; and now and then everything is undone.
// Whatever a run says must be so, and in the end everybody must be in the tenant
// exactly once, with the password of the credentials file.
func TestSimulation(t *testing.T) {
	if *seed != 0 {
		simulation(t, *seed)
		return
	}
	if testing.Short() {
		*seeds = min(*seeds, 30)
	}
	for s := range uint64(*seeds) {
		s++
		ok := t.Run(fmt.Sprint(s), func(t *testing.T) { simulation(t, s) })
		if !ok {
			t.Fatalf("replay it with: go test ./pkg/provision -run='^TestSimulation$' -seed=%d", s)
		}
	}
}

func simulation(t *testing.T, number uint64) {
	synctest.Test(t, func(t *testing.T) {
		random := rand.New(rand.NewPCG(number, 1))
		numbers := random.IntN(3) == 0
		scenario := hostile(number, numbers, random)
		s := &story{world: newWorld(t, scenario), random: random, existed: map[string]bool{}}
		if numbers {
			s.batch = func(b *Batch) { b.OnExists = NumberExisting }
		}
		defer func() {
			if t.Failed() && *seed != 0 {
				t.Logf("shards %d, sealed %v, mixed %v, undone %v, lives %d", s.shards, s.sealed, s.mixed, s.undone, s.lives)
				s.show()
			}
		}()
		for _, u := range scenario.Customers[0].Users {
			s.existed[u.UserPrincipalName] = true
		}
		s.draw(scenario.Customers)
		s.tell()
	})
}

// story is what happens in one simulated world.
type story struct {
	*world
	random    *rand.Rand
	existed   map[string]bool // names that others made
	everybody []human
	present   int // how many of everybody are in the file so far
	lives     int
	switches  bool // between plain and encrypted passwords
	undoes    bool
}

// mostLives is after how many lives a story must have come to its end; the
// dooms end long before.
const mostLives, doomedLives = 200, 8

// draw makes the people and how the work is done.
func (s *story) draw(customers []simulate.Customer) {
	one := func(n int) bool { return s.random.IntN(n) == 0 }
	if one(3) {
		s.shards = 2 + s.random.IntN(2)
	}
	s.sealed, s.switches, s.undoes = one(3), one(8), one(6)
	s.kept = s.sealed
	tenants := []string{simulate.DefaultCustomerID}
	for _, c := range s.service.Customers()[1:] {
		tenants = append(tenants, c.ID)
	}
	given, own := one(3), one(3)
	if own && one(4) {
		own = false
		s.everybody = people(s.random, 20+s.random.IntN(30), tenants, given, 1)
	} else if own {
		s.everybody = people(s.random, 20+s.random.IntN(30), tenants, given, .3)
	} else {
		s.everybody = people(s.random, 20+s.random.IntN(30), tenants, given, 0)
	}
	s.present = len(s.everybody)/2 + 1
}

// people makes n people; every third has a namesake. Some bring a
// userPrincipalName or a password.
func people(random *rand.Rand, n int, tenants []string, given bool, own float64) []human {
	humans := make([]human, n)
	for i := range humans {
		k := random.IntN(len(tenants))
		h := human{tag: fmt.Sprintf("E%04d", i), tenant: tenants[k]}
		id, name, password, customer := h.tag, "", "", ""
		last := fmt.Sprintf("Lee%c", 'a'+i/3%26)
		if given && random.IntN(4) == 0 {
			name = fmt.Sprintf("given%d@%s", i, []string{simulate.DefaultDomain, "fabrikam.onmicrosoft.com"}[k])
			if random.IntN(2) == 0 {
				id, h.tag = "", name
			}
		}
		if random.Float64() < own {
			password = fmt.Sprintf("Own-%06d-pass", i)
		}
		if k > 0 || random.IntN(2) == 0 {
			customer = []string{h.tenant, []string{simulate.DefaultDomain, "fabrikam.onmicrosoft.com"}[k]}[random.IntN(2)]
		}
		h.row = strings.Join([]string{id, "Ann", last, "%s", name, password, customer}, ",")
		humans[i] = h
	}
	return humans
}

// tell lives one life after the other until a run has done everything.
func (s *story) tell() {
	for s.lives = 1; ; s.lives++ {
		if s.lives > mostLives {
			s.t.Fatalf("still not finished after %d lives", mostLives)
		}
		if s.switches && s.random.IntN(2) == 0 {
			s.sealed = !s.sealed
			s.kept, s.mixed = true, true
		}
		if s.undoes && s.lives > 1 && s.random.IntN(3) == 0 {
			s.undoes = s.random.IntN(2) == 0 && s.lives < doomedLives
			s.undoAll()
		}
		order := s.write()
		if s.applyAll(order) && len(order) == len(s.everybody) {
			s.checkFinished(order, s.existed)
			s.again(order)
			return
		}
	}
}

// write writes the input: it grows, it is shuffled, and its usage locations change.
func (s *story) write() []human {
	if s.random.IntN(3) == 0 {
		s.present = max(s.present, s.random.IntN(len(s.everybody)+1))
	}
	if s.lives > 6 {
		s.present = len(s.everybody)
	}
	order := append([]human(nil), s.everybody[:s.present]...)
	s.random.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	for i := range order {
		order[i].row = fmt.Sprintf(order[i].row, []string{"US", "DE", ""}[s.random.IntN(3)])
	}
	s.input(rowsOf(order)...)
	return order
}

// doom draws what befalls the next process.
func (s *story) doom(steps int) (d doom) {
	if s.lives > doomedLives {
		return d
	}
	if s.random.IntN(2) == 0 {
		steps = min(steps, 60) // while the first requests are out
	}
	at := 1 + s.random.IntN(steps)
	switch s.random.IntN(8) {
	case 0:
		d.stop = at
	case 1:
		d.stop, d.leave = at, at+1+s.random.IntN(10)
	case 2:
		d.full = at
	default:
		d.crash = at
	}
	return d
}

// applyAll applies the input, all shards in turn, and reports whether everything
// is done.
func (s *story) applyAll(order []human) bool {
	done, told := true, true
	for shard := range max(s.shards, 1) {
		report, sum, err := s.startShard(shard, s.doom(12*len(order)), s.random).apply(s.t.Context())
		if err != nil && !acceptable(err) {
			s.t.Fatalf("life %d: %v", s.lives, err)
		}
		told = told && report != nil && !errors.Is(err, syscall.ENOSPC)
		done = done && err == nil && sum.Pending == 0 && sum.Failed == 0 && !s.unknownPasswords(shard)
	}
	if told {
		s.checkTold(order, s.existed)
	}
	return done
}

// unknownPasswords reports whether a password is still to be reset.
func (s *story) unknownPasswords(shard int) bool {
	for r, err := range results.Read(s.path(s.of(shard, "results.csv"))) {
		if err != nil {
			s.t.Fatal(err)
		}
		if r.ErrorCode == "password_unknown" {
			return true
		}
	}
	return false
}

// undoAll undoes every ledger, however often the process dies meanwhile.
func (s *story) undoAll() {
	s.undone = true
	time.Sleep(10 * time.Second) // until no late request is carried out any more
	for shard := range max(s.shards, 1) {
		for tries := 1; ; tries++ {
			d := s.doom(3 * len(s.everybody))
			if tries > 4 {
				d = doom{}
			}
			undone, err := s.startShard(shard, d, s.random).undo(s.t.Context())
			if err == nil && len(undone.Failed) == 0 { // else somebody's attempts ran out
				break
			}
			if err != nil && !acceptable(err) || tries > mostLives {
				s.t.Fatalf("life %d: undo: %v, %+v", s.lives, err, undone.Failed)
			}
		}
	}
	for _, c := range s.service.Customers() {
		for name, u := range s.users(c.ID) {
			if u.RequestID != "" {
				s.t.Errorf("life %d: undo has left %s", s.lives, name)
			}
		}
	}
	s.wire.forget()
}

// again runs once more, which must send nothing and say the same.
func (s *story) again(order []human) {
	before := s.wire.sent()
	s.lives = mostLives
	for tries := 1; !s.applyAll(order); tries++ { // it may find the service out of reach
		if tries > 20 {
			s.t.Fatal("a run after the last does not end well")
		}
	}
	if sent := s.wire.sent() - before; sent != 0 {
		s.t.Errorf("a run after the last sent %d requests that write", sent)
	}
	s.checkFinished(order, s.existed)
}

// acceptable are the ends after which a scheduler runs muster again.
func acceptable(err error) bool {
	var unreachable *UnreachableError
	return errors.Is(err, errDead) || errors.Is(err, ErrStopped) || errors.As(err, &unreachable) || errors.Is(err, syscall.ENOSPC)
}

// soften sees to it that one request in three gets through: where hardly any does, a
// run ends, rightly, before it has begun, and no number of lives would be enough.
func soften(chances map[simulate.Mishap]float64) {
	sum := 0.0
	for _, c := range chances {
		sum += c
	}
	if most := 2. / 3; sum > most {
		for m := range chances {
			chances[m] *= most / sum
		}
	}
}

// hostile draws a service for a run that skips people who exist, or numbers theirs.
func hostile(number uint64, numbers bool, random *rand.Rand) simulate.Scenario {
	chance := func(most float64) float64 {
		if random.IntN(2) == 0 {
			return 0
		}
		return random.Float64() * most
	}
	span := func(most time.Duration) time.Duration { return time.Duration(chance(float64(most))) }
	sc := simulate.Scenario{
		Seed:      number,
		Customers: []simulate.Customer{{}, {Domain: "fabrikam.onmicrosoft.com"}}[:1+random.IntN(2)],
		Latency:   simulate.Latency{Min: time.Millisecond, Max: time.Millisecond + span(2*time.Second)},
		ListLag:   span(20 * time.Second),
		Repeats:   simulate.Repeats{Ignore: random.IntN(2) == 0, For: span(time.Minute)},
		Chances: simulate.Chances{Of: map[simulate.Mishap]float64{
			simulate.LostRequest: chance(.1), simulate.LostAnswer: chance(.3),
			simulate.FailBefore: chance(.1), simulate.FailAfter: chance(.3),
			simulate.Truncated: chance(.1), simulate.Garbage: chance(.1), simulate.Empty: chance(.1), simulate.HTMLPage: chance(.1),
			simulate.HangBefore: chance(.02), simulate.HangAfter: chance(.05),
			simulate.Unauthorized: chance(.02), simulate.ExpireToken: chance(.02),
		}},
		Dialect: simulate.Dialect{NoBOM: random.IntN(2) == 0, StringCodes: random.IntN(2) == 0, CreateStatus: 200 + random.IntN(2)},
	}
	soften(sc.Chances.Of)
	late, refusing := chance(.2), chance(.3)
	refusals := []int{404, 410, 418, 429}
	if numbers { // where people are skipped, the name may be taken by somebody else's request
		refusals = append(refusals, 400, 409)
	}
	sc.Fault = func(r simulate.Request) simulate.Fault {
		switch lot := draw(number, r.UPN, r.Attempt); {
		case r.Op != simulate.CreateUser:
		case lot < late:
			return simulate.Fault{Mishap: simulate.Late}
		case lot < late+refusing:
			n := int(lot * (1 << 20))
			return simulate.Fault{Mishap: []simulate.Mishap{simulate.FailBefore, simulate.FailAfter}[n%2], Status: refusals[n/2%len(refusals)]}
		}
		return simulate.Fault{}
	}
	if refusing > 0 { // who was refused is looked for once, at once
		sc.ListLag = 0
	}
	if random.IntN(2) == 0 {
		sc.Dialect.Duplicate = simulate.Refusal{Status: 400, Code: 3000}
	}
	if random.IntN(2) == 0 {
		sc.SignIn.AccessLife = 20 * time.Second
	}
	if random.IntN(2) == 0 {
		sc.Quotas = []simulate.Quota{{Rate: 5 + 20*random.Float64(), Burst: 1 + random.IntN(10), PerCustomer: true, Strict: random.IntN(2) == 0}}
	}
	for i := range random.IntN(4) { // made by somebody else, some with the very names of ours
		name := fmt.Sprintf("ann.lee%c@%s", 'a'+i, simulate.DefaultDomain)
		u := simulate.User{UserPrincipalName: name, DisplayName: "Somebody Else"}
		if random.IntN(2) == 0 {
			u.DisplayName, u.FirstName, u.LastName = fmt.Sprintf("Ann Lee%c", 'a'+i), "Ann", fmt.Sprintf("Lee%c", 'a'+i)
		}
		sc.Customers[0].Users = append(sc.Customers[0].Users, u)
	}
	return sc
}

// draw gives the same number in [0,1) for the same request, whenever it arrives.
func draw(number uint64, name string, attempt int) float64 {
	h := fnv.New64a()
	fmt.Fprint(h, number, name, attempt)
	return rand.New(rand.NewPCG(h.Sum64(), number)).Float64()
}
