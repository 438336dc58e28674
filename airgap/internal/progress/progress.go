// Package progress tells a person what the kit is doing: one line when a step
// begins to take long, one when it ends, each with the time it took.
package progress

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// quiet is how long a step may run before it is announced, and how often it is
// announced again. Shorter steps get their one closing line only.
const (
	quiet  = 2 * time.Second
	repeat = 15 * time.Second
)

// Log prints steps to one writer. Steps may run at the same time.
type Log struct {
	mu  sync.Mutex
	out io.Writer
}

// New returns a Log that writes to out.
func New(out io.Writer) *Log {
	return &Log{out: out}
}

// Run runs fn as a named step and returns its error.
func (l *Log) Run(name string, fn func() error) error {
	begin := time.Now()
	stop := make(chan struct{})
	var ticking sync.WaitGroup
	ticking.Go(func() { l.tick(name, begin, stop) })

	err := fn()

	close(stop)
	ticking.Wait()
	mark := "✔"
	if err != nil {
		mark = "✘"
	}
	l.line("%s %-44s %7s", mark, name, elapsed(begin))
	return err
}

// Cached says that a step's result was there already.
func (l *Log) Cached(name string) { l.line("= %-44s  cached", name) }

// Note prints one line of plain text.
func (l *Log) Note(format string, args ...any) { l.line("  "+format, args...) }

func (l *Log) tick(name string, begin time.Time, stop <-chan struct{}) {
	timer := time.NewTimer(quiet)
	defer timer.Stop()
	for {
		select {
		case <-stop:
			return
		case <-timer.C:
			l.line("… %-44s %7s", name, elapsed(begin))
			timer.Reset(repeat)
		}
	}
}

func (l *Log) line(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	// A progress line that cannot be written must not fail the work it reports.
	_, _ = fmt.Fprintf(l.out, format+"\n", args...)
}

func elapsed(since time.Time) string {
	return fmt.Sprintf("%.1fs", time.Since(since).Seconds())
}
