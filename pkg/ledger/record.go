package ledger

import (
	"encoding/json"
	"fmt"
	"time"

	"muster/pkg/durable"
)

// The types of a ledger's lines.
const (
	typeLedger  = "ledger"  // the first line
	typeRun     = "run"     // a command begins
	typeIntent  = "intent"  // a request is about to be sent
	typeOutcome = "outcome" // what became of it
	typeUndo    = "undo"    // a DELETE is about to be sent
	typeHanded  = "handed"  // passwords are in a complete file
	typeRate    = "rate"    // the rate that a run found

	typeCustomer = "customer" // who a customer is
)

type header struct {
	Type    string    `json:"type"`
	Version int       `json:"version"`
	At      time.Time `json:"at"`
}

type handed struct {
	Type string    `json:"type"`
	File string    `json:"file"`
	Keys []Key     `json:"keys"`
	At   time.Time `json:"at"`
}

type undo struct {
	Key Key       `json:"key"`
	At  time.Time `json:"at"`
}

type customer struct {
	Type   string    `json:"type"`
	Name   string    `json:"name"`
	Tenant string    `json:"customer_id"`
	Domain string    `json:"domain,omitempty"`
	At     time.Time `json:"at"`
}

type found struct {
	Type      string    `json:"type"`
	Tenant    string    `json:"customer_id"`
	PerSecond float64   `json:"per_second"`
	At        time.Time `json:"at"`
}

// append makes a line durable that changes nobody's state.
func (l *Ledger) append(line any) error {
	_, err := l.write(line)
	return err
}

func (l *Ledger) write(line any) (durable.Place, error) {
	record, err := json.Marshal(line)
	if err != nil {
		return 0, fmt.Errorf("cannot write the ledger: %w", err)
	}
	return l.journal.Append(record)
}

// record makes a line about one person durable, and then counts it.
func (l *Ledger) record(kind string, k Key, line any, count func(*state, durable.Place)) error {
	body, err := json.Marshal(line)
	if err != nil {
		return fmt.Errorf("cannot write the ledger: %w", err)
	}
	record := append([]byte(`{"type":"`+kind+`",`), body[1:]...)
	place, err := l.journal.Append(record)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.state[k]
	count(&s, place)
	l.state[k] = s
	return nil
}

// replay takes one line of a ledger that is being opened.
func (l *Ledger) replay(e durable.Entry) error {
	line := struct {
		Type    string  `json:"type"`
		Version int     `json:"version"`
		Key     Key     `json:"key"`
		Status  Status  `json:"status"`
		Doubt   bool    `json:"doubt"`
		Held    bool    `json:"password_held"`
		Keys    []Key   `json:"keys"`
		Tenant  string  `json:"customer_id"`
		Rate    float64 `json:"per_second"`
		Name    string  `json:"name"`
		Domain  string  `json:"domain"`
	}{}
	if err := json.Unmarshal(e.Record, &line); err != nil {
		return fmt.Errorf("the ledger's line %d is no record of a ledger: %w", e.Line, err)
	}
	if e.Place == 0 && line.Type != typeLedger {
		return fmt.Errorf("the file is no ledger of muster: its first line does not say so")
	}
	switch line.Type {
	case typeLedger:
		if line.Version != Version {
			return fmt.Errorf("the ledger has the format %d, and this muster knows only %d: use the version of muster that wrote it", line.Version, Version)
		}
	case typeIntent:
		l.state[line.Key] = state{intent: e.Place, status: Doubtful, held: line.Held}
	case typeOutcome:
		s := l.state[line.Key]
		s.settle(Outcome{Status: line.Status, Doubt: line.Doubt}, e.Place)
		l.state[line.Key] = s
	case typeUndo:
		s := l.state[line.Key]
		s.status = Deleting
		l.state[line.Key] = s
	case typeHanded:
		l.hand(line.Keys)
	case typeRate:
		l.rates[line.Tenant] = line.Rate
	case typeCustomer:
		l.known[line.Name] = Customer{Tenant: line.Tenant, Domain: line.Domain}
	}
	return nil // lines of other types, a run's for instance, are for people
}
