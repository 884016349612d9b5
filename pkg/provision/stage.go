package provision

import (
	"context"
	"sync"
)

// A stage bounds how many rows of a run have a durable intent and no answer. The
// lanes that are served have equal parts of it: so a customer that keeps its rows
// waiting cannot take all of it, and those of the others go on.
type stage struct {
	mu    sync.Mutex
	size  int
	lanes map[*lane]*platform
}

// A platform is a lane's part of the stage.
type platform struct {
	taken int
	queue []chan struct{} // of rows that wait; closed when a place is theirs
}

func newStage(size int) *stage { return &stage{size: size, lanes: map[*lane]*platform{}} }

// open gives a lane its part. The caller closes it when the lane is done.
func (s *stage) open(l *lane) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lanes[l] = &platform{}
}

func (s *stage) close(l *lane) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.lanes, l)
	for _, p := range s.lanes {
		s.admit(p)
	}
}

// enter takes a place for a row of the lane, as soon as there is one. It reports
// false if ctx was done before.
func (s *stage) enter(ctx context.Context, l *lane) bool {
	place := make(chan struct{})
	s.mu.Lock()
	p := s.lanes[l]
	p.queue = append(p.queue, place)
	s.admit(p)
	s.mu.Unlock()
	select {
	case <-place:
		return true
	case <-ctx.Done(): // of the run: nobody needs the place
		return false
	}
}

// leave gives a place back that enter has taken.
func (s *stage) leave(l *lane) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.lanes[l]; p != nil {
		p.taken--
		s.admit(p)
	}
}

// admit lets rows in as far as the lane's part reaches.
func (s *stage) admit(p *platform) {
	part := max(1, s.size/len(s.lanes))
	for len(p.queue) > 0 && p.taken < part {
		close(p.queue[0])
		p.queue = p.queue[1:]
		p.taken++
	}
}
