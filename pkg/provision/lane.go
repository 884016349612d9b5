package provision

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/google/uuid"

	"muster/pkg/ledger"
	"muster/pkg/pace"
	"muster/pkg/partner"
	"muster/pkg/roster"
)

// lane is one customer during a run.
type lane struct {
	index  uint16
	name   string            // as the input has it first
	first  int               // the row that has it first; 0: none that was surveyed
	ready  chan struct{}     // closed when the fields below are set
	same   *lane             // the lane of the same tenant under another name, or nil
	tenant string            // GUID; "" offline and where the customer is unknown
	domain string            // of the company profile
	gate   *pace.Gate        // nil offline
	before *census           // the tenant's users as they were before this run; nil: not known
	inFull *partner.Customer // for a plan; nil: it was not read, or only found by a search

	doubts    bench        // rows that wait for the listing at the end
	refused   bench        // rows that have failed, unless that listing says that they exist
	unvouched int          // see vouched
	settling  bool         // no creates are under way: only what became of those before is found out
	forbidden atomic.Int32 // refusals in a row without a success
	ranOut    atomic.Int32 // rows whose attempts ran out, without a success since they were begun
	succeeded atomic.Int64 // when a user was last created, Unix nanoseconds
	health    health

	err atomic.Pointer[error] // why its rows fail together
}

// leastStart is the slowest rate, attempts a second, that an earlier run's finding is
// believed in: less is rather what an outage left behind than a quota, and a start that
// slow would take minutes to notice.
const leastStart = 1.0

// nobody is the index of the lane of rows whose customer cannot be read.
const nobody = 0

// key is the customer's part of a person's key.
func (l *lane) key() string {
	if l.tenant != "" {
		return l.tenant
	}
	return l.name
}

// close makes every further row of the lane fail with err; the first reason stays.
// It reports whether this one is the first.
func (l *lane) close(err error) bool { return l.err.CompareAndSwap(nil, &err) }

// closed returns why the lane is closed, or nil.
func (l *lane) closed() error {
	if err := l.err.Load(); err != nil {
		return *err
	}
	return nil
}

// domainFor is the domain for a person's name: the row's, the run's, or that of
// the customer's company profile.
func (l *lane) domainFor(p *roster.Person, ofRun string) string {
	switch {
	case p.Domain != "":
		return p.Domain
	case ofRun != "":
		return ofRun
	}
	return l.domain
}

// takes returns what keeps generated names from the tenant's own users, where
// they are to be numbered past them.
func (l *lane) takes(o OnExists) func(upn string) bool {
	if o != NumberExisting || l.before == nil {
		return nil
	}
	return l.before.has
}

// lanes finds the lane of a customer by any of its names.
type lanes struct {
	none *lane // of rows whose customer cannot be read

	mu      sync.RWMutex // guards what follows, and the tenants of lanes that are being opened
	byName  map[string]*lane
	ordered []*lane // by index; those that turned out to be the same tenant as another are here too
}

func newLanes() lanes {
	none := &lane{ready: make(chan struct{})}
	close(none.ready)
	return lanes{none: none, byName: map[string]*lane{}, ordered: []*lane{nobody: none}}
}

// laneOf returns the lane of a person. The first caller for a customer looks it
// up, the others wait.
func (r *run) laneOf(ctx context.Context, row *roster.Row) (*lane, error) {
	for _, p := range row.Problems {
		if p.Field == roster.CustomerID {
			return r.lanes.none, nil
		}
	}
	name := row.Person.CustomerID
	if name == "" {
		name = r.Customer
	}
	if name == "" && r.online() {
		if len(row.Problems) > 0 { // perhaps it cannot be read; nothing is sent for it
			return r.lanes.none, nil
		}
		return nil, &InputError{fmt.Sprintf("row %d (line %d) names no customer", row.N, row.Line),
			"name the customer with --customer (its tenant GUID or its domain), or in a column \"customerId\""}
	}
	l, isNew, err := r.lanes.get(name)
	if err != nil {
		return nil, err
	}
	if isNew {
		err := r.open(l)
		close(l.ready)
		if err != nil {
			return nil, err
		}
	}
	if err := l.await(ctx); err != nil || l.same == nil {
		return l, err
	}
	return l.same, l.same.await(ctx)
}

// await waits until the lane has been looked up.
func (l *lane) await(ctx context.Context) error {
	select { // without a lock, since all workers come by here with every row
	case <-l.ready:
		return nil
	default:
	}
	select {
	case <-l.ready:
		return nil
	case <-ctx.Done():
		return ErrStopped
	}
}

