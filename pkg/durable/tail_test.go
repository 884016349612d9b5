package durable

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// openSlow opens a journal in dir whose every sync takes so long, and counts these.
func openSlow(t *testing.T, dir string, onDisk time.Duration) (j *Journal, syncs *int) {
	t.Helper()
	syncs = new(int)
	j, err := OpenJournal(filepath.Join(dir, "x.jsonl"), Options{Hook: func(op string) error {
		if op == "sync" {
			*syncs++
			time.Sleep(onDisk)
		}
		return nil
	}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return j, syncs
}

// appendSideBySide has workers append so many records each, without a pause.
func appendSideBySide(t *testing.T, j *Journal, workers, each int) {
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for range each {
				if _, err := j.Append([]byte(`{"n":1}`)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

// Sixteen workers that append without a pause share syncs, of which there is at
// most one in syncEvery once it shows that they are several.
func TestJournalGroupsItsSyncs(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		j, syncs := openSlow(t, dir, 2*time.Millisecond)
		began := time.Now()
		appendSideBySide(t, j, 16, 100)
		took := time.Since(began)
		if most := int(took/syncEvery) + 2; *syncs > most {
			t.Errorf("%d syncs in %v, want at most %d", *syncs, took, most)
		}
		if took > 102*syncEvery {
			t.Errorf("1,600 records of 16 workers took %v, want about 100 syncs' time", took)
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

// One goroutine that appends waits for the disk and not for others.
func TestJournalKeepsNobodyWaitingWhoIsAlone(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		const onDisk = time.Millisecond
		j, _ := openSlow(t, dir, onDisk)
		began := time.Now()
		for range 10 {
			if _, err := j.Append([]byte(`{"n":1}`)); err != nil {
				t.Error(err)
			}
		}
		if took := time.Since(began); took != 10*onDisk {
			t.Errorf("10 records took %v, want the time of 10 syncs, %v", took, 10*onDisk)
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

// Records that one caller has gathered share a sync and do not wait for others.
func TestJournalWritesGatheredRecordsAtOnce(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		const onDisk = time.Millisecond
		j, syncs := openSlow(t, dir, onDisk)
		places := make([]Place, 3)
		if err := j.AppendAll([][]byte{[]byte(`{"n":0}`), []byte(`{"n":0}`)}, places[:2]); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if err := j.AppendAll([][]byte{[]byte(`{"n":1}`), []byte(`{"n":2}`), []byte(`{"n":3}`)}, places); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took != onDisk || *syncs != 2 {
			t.Errorf("three records took %v, and there were %d syncs, want %v and 2", took, *syncs, onDisk)
		}
		for i, p := range places {
			if record, err := j.Read(p); err != nil || !bytes.HasPrefix(record, fmt.Appendf(nil, `{"n":%d,`, i+1)) {
				t.Errorf("the record at place %d is %s, %v", p, record, err)
			}
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

// Where more workers append without a pause than there are records in a group, enough is
// gathered as soon as the disk is free, and nobody waits for the clock: each round of
// theirs takes about the sync under way when it begins and the next. By the clock it
// would be syncEvery.
func TestJournalDoesNotWaitWhenThereIsEnough(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		const onDisk = 2 * time.Millisecond
		j, _ := openSlow(t, dir, onDisk)
		began := time.Now()
		appendSideBySide(t, j, 2*enough, 10)
		if took, most := time.Since(began), 10*syncEvery/2; took > most {
			t.Errorf("10 rounds took %v, want at most %v", took, most)
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestJournalAfterAnErrorOfTheDisk(t *testing.T) {
	full := errors.New("no space left on device")
	for _, op := range []string{"write", "sync"} {
		path := filepath.Join(t.TempDir(), "x.jsonl")
		left := 3
		j, err := OpenJournal(path, Options{Hook: func(o string) error {
			if o == op {
				if left--; left < 0 {
					return full
				}
			}
			return nil
		}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		good := 0
		for range 10 {
			if _, err := j.Append([]byte(`{"n":1}`)); err == nil {
				good++
			} else if !errors.Is(err, full) {
				t.Errorf("%s: got error %v, want %v", op, err, full)
			}
		}
		if err := j.Close(); !errors.Is(err, full) {
			t.Errorf("%s: Close() = %v, want %v", op, err, full)
		}
		if got := len(lines(t, path)); good != 3 || got < good {
			t.Errorf("%s: %d appends succeeded and %d records are there, want 3 and at least 3", op, good, got)
		}
	}
}

func TestJournalCloseWhileAppending(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 0))
	for range 20 {
		path := filepath.Join(t.TempDir(), "x.jsonl")
		j, err := OpenJournal(path, Options{NoSync: true}, nil)
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		var mu sync.Mutex
		good := 0
		n := rnd.IntN(50)
		for range 8 {
			wg.Go(func() {
				for range n {
					_, err := j.Append([]byte(`{"n":1}`))
					if errors.Is(err, errClosed) {
						return
					}
					if err != nil {
						t.Error(err)
					}
					mu.Lock()
					good++
					mu.Unlock()
				}
			})
		}
		if err := j.Close(); err != nil {
			t.Error(err)
		}
		wg.Wait()
		if err := j.Close(); err != nil {
			t.Errorf("second Close() = %v", err)
		}
		if got := len(lines(t, path)); got != good {
			t.Errorf("%d records, want the %d whose Append succeeded", got, good)
		}
	}
}
