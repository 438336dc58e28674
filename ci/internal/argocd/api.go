package argocd

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/pingvas/pingvas-ci/ci/internal/names"
	"github.com/pingvas/pingvas-ci/ci/internal/plain"
)

// Server is an Argo CD server, spoken to by its HTTP interface.
type Server struct {
	address string
	token   string
	http    *http.Client
	pause   time.Duration
}

// Option changes how a server is spoken to.
type Option func(*settings)

type settings struct {
	server Server
	plain  bool
}

// WithPlainHTTP allows HTTP without encryption, for a server that is a service
// of the same call and never leaves the engine's own network.
func WithPlainHTTP() Option { return func(s *settings) { s.plain = true } }

// Connect returns the server at an address such as https://argocd.example.com,
// spoken to with the token of an account or a project's role. It asks nothing
// yet.
func Connect(address, token string, opts ...Option) (Server, error) {
	s := settings{server: Server{address: strings.TrimSuffix(address, "/"), token: strings.TrimSpace(token), http: http.DefaultClient, pause: 3 * time.Second}}
	for _, set := range opts {
		set(&s)
	}
	u, err := url.Parse(s.server.address)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return Server{}, fmt.Errorf("Argo CD: %q is no address. Give one such as https://argocd.example.com", plain.Redacted(address))
	case u.Scheme != "https" && !s.plain:
		return Server{}, fmt.Errorf("Argo CD: the token is only sent over https, not to %s. Give an https address", plain.Redacted(address))
	case s.server.token == "":
		return Server{}, errors.New("Argo CD: there is no token. Give one of an account or of a project's role")
	}
	direct := *s.server.http
	direct.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	s.server.http = &direct
	return s.server, nil
}

// Status is what an application is doing.
type Status struct {
	// Application is its name.
	Application string
	// Sync is Synced, OutOfSync or Unknown.
	Sync string
	// Health is Healthy, Progressing, Degraded, Suspended, Missing or Unknown.
	Health string
	// Revision is the commit that the sync state is of.
	Revision string
	// Phase is that of the last operation: Running, Succeeded, Failed, Error or
	// Terminating; empty when there was none.
	Phase string
	// Operated is the commit that the last operation was of.
	Operated string
	// Message is what the last operation said.
	Message string
	// Automated tells whether Argo CD syncs each commit by itself.
	Automated bool
	// Conditions are what Argo CD complains about.
	Conditions []string
	// History are the deployments, oldest first.
	History []Deployment
}

// Deployment is one entry of an application's history.
type Deployment struct {
	// ID is what a rollback names it by.
	ID int64
	// Revision is the commit that was deployed, and At when.
	Revision string
	At       time.Time
	// By is who started it: a user, or "automated".
	By string
}

// application is what is read of Argo CD's answer.
type application struct {
	Metadata struct {
		Name string `json:"name"`
	} `json:"metadata"`
	Spec struct {
		SyncPolicy *struct {
			Automated *struct {
				Enabled *bool `json:"enabled"`
			} `json:"automated"`
		} `json:"syncPolicy"`
	} `json:"spec"`
	Status struct {
		Sync struct {
			Status   string `json:"status"`
			Revision string `json:"revision"`
		} `json:"sync"`
		Health struct {
			Status  string `json:"status"`
			Message string `json:"message"`
		} `json:"health"`
		Conditions []struct {
			Type    string `json:"type"`
			Message string `json:"message"`
		} `json:"conditions"`
		OperationState *struct {
			Phase     string `json:"phase"`
			Message   string `json:"message"`
			Operation struct {
				Sync struct {
					Revision string `json:"revision"`
				} `json:"sync"`
			} `json:"operation"`
			Result struct {
				Revision string `json:"revision"`
			} `json:"syncResult"`
		} `json:"operationState"`
		History []struct {
			ID          int64     `json:"id"`
			Revision    string    `json:"revision"`
			DeployedAt  time.Time `json:"deployedAt"`
			InitiatedBy struct {
				Username  string `json:"username"`
				Automated bool   `json:"automated"`
			} `json:"initiatedBy"`
		} `json:"history"`
	} `json:"status"`
}

func (a application) status() Status {
	s := Status{
		Application: a.Metadata.Name, Sync: a.Status.Sync.Status, Health: a.Status.Health.Status, Revision: a.Status.Sync.Revision,
	}
	if p := a.Spec.SyncPolicy; p != nil && p.Automated != nil {
		s.Automated = p.Automated.Enabled == nil || *p.Automated.Enabled
	}
	if o := a.Status.OperationState; o != nil {
		s.Phase, s.Message, s.Operated = o.Phase, o.Message, cmp.Or(o.Result.Revision, o.Operation.Sync.Revision)
	}
	for _, c := range a.Status.Conditions {
		s.Conditions = append(s.Conditions, c.Type+": "+c.Message)
	}
	for _, h := range a.Status.History {
		by := h.InitiatedBy.Username
		if h.InitiatedBy.Automated {
			by = "automated"
		}
		s.History = append(s.History, Deployment{h.ID, h.Revision, h.DeployedAt.UTC(), by})
	}
	return s
}

// Status asks what an application is doing. With refresh Argo CD looks at the
// repository first.
func (s Server) Status(ctx context.Context, name string, refresh bool) (Status, error) {
	if err := names.Component(name); err != nil {
		return Status{}, fmt.Errorf("Argo CD: %w", err)
	}
	path := "/api/v1/applications/" + name
	if refresh {
		path += "?refresh=normal"
	}
	var app application
	if err := s.call(ctx, http.MethodGet, path, nil, &app); err != nil {
		return Status{}, fmt.Errorf("status of the application %s: %w", name, err)
	}
	return app.status(), nil
}

// call sends one request. No message holds the token.
func (s Server) call(ctx context.Context, method, path string, body, into any) error {
	var content io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return err
		}
		content = bytes.NewReader(raw)
	}
	request, err := http.NewRequestWithContext(ctx, method, s.address+path, content)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+s.token)
	request.Header.Set("Content-Type", "application/json")
	response, err := s.http.Do(request)
	if err != nil {
		return fmt.Errorf("%w. Check the address and that the server runs", err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(response.Body, 32<<20))
	if err != nil {
		return err
	}
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return refusal(response, answer)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(answer, into)
}

// ErrNoApplication says that the application is not there, or hidden from the
// token: Argo CD answers both alike.
var ErrNoApplication = errors.New("there is no such application, or the token may not see it")

func refusal(response *http.Response, answer []byte) error {
	var said struct {
		Error   string `json:"error"`
		Message string `json:"message"`
	}
	_ = json.Unmarshal(answer, &said) // What is not JSON has nothing to add.
	text := said.Message
	if text == "" {
		text = said.Error
	}
	text = plain.Line(text)
	switch response.StatusCode {
	case http.StatusUnauthorized:
		return fmt.Errorf("Argo CD does not take the token: %s. Give a new one", text)
	case http.StatusForbidden, http.StatusNotFound:
		return fmt.Errorf("%w: Argo CD answered %s: %s. Correct the name, or give the token's role the right", ErrNoApplication, response.Status, text)
	}
	return fmt.Errorf("Argo CD answered %s: %s", response.Status, text)
}