func (ls *lanes) get(name string) (l *lane, isNew bool, err error) {
	ls.mu.RLock()
	l = ls.byName[name]
	ls.mu.RUnlock()
	if l != nil {
		return l, false, nil
	}
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if l, ok := ls.byName[name]; ok {
		return l, false, nil
	}
	if len(ls.ordered) == maxLanes {
		return nil, false, &InputError{fmt.Sprintf("the input has more than %d customers", maxLanes-1), "split it"}
	}
	l = &lane{index: uint16(len(ls.ordered)), name: name, ready: make(chan struct{})}
	ls.ordered = append(ls.ordered, l)
	ls.byName[name] = l
	return l, true, nil
}

// adopt gives the lane its tenant, or finds that another lane, an open one, has
// it already.
func (ls *lanes) adopt(l *lane, c ledger.Customer) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	for _, other := range ls.ordered {
		if other != l && other.tenant == c.Tenant && other.closed() == nil && l.closed() == nil {
			l.same = other
			return
		}
	}
	l.tenant, l.domain = c.Tenant, c.Domain
}

// open looks the customer up. A customer that cannot be served closes its lane,
// and so does the end of the run; an error is one of the machine.
func (r *run) open(l *lane) error {
	if !r.online() {
		if tenant := cmp.Or(r.recollect(l.name).Tenant, l.name); tenant != "" {
			r.lanes.adopt(l, ledger.Customer{Tenant: tenant})
		}
		return nil
	}
	l.gate = r.openGate(l.name)
	customer, err := r.lookUp(l)
	if err != nil {
		l.gate.Close()
		l.close(err)
		if customer = r.recollect(l.name); customer.Tenant != "" {
			r.lanes.adopt(l, customer)
		}
		return nil
	}
	if r.Ledger != nil && !r.planning {
		if err := r.Ledger.KeepCustomer(l.name, customer); err != nil {
			return r.broken(err)
		}
	}
	r.lanes.adopt(l, customer)
	if l.same != nil {
		l.gate.Close()
	} else if r.OnExists == NumberExisting {
		r.observe(l)
	}
	return nil
}

// openGate returns the gate of a customer, by its name: it starts at the rate that an
// earlier run found.
func (r *run) openGate(name string) *pace.Gate {
	start := 0.0
	if r.Ledger != nil {
		start = r.Ledger.Rate(name)
	}
	if start < leastStart {
		start = 0
	}
	return r.Pacer.Gate(name, start)
}

// lookUp asks the service who the customer is.
func (r *run) lookUp(l *lane) (ledger.Customer, error) {
	var c partner.Customer
	id, bad := uuid.Parse(l.name)
	isID := bad == nil
	err := r.ask(l, "look up customer", func(ctx context.Context) (err error) {
		if isID {
			c, err = r.Directory.Customer(ctx, id.String())
		} else {
			c, err = r.Directory.CustomerByDomain(ctx, l.name)
		}
		return err
	})
	if err == nil && isID && r.planning {
		l.inFull = &c
	}
	return ledger.Customer{Tenant: strings.ToLower(c.ID), Domain: strings.ToLower(c.Domain)}, err
}

// recollect returns what is known of a customer without the service, so that
// what became of its people in earlier runs can still be told.
func (r *run) recollect(name string) ledger.Customer {
	if id, err := uuid.Parse(name); err == nil {
		return ledger.Customer{Tenant: id.String()}
	}
	switch {
	case r.Ledger == nil:
		return ledger.Customer{}
	case name == "": // only offline
		return r.Ledger.OnlyCustomer()
	}
	return r.Ledger.Customer(name)
}

// observe lists the tenant's users once, before anything is created in it. What
// it finds makes an intent the proof that the name was free. Without it the lane
// is closed.
func (r *run) observe(l *lane) {
	if l.before != nil || l.closed() != nil {
		return
	}
	if l.before = r.seen[l.tenant]; l.before != nil {
		return
	}
	c, err := r.list(l, partner.Active, nil)
	if err != nil {
		l.close(err)
		return
	}
	l.before = c
}

const (
	inFullAtMost  = 50 // customers of a plan that are read in full
	inFullRefused = 3  // times that one of them is asked about: it is not worth a long wait
)

// readInFull reads those customers in full of whom only a search has told, which leaves
// out most. What cannot be read stays unknown: no row depends on it.
func (r *run) readInFull() {
	lanes := r.customers()
	for _, l := range lanes[:min(len(lanes), inFullAtMost)] {
		if l.inFull != nil || l.tenant == "" || l.closed() != nil {
			continue
		}
		for range inFullRefused {
			var c partner.Customer
			refused, err := r.once(r.intake, l, "look up customer", func(ctx context.Context) (err error) {
				c, err = r.Directory.Customer(ctx, l.tenant)
				return err
			})
			if err == nil && refused == nil {
				l.inFull = &c
			}
			if refused == nil || refused.Kind != partner.Throttled {
				break
			}
		}
	}
}
