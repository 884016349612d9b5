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
	room  chan struct{} // has room for one: half of the part may be free
}

func newStage(size int) *stage { return &stage{size: size, lanes: map[*lane]*platform{}} }

// open gives a lane its part. The caller closes it when the lane is done.
func (s *stage) open(l *lane) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lanes[l] = &platform{room: make(chan struct{}, 1)}
}

func (s *stage) close(l *lane) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.lanes, l)
	for _, p := range s.lanes {
		s.tell(p)
	}
}

// enter takes all places that are free for the rows of the lane, as soon as they
// are half of its part: so the intents of many rows share a sync. It returns 0 if
// ctx was done before. One goroutine of a lane calls it.
func (s *stage) enter(ctx context.Context, l *lane) (places int) {
	for {
		s.mu.Lock()
		p := s.lanes[l]
		if places = s.free(p); places > 0 {
			p.taken += places
		}
		s.mu.Unlock()
		if places > 0 {
			return places
		}
		select {
		case <-p.room:
		case <-ctx.Done():
			return 0
		}
	}
}

// leave gives places back that enter has taken.
func (s *stage) leave(l *lane, places int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.lanes[l]; p != nil {
		p.taken -= places
		s.tell(p)
	}
}

// free returns how many places a lane may take now.
func (s *stage) free(p *platform) int {
	part := max(1, s.size/len(s.lanes))
	if free := part - p.taken; free > 0 && 2*free >= part {
		return free
	}
	return 0
}

// tell wakes a lane that may have waited for places.
func (s *stage) tell(p *platform) {
	if s.free(p) == 0 {
		return
	}
	select {
	case p.room <- struct{}{}:
	default:
	}
}
