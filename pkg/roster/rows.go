package roster

import (
	"io"
	"iter"
	"runtime"
	"sync"
)

// Rows ranges over the file's rows in order, as often as wanted, and gives the
// same rows every time. An error ends the range and means that the file is bad,
// or was changed since Open. Rows may be kept; each keeps the 32 KiB of text around
// it in memory.
func (f *File) Rows() iter.Seq2[Row, error] {
	return Map(f, func(r *Row) Row { return *r })
}

// Map calls work for each row, on as many goroutines as there are processors and
// in no particular order, and yields what it returned in the order of the file.
// What needs nothing but the row belongs in work; what depends on earlier rows belongs
// in the loop:
//
//	for local, err := range roster.Map(people, func(r *roster.Row) string { return romanised(r) }) {
//		…
//	}
//
// What work returns may point into its row, but only until the loop asks for the next
// result: the row is then reused. The order, the numbers and the lines do not depend on
// the number of processors.
func Map[T any](f *File, work func(*Row) T) iter.Seq2[T, error] {
	all := func(rows []Row, results []T) []T {
		for i := range rows {
			results = append(results, work(&rows[i]))
		}
		return results
	}
	return func(yield func(T, error) bool) {
		for batch, err := range MapBatches(f, all) {
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, result := range batch {
				if !yield(result, nil) {
					return
				}
			}
		}
	}
}

// MapBatches is [Map] for work that is faster on many rows at once. It gets some hundred
// rows and appends one result for each to results; the loop gets that slice. The slice
// and its rows are good until the loop asks for the next one.
func MapBatches[T any](f *File, work func(rows []Row, results []T) []T) iter.Seq2[[]T, error] {
	return func(yield func([]T, error) bool) {
		p, err := f.begin()
		if err != nil {
			yield(nil, err)
			return
		}
		jobs := share(p, work)
		defer jobs.stop()
		for j := range jobs.ordered {
			<-j.done
			p.learn(j.found)
			if !yield(j.results, nil) {
				return
			}
			jobs.recycle(j.space)
			if j.err != nil {
				yield(nil, withPath(j.err, f.path))
				return
			}
		}
		p.complete()
	}
}

// job is a batch on its way.
type job[T any] struct {
	batch *batch
	space[T]
	found findings
	err   error         // the file is bad after these results
	done  chan struct{} // closed once the other fields are there
}

// space holds a batch's rows and what was made of them.
type space[T any] struct {
	rows    []Row
	results []T
}

// jobs are the goroutines of one pass.
type jobs[T any] struct {
	ordered chan *job[T]  // in the order of the file
	spare   chan space[T] // what was consumed, to be used again
	quit    chan struct{}
	running sync.WaitGroup
	cutting sync.Mutex // of who cuts the next batch off and puts it into ordered
	ended   bool       // the last one is
	pass    *pass
}

// share starts the goroutines that read. The queue bounds how far they run ahead of the
// consumer.
func share[T any](p *pass, work func([]Row, []T) []T) *jobs[T] {
	workers := runtime.GOMAXPROCS(0)
	js := &jobs[T]{
		ordered: make(chan *job[T], 2*workers),
		spare:   make(chan space[T], 4*workers),
		quit:    make(chan struct{}),
		pass:    p,
	}
	for range workers {
		js.running.Go(func() { js.read(work) })
	}
	return js
}

// next cuts off the next batch and queues it for the consumer, so that the results come
// in the order of the file. The caller itself reads the batch, whose text is still in
// its processor's cache. next returns nil when there is nothing more to do.
func (js *jobs[T]) next() *job[T] {
	js.cutting.Lock()
	defer js.cutting.Unlock()
	if js.ended {
		return nil
	}
	b := js.pass.splitter.next()
	j := &job[T]{batch: b, done: make(chan struct{})}
	if b != nil {
		select {
		case js.ordered <- j:
		case <-js.quit:
			b = nil
		}
	}
	if b == nil || b.err != nil {
		js.ended = true
		close(js.ordered)
	}
	if b == nil {
		return nil
	}
	return j
}

