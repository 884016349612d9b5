package provision

import "golang.org/x/sync/errgroup"

// crew runs tasks side by side, at most limit at a time, on goroutines that take
// up one task after the other. It exists for speed: net/http needs a deep stack,
// and to grow that of a new goroutine for every row took a tenth of a run's CPU.
type crew struct {
	group errgroup.Group
	tasks chan func() error // without room: a task is in it only if somebody idle takes it
	free  int               // goroutines that may still be started
}

func newCrew(limit int) *crew { return &crew{tasks: make(chan func() error), free: limit} }

// do has a task run, as soon as one of the limit's goroutines can. It is called
// by one goroutine.
func (c *crew) do(task func() error) {
	select {
	case c.tasks <- task:
		return
	default:
	}
	if c.free == 0 {
		c.tasks <- task
		return
	}
	c.free--
	c.group.Go(func() error {
		err := task()
		for next := range c.tasks {
			if failed := next(); err == nil {
				err = failed
			}
		}
		return err
	})
}

// wait ends the crew when all tasks are done, and returns the first error of one
// of the goroutines.
func (c *crew) wait() error {
	close(c.tasks)
	return c.group.Wait()
}
