package registry

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// pace is what a registry is waited for. A transport's own limits end with an
// answer's header: what drips after it would be waited for as long as it drips.
type pace struct {
	// rate is how many bytes a second are enough, on average over a window. The
	// slowest links that people work over, of mobile phones, have ten times that.
	rate int
	// receiving and sending are the windows. What is sent can lie for minutes in
	// the buffers of a slow link, so that nothing moves for a while.
	receiving, sending time.Duration
	// answer is how long all of an answer may take that is no blob: a manifest, a
	// list or a token has kilobytes. A blob may take as long as it is large.
	answer time.Duration
	// most is how many bytes such an answer may have. Registries themselves take
	// no manifest of more than 4 MiB.
	most int64
}

var usual = pace{rate: 1 << 10, receiving: time.Minute, sending: 5 * time.Minute, answer: 2 * time.Minute, most: 8 << 20}

var (
	errSlow  = errors.New("the registry is too slow: for minutes it took or sent less than 1 KiB a second, or it did not end a short answer. Look at it and at the network, and run again")
	errLarge = errors.New("the registry's answer has more than 8 MiB, which no manifest, list or token has. Look at what answers there")
)

// paced gives up what is slower than its pace.
type paced struct {
	http.RoundTripper
	pace pace
}

func (p paced) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(r.Context())
	giveUp := func() { cancel(errSlow) }
	ours := r.WithContext(ctx)
	if r.Body != nil && r.Body != http.NoBody {
		ours.Body = &sent{ReadCloser: r.Body, meter: p.pace.meter(p.pace.sending, giveUp)}
	}
	response, err := p.RoundTripper.RoundTrip(ours)
	if err != nil {
		err = said(ctx, err)
		cancel(nil)
		return nil, err
	}
	answer := &received{ReadCloser: response.Body, ctx: ctx, cancel: cancel, meter: p.pace.meter(p.pace.receiving, giveUp), left: -1}
	if !ofBlob(r) {
		answer.left, answer.end = p.pace.most, time.AfterFunc(p.pace.answer, giveUp)
	}
	response.Body = answer
	return response, nil
}

// said is why a request ended: a context's own error says less.
func said(ctx context.Context, err error) error {
	if errors.Is(context.Cause(ctx), errSlow) {
		return errSlow
	}
	return err
}

// ofBlob tells whether a request is for the content of a layer, or was before a
// redirection to where that is kept.
func ofBlob(r *http.Request) bool {
	for r.Response != nil && r.Response.Request != nil {
		r = r.Response.Request
	}
	return strings.Contains(r.URL.Path, "/blobs/")
}

// received is an answer's body.
type received struct {
	io.ReadCloser
	ctx    context.Context //nolint:containedctx // The request's, which the body belongs to.
	cancel context.CancelCauseFunc
	meter  *meter
	left   int64 // bytes that it may still have; negative is any number
	end    *time.Timer
}

func (r *received) Read(into []byte) (int, error) {
	r.meter.begin()
	n, err := r.ReadCloser.Read(into)
	r.meter.end(n)
	if r.left >= 0 {
		if r.left -= int64(n); r.left < 0 {
			return 0, errLarge
		}
	}
	if err != nil && !errors.Is(err, io.EOF) {
		err = said(r.ctx, err)
	}
	return n, err
}

func (r *received) Close() error {
	if r.end != nil {
		r.end.Stop()
	}
	err := r.ReadCloser.Close()
	r.cancel(nil)
	return err
}

// sent is a request's body: between two reads of it the network has what was
// read.
type sent struct {
	io.ReadCloser
	meter *meter
	last  int
}

func (s *sent) Read(into []byte) (int, error) {
	s.meter.end(s.last)
	n, err := s.ReadCloser.Read(into)
	if s.last = n; err == nil {
		s.meter.begin()
	}
	return n, err
}

func (s *sent) Close() error {
	s.meter.end(0)
	return s.ReadCloser.Close()
}

func (p pace) meter(window time.Duration, giveUp func()) *meter {
	return &meter{window: window, least: int(window.Seconds() * float64(p.rate)), giveUp: giveUp}
}

// meter measures what passes in the time that is spent waiting for the network,
// and gives up at the end of a window in which that was too little.
type meter struct {
	window time.Duration
	least  int
	giveUp func()

	mu     sync.Mutex
	timer  *time.Timer // nil where nothing is waited for
	began  time.Time
	waited time.Duration
	passed int
}

func (m *meter) begin() {
	m.mu.Lock()
	defer m.mu.Unlock()
	left := m.window
	if m.passed < m.least {
		left -= m.waited
	}
	m.began, m.timer = time.Now(), time.AfterFunc(left, m.giveUp)
}

func (m *meter) end(passed int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.timer == nil {
		return
	}
	m.timer.Stop()
	m.timer = nil
	m.waited += time.Since(m.began)
	m.passed += passed
	if m.waited >= m.window {
		if m.passed < m.least {
			m.giveUp()
		}
		m.waited, m.passed = 0, 0
	}
}