// read does jobs until there are no more.
func (js *jobs[T]) read(work func([]Row, []T) []T) {
	f := js.pass.file
	r, err := f.reader()
	for j := js.next(); j != nil; j = js.next() {
		j.space = js.space(len(j.batch.marks))
		if j.err = err; err == nil {
			j.rows, j.found = f.read(r, j.batch, j.rows)
			j.results = work(j.rows, j.results)
			j.err = j.batch.err
			js.pass.splitter.recycle(j.batch)
		}
		close(j.done)
	}
}

// space returns empty space for n rows, and some more for the batches that use it
// again.
func (js *jobs[T]) space(n int) space[T] {
	select {
	case s := <-js.spare:
		return space[T]{s.rows[:0], s.results[:0]}
	default:
		n += n / 4
		return space[T]{make([]Row, 0, n), make([]T, 0, n)}
	}
}

func (js *jobs[T]) recycle(s space[T]) {
	select {
	case js.spare <- s:
	default:
	}
}

// stop ends the goroutines and closes the input.
func (js *jobs[T]) stop() {
	close(js.quit)
	js.running.Wait()
	js.pass.in.Close() // was only read
}

// findings are what a batch adds to Mapping.
type findings struct {
	cleaned int
	unknown []string
}

// reader makes a reader for one goroutine.
func (f *File) reader() (recordReader, error) {
	if f.isJSON {
		return newJSONReader(f.members), nil
	}
	return newCSVReader(f.rawHead, f.shape, f.fields)
}

// read reads and checks a batch's rows and appends them.
func (f *File) read(from recordReader, b *batch, rows []Row) ([]Row, findings) {
	c := checker{file: f}
	b.file = f
	from.load()
	for i, m := range b.marks {
		raw := b.record(m)
		rec, fault := from.read(raw, m.plain)
		if f.isRejects {
			rec.fuse()
			if fault == nil {
				fault = f.unmended(raw)
			}
		}
		rows = append(rows, Row{N: b.first + i, Line: b.line + int(m.line), batch: b, start: m.start, end: m.end})
		c.row = &rows[len(rows)-1]
		if fault != nil && fault.Code == shortRow {
			c.row.Warnings, fault = append(c.row.Warnings, *fault), nil
		}
		c.check(rec, fault)
		if m.tall {
			c.swallowed()
		}
	}
	return rows, findings{c.cleaned, from.strangers()}
}

// pass is one reading of the file.
type pass struct {
	file     *File
	in       io.ReadCloser
	splitter *splitter
	cleaned  int
	unknown  []string
	met      map[string]bool
}

// begin opens the text at its first data row.
func (f *File) begin() (*pass, error) {
	in, err := f.source.open()
	if err != nil {
		return nil, withPath(err, f.path)
	}
	text := f.text.decoded(in)
	if _, err := io.CopyN(io.Discard, text, f.start); err != nil && err != io.EOF {
		in.Close()
		return nil, withPath(err, f.path)
	}
	s := &splitter{in: text, source: f.source, find: f.shape.find, maxLine: f.maxLine, line: f.line, spare: make(chan []mark, 8)}
	if f.isJSON {
		s.find = findLine
	}
	return &pass{file: f, in: in, splitter: s, met: map[string]bool{}}, nil
}

// learn adds up what the batches found, in their order.
func (p *pass) learn(found findings) {
	p.cleaned += found.cleaned
	for _, name := range found.unknown {
		if !p.met[name] && len(p.met) < maxMembers {
			p.met[name] = true
			p.unknown = append(p.unknown, name)
		}
	}
}

// complete makes the findings of a whole pass those of the file.
func (p *pass) complete() {
	f := p.file
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mapping.Cleaned = p.cleaned
	f.mapping.Examples, f.mapping.Blank = p.splitter.counts[example], p.splitter.counts[blank]
	if f.isJSON {
		f.mapping.Columns = memberColumns(p.unknown, f.members)
		f.others = otherMembers(p.unknown, f.members)
	}
}
