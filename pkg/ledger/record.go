package ledger

import (
	"encoding/json"
	"fmt"
	"time"

	"muster/pkg/durable"
)

// The types of a ledger's lines.
const (
	typeLedger    = "ledger"    // the first line
	typeRun       = "run"       // a command begins
	typeIntent    = "intent"    // a request is about to be sent
	typeOutcome   = "outcome"   // what became of it
	typeUndo      = "undo"      // a DELETE is about to be sent
	typeHanded    = "handed"    // passwords are in a complete file
	typeConfirmed = "confirmed" // people who were refused are not in the tenant
	typeRate      = "rate"      // the rate that a run found
	typePause     = "pause"     // the service asked to wait
	typeCustomer  = "customer"  // who a customer is
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

type confirmed struct {
	Type string    `json:"type"`
	Keys []Key     `json:"keys"`
	At   time.Time `json:"at"`
}

type undo struct {
	Type string    `json:"type"`
	Key  Key       `json:"key"`
	At   time.Time `json:"at"`
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

type pause struct {
	Type  string    `json:"type"`
	Until time.Time `json:"until"`
	At    time.Time `json:"at"`
}

// append makes a line durable that has no place in anybody's state.
func (l *Ledger) append(line any) error {
	record, err := json.Marshal(line)
	if err != nil {
		return fmt.Errorf("cannot write the ledger: %w", err)
	}
	_, err = l.journal.Append(record)
	return err
}

func (l *Ledger) count(k Key, change func(*state)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.state[k]
	change(&s)
	l.state[k] = s
}

// line is what a replay needs to know of a line.
type line struct {
	Type        string    `json:"type"`
	Version     int       `json:"version"`
	Key         Key       `json:"key"`
	Status      Status    `json:"status"`
	Doubt       bool      `json:"doubt"`
	Held        bool      `json:"password_held"`
	Unconfirmed bool      `json:"unconfirmed"`
	Keys        []Key     `json:"keys"`
	Tenant      string    `json:"customer_id"`
	Rate        float64   `json:"per_second"`
	Name        string    `json:"name"`
	Domain      string    `json:"domain"`
	Until       time.Time `json:"until"`
}

// set takes a member of a line about one person; see [decode].
func (r *line) set(name, value []byte) bool {
	switch string(name) {
	case "type":
		return setString(&r.Type, value) && (r.Type == typeIntent || r.Type == typeOutcome || r.Type == typeUndo)
	case "key":
		return setText(&r.Key, value)
	case "status":
		return setString((*string)(&r.Status), value)
	case "doubt":
		return setBool(&r.Doubt, value)
	case "password_held":
		return setBool(&r.Held, value)
	case "unconfirmed":
		return setBool(&r.Unconfirmed, value)
	}
	return true
}

// replay takes one line of a ledger that is being opened.
func (l *Ledger) replay(e durable.Entry) error {
	var line line
	if err := decode(e.Record, &line, line.set); err != nil {
		return fmt.Errorf("the ledger's line %d is no record of a ledger: %w", e.Line, err)
	}
	if e.Place == 0 && line.Type != typeLedger {
		return fmt.Errorf("the file is no ledger of muster: its first line does not say so")
	}
	switch line.Type {
	case typeLedger:
		if line.Version != schemaVersion {
			return fmt.Errorf("the ledger has the format %d, and this muster knows only %d: use the version of muster that wrote it", line.Version, schemaVersion)
		}
	case typeIntent:
		l.state[line.Key] = state{intent: e.Place, status: Doubtful, held: line.Held}
	case typeOutcome:
		l.count(line.Key, func(s *state) { s.settle(line.Status, line.Doubt, line.Unconfirmed, e.Place) })
	case typeUndo:
		l.count(line.Key, (*state).undo)
	case typeHanded:
		l.hand(line.Keys)
	case typeConfirmed:
		l.confirm(line.Keys)
	case typeRate:
		l.rates[line.Tenant] = line.Rate
	case typePause:
		if line.Until.After(l.paused) { // those that came at one time may stand in any order
			l.paused = line.Until
		}
	case typeCustomer:
		l.known[line.Name] = Customer{Tenant: line.Tenant, Domain: line.Domain}
	}
	return nil // lines of other types, a run's for instance, are for people
}
