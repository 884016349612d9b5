package provision

import (
	"encoding/binary"

	"muster/pkg/ledger"
)

// fate says what the survey decided about a row.
type fate uint8

const (
	invalid    fate = iota // the row breaks a rule; reading it again says which
	sameKey                // an earlier row is the same person
	sameName               // another row has its userPrincipalName
	unnameable             // no name can be made; trying again says why
	nameTaken              // another row got its generated name, and it may have no number
	unserved               // its customer's lane is closed
	elsewhere              // another shard sends it
	toName                 // waits for its name until all given ones are known
	toSend                 // to be sent, under a given name or the generated one
	known                  // the ledger knows what became of it, and nothing is to be sent
	resume                 // the ledger has begun with it: in doubt, or without a password
	existing               // the tenant has the name; found by a plan
)

// mark is what is kept of a row between the passes: 16 bytes.
type mark struct {
	key    uint64 // the beginning of the person's key: tells whether the input is still the same
	number uint32 // of the generated name, see upn.Number; of a sameKey, the row that has the key
	lane   uint16
	fate   fate
}

// maxLanes is how many customers a mark can tell apart.
const maxLanes = 1 << 16

// short returns the part of a key that a mark keeps.
func short(k ledger.Key) uint64 { return binary.LittleEndian.Uint64(k[:8]) }

// firsts remembers for each key the first row that had it, in 12 bytes a slot:
// a flat table with open addressing, since Go's map would need three times that,
// and its cache misses were a quarter of the time of a whole validation.
// Two people whose keys agree in 64 bits would be taken for one; in a file of
// ten million rows that happens three times in a million runs.
type firsts struct {
	slots []first
	used  int
}

// first is a slot; row 0 is free. The key is in two halves so that a slot has 12
// bytes and not 16.
type first struct {
	high, low uint32
	row       uint32
}

// add returns the row that had the key first: row itself if it is new.
func (t *firsts) add(key uint64, row uint32) uint32 {
	if t.used*4 >= len(t.slots)*3 {
		t.grow()
	}
	s := t.find(key)
	if s.row == 0 {
		*s = first{uint32(key >> 32), uint32(key), row}
		t.used++
	}
	return s.row
}

func (t *firsts) find(key uint64) *first {
	high, low := uint32(key>>32), uint32(key)
	i := uint64(high) * uint64(len(t.slots)) >> 32
	for {
		s := &t.slots[i]
		if s.row == 0 || s.high == high && s.low == low {
			return s
		}
		if i++; i == uint64(len(t.slots)) {
			i = 0
		}
	}
}

// grow adds half of the size: old and new places are in the same order, so that
// moving is one walk through memory.
func (t *firsts) grow() {
	old := t.slots
	t.slots = make([]first, max(64, len(old)+len(old)/2))
	for _, s := range old {
		if s.row != 0 {
			*t.find(uint64(s.high)<<32 | uint64(s.low)) = s
		}
	}
}
