package provision

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/google/uuid"

	"muster/pkg/pace"
	"muster/pkg/partner"
	"muster/pkg/roster"
)

// lane is one customer during a run.
type lane struct {
	index  uint16
	name   string        // as the input has it first
	ready  chan struct{} // closed when the fields below are set
	same   *lane         // the lane of the same tenant under another name, or nil
	tenant string        // GUID; "" offline and where the customer is unknown
	domain string        // of the company profile
	gate   *pace.Gate    // nil offline
	before *census       // the tenant's users as they were before this run; nil: not known

	doubts    bench        // rows that wait for the listing at the end
	forbidden atomic.Int32 // refusals in a row without a success

	probing atomic.Bool // somebody finds out whether the service is there at all

	mu  sync.Mutex
	err error // why its rows fail together
}

// nobody is the lane of rows whose customer cannot be read. It has the index 0.
const nobody = 0

// key is the customer's part of a person's key.
func (l *lane) key() string {
	if l.tenant != "" {
		return l.tenant
	}
	return l.name
}

// close makes every further row of the lane fail with err; the first reason stays.
func (l *lane) close(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil {
		l.err = err
	}
}

// closed returns why the lane is closed, or nil.
func (l *lane) closed() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// domainFor is the domain for a person's name: the row's, the run's, or that of
// the customer's company profile.
func (l *lane) domainFor(p *roster.Person, ofRun string) string {
	switch {
	case p.Domain != "":
		return p.Domain
	case ofRun != "":
		return strings.ToLower(ofRun)
	}
	return strings.ToLower(l.domain)
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
	mu      sync.Mutex
	byName  map[string]*lane
	ordered []*lane // by index; those that turned out to be the same tenant as another are here too
}

func newLanes() lanes {
	closed := make(chan struct{})
	close(closed)
	return lanes{byName: map[string]*lane{}, ordered: []*lane{nobody: {ready: closed}}}
}

// laneOf returns the lane of a person. The first caller for a customer looks it
// up, the others wait.
func (r *run) laneOf(ctx context.Context, row *roster.Row) (*lane, error) {
	for _, p := range row.Problems {
		if p.Field == roster.CustomerID {
			return r.lanes.ordered[nobody], nil
		}
	}
	name := row.Person.CustomerID
	if name == "" {
		name = strings.ToLower(r.Customer)
	}
	if name == "" && r.online() {
		return nil, &InputError{fmt.Sprintf("row %d (line %d) names no customer", row.N, row.Line),
			"name the customer with --customer (its tenant GUID or its domain), or in a column \"customerId\""}
	}
	l, isNew, err := r.lanes.get(name)
	if err != nil {
		return nil, err
	}
	if isNew {
		err := r.open(ctx, l)
		close(l.ready)
		if err != nil {
			return nil, err
		}
	}
	select {
	case <-l.ready:
	case <-ctx.Done():
		return nil, ErrStopped
	}
	if l.same != nil {
		return l.same, nil
	}
	return l, nil
}

func (ls *lanes) get(name string) (l *lane, isNew bool, err error) {
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

// adopt gives the lane its tenant, or finds that another lane has it already.
func (ls *lanes) adopt(l *lane, c partner.Customer) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	tenant := strings.ToLower(c.ID)
	for _, other := range ls.ordered {
		if other != l && other.tenant == tenant && tenant != "" {
			l.same = other
			return
		}
	}
	l.tenant, l.domain = tenant, strings.ToLower(c.Domain)
}

// open looks the customer up. An error is one of the run; a customer that cannot
// be served closes its lane.
func (r *run) open(ctx context.Context, l *lane) error {
	if !r.online() {
		l.tenant = l.name
		return nil
	}
	start := 0.0
	if r.Ledger != nil {
		start = r.Ledger.Rate(l.name)
	}
	gate := r.Pacer.Gate(l.name, start)
	customer, err := r.lookUp(ctx, gate, l.name)
	var refused *partner.Error
	switch {
	case err == nil:
	case errors.As(err, &refused) && refused.ConcernsCustomer():
		l.close(err)
		return nil
	default:
		return err
	}
	r.lanes.adopt(l, customer)
	if l.same != nil {
		return nil
	}
	l.gate = gate
	if r.OnExists == NumberExisting {
		return r.observe(ctx, l)
	}
	return nil
}

// lookUp finds a customer by its tenant's GUID or by its domain. A GUID with a
// domain beside it says all there is to know: reading a customer is one of the
// calls that Partner Center throttles first
// (learn.microsoft.com/partner-center/developer/api-throttling-guidance), and the
// listing that comes next tells whether the customer is there.
func (r *run) lookUp(ctx context.Context, gate *pace.Gate, name string) (c partner.Customer, err error) {
	_, notGUID := uuid.Parse(name)
	if notGUID == nil && r.Domain != "" {
		return partner.Customer{ID: name}, nil
	}
	err = r.call(ctx, gate, "look up customer", name, func(ctx context.Context) (err error) {
		if notGUID == nil {
			c, err = r.Directory.Customer(ctx, name)
		} else {
			c, err = r.Directory.CustomerByDomain(ctx, name)
		}
		return err
	})
	return c, err
}

// observe lists the tenant's users once, before anything is created in it. What
// it finds makes an intent the proof that the name was free.
func (r *run) observe(ctx context.Context, l *lane) error {
	if l.before != nil || l.closed() != nil {
		return nil
	}
	c, err := r.list(ctx, l, partner.Active, nil)
	var refused *partner.Error
	switch {
	case err == nil:
		l.before = c
	case errors.As(err, &refused) && refused.ConcernsCustomer():
		l.close(err)
	default:
		return err
	}
	return nil
}
