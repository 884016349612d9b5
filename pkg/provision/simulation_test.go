package provision

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"muster/pkg/simulate"
)

var (
	seeds = flag.Int("seeds", 200, "how many hostile runs the simulation makes")
	seed  = flag.Uint64("seed", 0, "the one run to make, if not 0")
)

// TestSimulation runs the whole pipeline against a hostile service, in virtual
// time: it loses requests and answers, fails before and after it has done its
// work, truncates and garbles bodies, hangs, throttles, lists users late, lets
// tokens expire and forgets request ids or not; the process dies at any step and
// is started again, with an input that has grown or been shuffled meanwhile.
// In the end everybody must be in the tenant exactly once, with the password of
// the credentials file and a result that tells the truth.
func TestSimulation(t *testing.T) {
	if *seed != 0 {
		simulation(t, *seed)
		return
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
		scenario := hostile(number, random)
		w := newWorld(t, scenario)
		defer func() {
			if t.Failed() && *seed != 0 {
				w.show()
			}
		}()
		everybody := people(20 + random.IntN(30))
		existed := map[string]bool{}
		for _, u := range scenario.Customers[0].Users {
			existed[u.UserPrincipalName] = true
		}
		present := everybody[:len(everybody)/2+1]
		for life := 1; ; life++ {
			if life > 200 {
				t.Fatal("still not finished after 200 lives")
			}
			if random.IntN(3) == 0 { // the file grows, and is put in another order
				present = everybody[:max(len(present), random.IntN(len(everybody)+1))]
			}
			if life > 6 {
				present = everybody
			}
			order := append([]string(nil), present...)
			random.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
			w.input(order...)
			crashAt := 0
			if life <= 8 {
				crashAt = 1 + random.IntN(12*len(order))
			}
			_, sum, err := w.start(crashAt, random).apply(t.Context())
			if err == nil && sum.Pending == 0 && sum.Failed == 0 && len(order) == len(everybody) {
				w.checkTruth(ids(order), existed)
				return
			}
			if err != nil && !acceptable(err) {
				t.Fatalf("life %d: %v", life, err)
			}
		}
	})
}

// acceptable are the ends after which a scheduler runs muster again.
func acceptable(err error) bool {
	var unreachable *UnreachableError
	return errors.Is(err, errDead) || errors.Is(err, ErrStopped) || errors.As(err, &unreachable)
}

func ids(rows []string) []string {
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i], _, _ = strings.Cut(r, ",")
	}
	return ids
}

// hostile draws a service.
func hostile(number uint64, random *rand.Rand) simulate.Scenario {
	chance := func(most float64) float64 {
		if random.IntN(2) == 0 {
			return 0
		}
		return random.Float64() * most
	}
	span := func(most time.Duration) time.Duration { return time.Duration(chance(float64(most))) }
	sc := simulate.Scenario{
		Seed:      number,
		Customers: []simulate.Customer{{}},
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
