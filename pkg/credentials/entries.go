package credentials

import (
	"encoding/csv"
	"errors"
	"hash/maphash"
	"iter"
	"strings"
)

// entry is a line of the file.
type entry struct {
	upn, password string
	mine          bool // was put by this run
}

// appendTo adds the entry as a line of CSV. A password is written as it is: an
// apostrophe against spreadsheet formulas would make it another one. Those that
// are generated here start with a letter.
func (e entry) appendTo(b []byte) []byte {
	b = append(appendCell(b, e.upn), ',')
	return append(appendCell(b, e.password), '\n')
}

func appendCell(b []byte, s string) []byte {
	if !strings.ContainsAny(s, `,";`) && strings.TrimSpace(s) == s {
		return append(b, s...)
	}
	b = append(b, '"')
	b = append(b, strings.ReplaceAll(s, `"`, `""`)...)
	return append(b, '"')
}

// parseEntry reads a line without its line feed.
func parseEntry(line string) (entry, error) {
	line = strings.TrimSuffix(line, "\r")
	upn, password, ok := strings.Cut(line, ",")
	if strings.ContainsAny(line, `"`) {
		cells, err := csv.NewReader(strings.NewReader(line)).Read()
		if ok = err == nil && len(cells) == 2; ok {
			upn, password = cells[0], cells[1]
		}
	} else if strings.Contains(password, ",") {
		ok = false
	}
	if !ok || upn == "" || password == "" || hasControl(line) {
		// The line may hold a password, so it is not repeated here.
		return entry{}, errors.New("this is no line with a user principal name, a comma and a password")
	}
	return entry{upn: upn, password: password}, nil
}

// memory is what a run knows of the entries without holding them: hashes of the
// names, in lower case, that it found in the file of an earlier run and that it
// forgot. Two names in a billion runs of 100,000 users may share a hash.
type memory struct {
	seed      maphash.Seed
	found     map[uint64]struct{}
	forgotten map[uint64]struct{}
}

func newMemory() memory {
	return memory{maphash.MakeSeed(), map[uint64]struct{}{}, map[uint64]struct{}{}}
}

func (m *memory) hash(upn string) uint64 { return maphash.String(m.seed, strings.ToLower(upn)) }

func (m *memory) forget(upn string)   { m.forgotten[m.hash(upn)] = struct{}{} }
func (m *memory) remember(upn string) { delete(m.forgotten, m.hash(upn)) }

// drops reports whether an entry is forgotten. One of an earlier run is so only
// if this run found it: another ledger may have put it there.
func (m *memory) drops(e entry) bool {
	h := m.hash(e.upn)
	if _, forgotten := m.forgotten[h]; !forgotten {
		return false
	}
	_, found := m.found[h]
	return e.mine || found
}

// last returns those entries that are to be kept: of each name the last one that
// is not forgotten. It ranges over all twice.
func (m *memory) last(all iter.Seq2[entry, error]) iter.Seq2[entry, error] {
	return func(yield func(entry, error) bool) {
		lasts, place := map[uint64]int{}, 0
		for e, err := range all {
			if err != nil {
				yield(entry{}, err)
				return
			}
			if place++; !m.drops(e) {
				lasts[m.hash(e.upn)] = place
			}
		}
		place = 0
		for e, err := range all {
			if err != nil {
				yield(entry{}, err)
				return
			}
			if place++; lasts[m.hash(e.upn)] == place && !yield(e, nil) {
				return
			}
		}
	}
}
