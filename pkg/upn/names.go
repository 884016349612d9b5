package upn

import (
	"bytes"
	"encoding/binary"
	"math"
	"strings"

	"github.com/cespare/xxhash/v2"
)

// Names is the set of user principal names that are taken, without regard to
// case. It is made by [NewNames] and not safe for concurrent use.
//
// It keeps 64-bit hashes instead of the names: 12 bytes a slot and between 15
// and 19 bytes a name (up to 30 of the first million where [Names.Grow] was not
// called), so that ten million names need less than 200 MB. Two names with one hash
// are taken for equal, which happens about three times in a million runs of ten
// million names each; a generated name then only gets a number that it did not need.
// No name is ever given out twice.
//
// The hash is made of xxHash64 without a seed, for the same file has to give the same
// names on every machine. Who can craft the file can craft names that share a
// hash and slow their own run down; nobody else's is touched.
type Names struct {
	segments [256]segment // by the highest byte of the hash
	met      uint32       // see Expect
}

// segment is an open-addressing table with linear probing. There are many small
// ones so that growing copies a 256th of the set at a time: a single table would
// need twice its memory for a moment.
type segment struct {
	slots []slot
	used  int
}

// A segment is at most four fifths full, and one that grows by itself at least 64 %:
// small ones double, large ones grow by a quarter.
const minSlots = 20

// slot is a taken name. As three words of 32 bits it fills 12 bytes, and one
// cache line holds five. The hash 0 marks a free slot.
type slot struct {
	high, low uint32 // the hash of the name
	last      uint32 // highest number that Next gave to those who wanted this very name
}

// NewNames returns an empty set.
func NewNames() *Names { return &Names{} }

// Grow makes room for n names, for speed: a set that grows by itself is moved some
// twenty times on its way to ten million. A wrong guess does no harm.
func (s *Names) Grow(n int) {
	each := float64(n) / float64(len(s.segments))
	slots := int(each+4*math.Sqrt(each))*5/4 + 5 // chance fills hardly any segment more than that
	for i := range s.segments {
		if g := &s.segments[i]; slots > max(minSlots, len(g.slots)) {
			g.resize(slots)
		}
	}
}

// Reserve takes the name and reports whether it was free. The name is not checked:
// see [Check].
func (s *Names) Reserve(upn string) bool {
	var buf [128]byte
	_, isNew := s.insert(hash(append(buf[:0], upn...)))
	return isNew
}

// Has reports whether the name is taken.
func (s *Names) Has(upn string) bool {
	var buf [128]byte
	return s.find(hash(append(buf[:0], upn...))) != nil
}

// Hash is what [Names] keeps of a name.
type Hash uint64

// HashOf returns the hash of a complete name.
func HashOf(upn string) Hash {
	var buf [128]byte
	return Hash(hash(append(buf[:0], upn...)))
}

// Expect is told which names Next or Reserve will soon be asked for. It changes
// nothing and exists for speed: in a large set each name is elsewhere in memory, and
// a processor fetches many at once if none has to wait for what another one says.
func (s *Names) Expect(names []Hash) {
	for _, h := range names {
		s.fetch(uint64(h))
	}
	for _, h := range names {
		if e := s.find(uint64(h)); e != nil && e.last > 0 {
			s.fetch(numbered(uint64(h), uint64(e.last)+1))
		}
	}
}

func (s *Names) fetch(h uint64) {
	if g := &s.segments[h>>56]; g.used > 0 {
		s.met ^= g.slots[g.place(h)].low // what is not used is not fetched
	}
}

// Next takes the first free name among the wish itself and the wish with the [Number]
// 2, 3, … and returns that number; 1 means the wish itself.
//
// h is the [HashOf] the wish: callers can compute it on all processors at once, while
// Next runs for one name after the other. taken may be nil; a name for which it returns
// true is not free. It is not asked about numbers below the one that Next last returned
// for the same wish, so that a hundred thousand people of one name cost no more than as
// many with different names.
func (s *Names) Next(wish string, h Hash, taken func(upn string) bool) int {
	free := taken == nil || !taken(wish)
	entry, isNew := s.insert(uint64(h))
	if isNew && free {
		entry.last = 1
		return 1
	}
	n := max(int(entry.last), 1)
	for {
		n++
		if taken != nil && taken(Number(wish, n)) {
			continue
		}
		if _, isNew := s.insert(hashOfNumber(wish, h, n)); isNew {
			s.find(uint64(h)).last = uint32(n) // looked up again: insert may have moved it
			return n
		}
	}
}

