package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// bearer is what a job of this GitHub asks for tokens with.
const bearer = "the-bearer-of-a-job"

// startIssuer serves an OIDC issuer that gives out tokens as GitHub's does: GET
// /oidc/token?audience=sigstore, for the bearer. Tests also ask for another
// workflow's and for one that has ended: &workflow=..., &lifetime=-1m.
func (s *instance) startIssuer(context.Context) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: "1"}}, nil)
	if err != nil {
		return err
	}
	issuer := s.address + "/oidc"
	mux := http.NewServeMux()
	s.serve("/oidc", mux)
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]any{
			"issuer": issuer, "jwks_uri": issuer + "/keys", "response_types_supported": []string{"id_token"},
			"subject_types_supported": []string{"public"}, "id_token_signing_alg_values_supported": []string{"ES256"},
		})
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "1", Algorithm: "ES256", Use: "sig"}}})
	})
	mux.HandleFunc("/token", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+bearer {
			http.Error(w, "who are you?", http.StatusUnauthorized)
			return
		}
		lifetime, err := time.ParseDuration(r.URL.Query().Get("lifetime"))
		if err != nil {
			lifetime = 5 * time.Minute
		}
		workflow := r.URL.Query().Get("workflow")
		if workflow == "" {
			workflow = "delivery.yml"
		}
		token, err := jwt.Signed(signer).Claims(claims(issuer, r.URL.Query().Get("audience"), workflow, lifetime)).Serialize()
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		answer(w, map[string]string{"value": token})
	})
	return nil
}

// claims are those of a job on main.
func claims(issuer, audience, workflow string, lifetime time.Duration) map[string]any {
	const repository, commit = "pingvas/pingvas-studio", "0123456789abcdef0123456789abcdef01234567"
	reference := repository + "/.github/workflows/" + workflow + "@refs/heads/main"
	now := time.Now()
	return map[string]any{
		"iss": issuer, "aud": audience, "sub": "repo:" + repository + ":ref:refs/heads/main",
		"iat": now.Add(-time.Hour).Unix(), "nbf": now.Add(-time.Hour).Unix(), "exp": now.Add(lifetime).Unix(),
		"repository": repository, "repository_id": "1", "repository_owner": "pingvas", "repository_owner_id": "2",
		"repository_visibility": "private", "ref": "refs/heads/main", "sha": commit, "event_name": "push",
		"workflow": "Delivery", "workflow_ref": reference, "workflow_sha": commit,
		"job_workflow_ref": reference, "job_workflow_sha": commit,
		"run_id": "3", "run_attempt": "1", "runner_environment": "github-hosted", "actor": "somebody",
	}
}

func answer(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(body)
}
