package provision

import (
	"iter"
	"math"
)

// fate says what the survey decided about a row.
type fate uint8

const (
	invalid    fate = iota // the row breaks a rule; reading it again says which
	sameKey                // an earlier row is the same person
	sameName               // another row has its userPrincipalName
	unnameable             // no name can be made; trying again says why
	nameTaken              // another row got its generated name, and it may have no number
	namesake               // the ledger knows somebody of these names by another kind of key
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
	hash   uint64 // of the person's key; tells whether the input is still the same
	number uint32 // of the generated name, see upn.Number; of a sameKey, the row that has the key
	lane   uint16
	fate   fate
}

// maxLanes is how many customers a mark can tell apart.
const maxLanes = 1 << 16

// marks are those of all rows, and find the first row of each person. They grow
// in pieces: a slice that grows is in memory twice for a moment, which would be
// half of what a file of ten million rows needs.
type marks struct {
	chunks [][]mark
	len    int
	firsts [256]firsts // by the highest byte of the hash
	met    uint32      // see expect
}

// chunkSize is how many marks are allocated at a time.
const chunkSize = 4096

// grow makes room for the first rows of n people, for speed, as [upn.Names.Grow] does.
func (ms *marks) grow(n int) {
	each := float64(n) / float64(len(ms.firsts))
	slots := int(each+4*math.Sqrt(each))*5/4 + 5 // chance fills hardly any table more than that
	for i := range ms.firsts {
		if t := &ms.firsts[i]; slots > max(minSlots, len(t.slots)) {
			t.resize(slots)
		}
	}
}

// add appends the mark of the next row.
func (ms *marks) add(m mark) {
	if ms.len%chunkSize == 0 {
		ms.chunks = append(ms.chunks, make([]mark, 0, chunkSize))
	}
	last := &ms.chunks[len(ms.chunks)-1]
	*last = append(*last, m)
	ms.len++
}

// at returns the mark of a row, which must be there.
func (ms *marks) at(row int) *mark { return &ms.chunks[(row-1)/chunkSize][(row-1)%chunkSize] }

// all ranges over the marks in the order of the rows.
func (ms *marks) all() iter.Seq[mark] {
	return func(yield func(mark) bool) {
		for _, chunk := range ms.chunks {
			for _, m := range chunk {
				if !yield(m) {
					return
				}
			}
		}
	}
}

// first returns the row that had the hash first: row itself if it is new, and then
// row must be added next. Two people whose keys have one hash would be taken for
// one; in a file of ten million rows that happens three times in a million runs.
func (ms *marks) first(hash uint64, row uint32) uint32 {
	t := &ms.firsts[hash>>56]
	if t.used >= len(t.slots)/5*4 {
		t.resize(len(t.slots) + max(minSlots, min(len(t.slots), 4096), len(t.slots)/4))
	}
	for i := t.place(uint32(hash)); ; i++ {
		if i == len(t.slots) {
			i = 0
		}
		switch s := &t.slots[i]; {
		case s.row == 0:
			*s = slot{uint32(hash), row}
			t.used++
			return row
		case s.tag == uint32(hash) && ms.at(int(s.row)).hash == hash:
			return s.row
		}
	}
}

// find reports whether a row that was added has the hash.
func (ms *marks) find(hash uint64) bool {
	t := &ms.firsts[hash>>56]
	if t.used == 0 {
		return false
	}
	for i := t.place(uint32(hash)); t.slots[i].row != 0; i = (i + 1) % len(t.slots) {
		if s := t.slots[i]; s.tag == uint32(hash) && int(s.row) <= ms.len && ms.at(int(s.row)).hash == hash {
			return true
		}
	}
	return false
}

// expect is told of rows for which first will be called soon. It exists for speed:
// each slot is elsewhere in memory, and a processor fetches many of them at once
// if none has to wait for what another one says.
func (ms *marks) expect(batch []judged) {
	for i := range batch {
		hash := batch[i].hash
		if t := &ms.firsts[hash>>56]; t.used > 0 {
			ms.met ^= t.slots[t.place(uint32(hash))].row // what is not used is not fetched
		}
	}
}

// firsts is an open-addressing table of rows by their hashes: Go's map would need
// four times the memory, and its cache misses were a quarter of the time of a whole
// validation.
type firsts struct {
	slots []slot
	used  int
}

// A table is at most four fifths full. Where grow was not called, small ones double
// and large ones grow by a quarter.
const minSlots = 20

// slot is one row; row 0 is free. The rest of the hash is in the row's mark.
type slot struct{ tag, row uint32 }

func (t *firsts) place(tag uint32) int { return int(uint64(tag) * uint64(len(t.slots)) >> 32) }

// resize moves the rows into a larger table: old and new places are in the same order,
// so that moving is one walk through memory.
func (t *firsts) resize(slots int) {
	old := t.slots
	t.slots = make([]slot, slots)
	clear(t.slots) // memory that is read before it is written costs a system twice the work
	for _, s := range old {
		if s.row == 0 {
			continue
		}
		i := t.place(s.tag)
		for t.slots[i].row != 0 {
			if i++; i == len(t.slots) {
				i = 0
			}
		}
		t.slots[i] = s
	}
}
