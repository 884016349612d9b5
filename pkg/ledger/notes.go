package ledger

import (
	"time"

	"github.com/google/uuid"
)

// Rate returns the rate, in requests a second, at which the last run with this
// customer settled; 0 where none is known. The customer "" is the run as a whole.
func (l *Ledger) Rate(tenant string) float64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.rates[tenant]
}

// KeepRate records the rate that a run found.
func (l *Ledger) KeepRate(tenant string, perSecond float64) error {
	if err := l.append(found{Type: typeRate, Tenant: tenant, PerSecond: perSecond, At: time.Now()}); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rates[tenant] = perSecond
	return nil
}

// PausedUntil returns until when the service asked the runs of this ledger to send
// nothing, as far as they recorded it; zero if it never did.
func (l *Ledger) PausedUntil() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.paused
}

// KeepPause records until when the service asks to send nothing, so that a run that
// is killed meanwhile and started again keeps to it. An earlier time than the one
// that is known changes nothing.
func (l *Ledger) KeepPause(until time.Time) error {
	l.mu.Lock()
	known := !until.After(l.paused)
	if !known {
		l.paused = until // also for those who come while it is being written
	}
	l.mu.Unlock()
	if known {
		return nil
	}
	return l.append(pause{Type: typePause, Until: until, At: time.Now()})
}

// Customer is what the service said of a customer.
type Customer struct {
	Tenant string // GUID
	Domain string // of the company profile
}

// Customer returns what an earlier run learned of the customer with this name,
// its GUID or a domain; zero where nothing is known. With it the people of a
// customer are known by their keys also when the service cannot be asked.
func (l *Ledger) Customer(name string) Customer {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.known[name]
}

// OnlyCustomer returns the customer of a ledger that knows of one only; else it is
// zero.
func (l *Ledger) OnlyCustomer() Customer {
	l.mu.Lock()
	defer l.mu.Unlock()
	var only Customer
	for _, c := range l.known {
		if only.Tenant != "" && only.Tenant != c.Tenant {
			return Customer{}
		}
		only = c
	}
	return only
}

// KeepCustomer records what the service said of the customer with this name,
// unless it is recorded already.
func (l *Ledger) KeepCustomer(name string, c Customer) error {
	if l.Customer(name) == c {
		return nil
	}
	if err := l.append(customer{Type: typeCustomer, Name: name, Tenant: c.Tenant, Domain: c.Domain, At: time.Now()}); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.known[name] = c
	return nil
}

// Run describes a run of a command, for whoever reads the ledger.
type Run struct {
	ID      uuid.UUID `json:"run"`
	Program string    `json:"program"`           // with its version
	Service string    `json:"service,omitempty"` // whom it speaks to; ledgers of old have it at the end of Program
	Command string    `json:"command"`
	Input   string    `json:"input,omitempty"`
	At      time.Time `json:"at"`
}

// Begin records that a run begins.
func (l *Ledger) Begin(r Run) error {
	return l.append(struct {
		Type string `json:"type"`
		Run
	}{typeRun, r})
}

// Hand records that the passwords of these people are in a credentials file
// which is complete, or that they have the one of the input, file "". So they
// need no new one.
func (l *Ledger) Hand(file string, keys []Key) error {
	if err := l.append(handed{Type: typeHanded, File: file, Keys: keys, At: time.Now()}); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.hand(keys)
	return nil
}

func (l *Ledger) hand(keys []Key) {
	for _, k := range keys {
		s := l.state[k]
		s.held = false
		l.state[k] = s
	}
}
