package sigstore

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// checkToken finds out what Fulcio would say of a token less clearly. Whether
// it is genuine only Fulcio can know. No message holds anything of it but whom
// it is for and when it ended.
func checkToken(token string, now time.Time) error {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return errors.New("the OIDC token is no JSON Web Token. Give the token itself, of three parts with dots between")
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	var claims struct {
		Audience audience `json:"aud"`
		Expires  float64  `json:"exp"`
	}
	if err == nil {
		err = json.Unmarshal(raw, &claims)
	}
	if err != nil {
		return errors.New("the OIDC token's claims cannot be read. Give the token as its issuer wrote it")
	}
	if ended := time.Unix(int64(claims.Expires), 0); claims.Expires != 0 && !now.Before(ended) {
		return fmt.Errorf("the OIDC token ended at %s. Give a new one, or --oidc-url and --oidc-token, by which new ones are fetched", ended.UTC().Format(time.RFC3339))
	}
	if !slices.Contains(claims.Audience, Audience) {
		return fmt.Errorf("the OIDC token is for %q. Ask its issuer for one for the audience %q", strings.Join(claims.Audience, ", "), Audience)
	}
	return nil
}

// audience is one text or several.
type audience []string

func (a *audience) UnmarshalJSON(raw []byte) error {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		*a = audience{one}
		return nil
	}
	return json.Unmarshal(raw, (*[]string)(a))
}
