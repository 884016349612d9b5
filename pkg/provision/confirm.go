package provision

import (
	"maps"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"muster/pkg/ledger"
	"muster/pkg/partner"
)

// confirm finds out, before anybody gets a name, whether those are in their tenants
// whose requests an earlier run saw refused, if it ended before it had looked for
// them (see [run.reject]). Who is there is in doubt like somebody whose answer was
// lost, and keeps the name; so is who may be there without a name that can be read. Who
// is not was refused, gets a name as if new, which may be another one, and is sent anew.
// One listing of a tenant serves all.
func (r *run) confirm() error {
	if !r.online() {
		return nil
	}
	tenants := map[string][]unconfirmed{}
	for _, l := range append([]*ledger.Ledger{r.Ledger}, r.Siblings...) {
		if l == nil {
			continue
		}
		for _, k := range l.Unconfirmed() {
			e, err := l.Find(k)
			if err != nil {
				return err
			}
			tenants[e.Tenant()] = append(tenants[e.Tenant()], unconfirmed{e, l})
		}
	}
	for _, tenant := range slices.Sorted(maps.Keys(tenants)) {
		if err := r.confirmIn(tenant, tenants[tenant]); err != nil {
			return err
		}
	}
	return nil
}

// unconfirmed is a person of this ledger or of a sibling's, which is only read.
type unconfirmed struct {
	ledger.Entry
	in *ledger.Ledger
}

// confirmIn is [run.confirm] for the people of one tenant.
func (r *run) confirmIn(tenant string, people []unconfirmed) error {
	l := &lane{name: tenant, tenant: tenant, gate: r.openGate(tenant)}
	defer l.gate.Close()
	users, err := r.findAny(l, people)
	if r.ended() != nil {
		return nil
	}
	if err != nil {
		r.Log.Warn("cannot find out whether people who were refused were created all the same", zap.String("customer", tenant), zap.Error(err))
	}
	var absent []ledger.Key
	for _, p := range people {
		u, ok := users[strings.ToLower(p.Intent.UPN)]
		switch {
		case err != nil, ok && sameNames(u, p.Intent), !ok && !r.seen[tenant].whole(nil):
			p.in.Doubt(p.Intent.Key)
		case p.in == r.Ledger:
			absent = append(absent, p.Intent.Key)
		}
	}
	if r.planning || len(absent) == 0 {
		return nil
	}
	return r.Ledger.Confirm(absent)
}

// refusedLag is how long the list may lag behind a request that was refused. It is
// less than [lag], since nearly every refusal is what it says, and whoever has mended
// what was refused waits for this.
const refusedLag = 10 * time.Second

// findAny lists a tenant for these people: a second time, if somebody is missing whose
// request was sent so lately that the first list may lag behind it. A plan, which
// changes nothing, does not wait for that.
func (r *run) findAny(l *lane, people []unconfirmed) (map[string]partner.User, error) {
	var last time.Time
	wanted := make([]*job, len(people))
	for i, p := range people {
		wanted[i] = &job{intent: p.Intent}
		if p.Outcome.At.After(last) {
			last = p.Outcome.At
		}
	}
	wait := min(time.Until(last.Add(refusedLag)), refusedLag) // a clock may be wrong
	users, all, err := r.find(l, partner.Active, wanted)
	if err == nil && len(users) < len(people) && wait > 0 && !r.planning {
		r.Log.Info("an earlier run ended just after requests were refused: waiting until the list of users tells whether they were carried out all the same",
			zap.String("customer", l.tenant), zap.Int("people", len(people)-len(users)), zap.Duration("wait", wait))
		if err := r.rest(wait); err != nil {
			return nil, err
		}
		users, all, err = r.find(l, partner.Active, wanted)
	}
	r.seen[l.tenant] = all
	return users, err
}
