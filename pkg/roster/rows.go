package roster

import (
	"io"
	"iter"
	"runtime"
	"sync"
)

// Rows ranges over the file's rows in order, as often as wanted, and gives the
// same rows every time. An error ends the range and means that the file is bad,
// or was changed since Open. Rows may be kept.
func (f *File) Rows() iter.Seq2[Row, error] {
	return Map(f, func(r Row) Row { return r })
}

// Map calls work for each row, on as many goroutines as there are processors and
// in no particular order, and yields what it returned in the order of the file.
// What can be done for a row alone belongs into work, what depends on the rows
// before it into the loop:
//
//	for local, err := range roster.Map(people, func(r roster.Row) string { return romanised(r) }) {
//		…
//	}
//
// The order, the numbers and the lines do not depend on the number of processors.
func Map[T any](f *File, work func(Row) T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		p, err := f.begin()
		if err != nil {
			yield(none, err)
			return
		}
		jobs := share(p, work)
		defer jobs.stop()
		for j := range jobs.ordered {
			<-j.done
			p.learn(j.found)
			for _, result := range j.results {
				if !yield(result, nil) {
					return
				}
			}
			if j.batch.err != nil {
				yield(none, withPath(j.batch.err, f.path))
				return
			}
		}
		p.complete()
	}
}

// job is a batch on its way.
type job[T any] struct {
	batch   *batch
	results []T
	found   findings
	done    chan struct{} // closed once results and found are there
}

// jobs are the goroutines of one pass.
type jobs[T any] struct {
	ordered chan *job[T] // in the order of the file
	quit    chan struct{}
	running sync.WaitGroup
	pass    *pass
}

// share starts one goroutine that cuts the text into batches and others that read
// them. The queue bounds how far they run ahead of the consumer.
func share[T any](p *pass, work func(Row) T) *jobs[T] {
	workers := runtime.GOMAXPROCS(0)
	js := &jobs[T]{ordered: make(chan *job[T], 2*workers), quit: make(chan struct{}), pass: p}
	todo := make(chan *job[T])
	js.running.Go(func() {
		defer close(js.ordered)
		defer close(todo)
		for b := p.splitter.next(); b != nil; b = p.splitter.next() {
			bad := b.err != nil
			j := &job[T]{batch: b, done: make(chan struct{})}
			select {
			case js.ordered <- j:
			case <-js.quit:
				return
			}
			select {
			case todo <- j:
			case <-js.quit:
				return
			}
			if bad {
				return
			}
		}
	})
	for range workers {
		js.running.Go(func() {
			for j := range todo {
				j.results = make([]T, 0, len(j.batch.marks))
				j.found = p.file.read(j.batch, func(r Row) { j.results = append(j.results, work(r)) })
				close(j.done)
			}
		})
	}
	return js
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

// read reads and checks a batch's rows.
func (f *File) read(b *batch, each func(Row)) findings {
	var rows recordReader
	members := newJSONReader(f.members)
	rows = members
	if !f.isJSON {
		r, err := newCSVReader(f.rawHead, b.text, f.shape, f.fields)
		if err != nil {
			b.err = err
			return findings{}
		}
		rows = r
	}
	c := checker{file: f}
	for i, m := range b.marks {
		raw := b.record(i)
		rec, fault := rows.read(raw)
		if m.n == 0 {
			continue
		}
		row := Row{N: m.n, Line: m.line, raw: raw, file: f}
		c.check(rec, fault, &row)
		each(row)
	}
	return findings{c.cleaned, members.unknown}
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
	s := &splitter{in: text, source: f.source, find: f.shape.find, maxLine: f.maxLine, line: f.line}
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
	f.mapping.Cleaned, f.mapping.Skipped = p.cleaned, p.splitter.skipped
	if f.isJSON {
		f.mapping.Columns = memberColumns(p.unknown, f.members)
	}
}
