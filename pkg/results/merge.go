package results

import (
	"errors"
	"fmt"
	"iter"
)

// Merge joins the results files at paths, such as those of the shards of one
// run, into one sequence in the order of the row numbers. It holds one row of
// each file at a time. It can be ranged over again.
//
// Files that do not belong together are refused by an error that names them: two
// that both have a result for one row, one whose rows are out of order, and ones
// of which some only planned and others acted. That a row is in none of them is
// no error; [Summary.LastRow] tells.
func Merge(paths ...string) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		m := merger{}
		defer m.stop()
		if err := m.open(paths); err != nil {
			yield(Row{}, err)
			return
		}
		for len(m.heads) > 0 {
			row, err := m.next()
			if err != nil {
				yield(Row{}, err)
				return
			}
			if !yield(row, nil) {
				return
			}
		}
	}
}

type merger struct {
	heads          []*head
	last           *head // where the row before came from
	lastN          int
	planned, acted string // a file that has such a row
}

// head is a file and its next row.
type head struct {
	path string
	row  Row
	next func() (Row, error, bool)
	stop func()
}

func (m *merger) open(paths []string) error {
	if len(paths) == 0 {
		return errors.New("there are no results files to join")
	}
	for _, path := range paths {
		h := &head{path: path}
		h.next, h.stop = iter.Pull2(Read(path))
		m.heads = append(m.heads, h)
		if err := m.advance(len(m.heads) - 1); err != nil {
			return err
		}
	}
	return nil
}

// advance reads the next row of the i-th file, or takes the file out at its end.
func (m *merger) advance(i int) error {
	h := m.heads[i]
	before := h.row.N
	row, err, ok := h.next()
	if err != nil {
		return err
	}
	if !ok {
		h.stop()
		m.heads = append(m.heads[:i], m.heads[i+1:]...)
		return nil
	}
	if row.N <= before {
		return fmt.Errorf("%s: row %d stands after row %d; a results file is in the order of its rows, so this one was changed or is two in one", h.path, row.N, before)
	}
	h.row = row
	return m.sameKind(h)
}

func (m *merger) sameKind(h *head) error {
	switch h.row.Status {
	case Planned:
		m.planned = h.path
	case Created, Exists, Failed, Pending:
		// A plan has rows that exist too, so that these tell nothing.
		if h.row.Status != Exists {
			m.acted = h.path
		}
	}
	if m.planned != "" && m.acted != "" {
		return fmt.Errorf("%s is of a plan and %s of an apply; join only results of one kind", m.planned, m.acted)
	}
	return nil
}

func (m *merger) next() (Row, error) {
	least := 0
	for i, h := range m.heads {
		if h.row.N < m.heads[least].row.N {
			least = i
		}
	}
	h := m.heads[least]
	row := h.row
	if m.last != nil && row.N == m.lastN {
		return Row{}, fmt.Errorf("row %d is in %s and in %s; join only the results of different shards of one input", row.N, m.last.path, h.path)
	}
	m.last, m.lastN = h, row.N
	return row, m.advance(least)
}

func (m *merger) stop() {
	for _, h := range m.heads {
		h.stop()
	}
}