// hashOfNumber returns the hash of the wish's [Number] n. It writes out what cutNumber
// would not undo: where the wish is so long that something may be cut off, and where it
// ends in a hyphen.
func hashOfNumber(wish string, h Hash, n int) uint64 {
	if at := strings.IndexByte(wish, '@'); 0 < at && at < maxLocal-maxDigits && wish[at-1] != '-' {
		return numbered(uint64(h), uint64(n))
	}
	var buf [128]byte
	return hash(append(buf[:0], Number(wish, n)...))
}

// hash folds the name to lower case, in place, and hashes it. It never returns 0.
func hash(name []byte) uint64 {
	i := 0
	for i+8 <= len(name) && isLower(binary.LittleEndian.Uint64(name[i:])) {
		i += 8
	}
	for ; i < len(name); i++ {
		if c := name[i]; 'A' <= c && c <= 'Z' {
			name[i] = c + 'a' - 'A'
		}
	}
	at := bytes.IndexByte(name, '@')
	if at < 0 {
		at = len(name)
	}
	return hashFolded(name, at)
}

// hashFolded hashes a name with a number behind its local part, which ends at at, by
// way of the name without it; see numbered. The name is overwritten.
func hashFolded(name []byte, at int) uint64 {
	base, n := cutNumber(name[:at])
	if n == 0 {
		return max(xxhash.Sum64(name), 1)
	}
	return numbered(hashFolded(append(base, name[at:]...), len(base)), n)
}

// numbered makes the hash of a name's [Number] n of the name's own. It exists for speed:
// the numbers of a name are tried, and expected, without writing them out.
func numbered(h, n uint64) uint64 {
	h += n * 0x9e3779b97f4a7c15
	h = (h ^ h>>32) * 0xd6e8feb86659fd93
	h = (h ^ h>>32) * 0xd6e8feb86659fd93
	return max(h^h>>32, 1)
}

// isLower reports whether none of eight bytes is a capital of ASCII. It exists for
// speed: nearly all names are in lower case when they are hashed.
func isLower(eight uint64) bool {
	const each = 0x0101010101010101
	low := eight & (0x7f * each)
	return (low+(0x80-'A')*each)&^(low+(0x7f-'Z')*each)&^eight&(0x80*each) == 0
}

// find returns the slot of a hash, nil if it has none. The slot moves at the next insert.
func (s *Names) find(h uint64) *slot {
	g := &s.segments[h>>56]
	if g.used == 0 {
		return nil
	}
	if e := g.probe(h); !e.free() {
		return e
	}
	return nil
}

// insert returns the slot of a hash and whether it was made for it.
func (s *Names) insert(h uint64) (e *slot, isNew bool) {
	g := &s.segments[h>>56]
	if g.used >= len(g.slots)/5*4 {
		g.resize(len(g.slots) + max(minSlots, min(len(g.slots), 4096), len(g.slots)/4))
	}
	e = g.probe(h)
	if !e.free() {
		return e, false
	}
	g.used++
	e.high, e.low = uint32(h>>32), uint32(h)
	return e, true
}

// probe returns the slot that has the hash, or the free one where it belongs.
// There is always a free one: see insert.
func (g *segment) probe(h uint64) *slot {
	high, low := uint32(h>>32), uint32(h)
	i := g.place(h)
	for {
		e := &g.slots[i]
		if e.high == high && e.low == low || e.free() {
			return e
		}
		if i++; i == len(g.slots) {
			i = 0
		}
	}
}

// place returns where the hash belongs. The highest byte is the same in the whole
// segment, so the next 32 bits choose the place: scaled, not masked, for the size is
// no power of two.
func (g *segment) place(h uint64) int {
	return int(uint64(uint32(h>>24)) * uint64(len(g.slots)) >> 32)
}

// resize moves the slots into a larger table. Since old and new places are in the same
// order, that is a walk through memory.
func (g *segment) resize(slots int) {
	old := g.slots
	g.slots = make([]slot, slots)
	clear(g.slots) // memory that is read before it is written costs a system twice the work
	for _, e := range old {
		if !e.free() {
			*g.probe(uint64(e.high)<<32 | uint64(e.low)) = e
		}
	}
}

func (e *slot) free() bool { return e.high|e.low == 0 }
