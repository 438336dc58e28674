package main

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	ct "github.com/google/certificate-transparency-go/client"
	"github.com/google/certificate-transparency-go/jsonclient"
	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"github.com/sigstore/fulcio/pkg/ca/ephemeralca"
	"github.com/sigstore/fulcio/pkg/config"
	"github.com/sigstore/fulcio/pkg/generated/protobuf"
	fulcio "github.com/sigstore/fulcio/pkg/server"
	common "github.com/sigstore/protobuf-specs/gen/pb-go/common/v1"
	"github.com/sigstore/sigstore-go/pkg/root"
	"github.com/sigstore/sigstore/pkg/signature"
	"google.golang.org/grpc/metadata"
)

// startFulcio serves Fulcio, with a certificate authority that it makes and the
// certificate transparency log of that.
func (s *instance) startFulcio(ctx context.Context) error {
	authority, err := ephemeralca.NewEphemeralCA()
	if err != nil {
		return err
	}
	bundle, err := authority.TrustBundle(ctx)
	if err != nil {
		return err
	}
	top := bundle[0][len(bundle[0])-1]
	s.authority = &root.FulcioCertificateAuthority{Root: top, ValidityPeriodStart: top.NotBefore, URI: s.address + "/fulcio"}
	roots := filepath.Join(s.dir, "fulcio.pem")
	if err := os.WriteFile(roots, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: top.Raw}), 0o644); err != nil {
		return err
	}
	logKey, err := s.startCertificateLog(ctx, roots)
	if err != nil {
		return err
	}
	log, err := ct.New(s.address+"/ct", &http.Client{Timeout: time.Minute}, jsonclient.Options{PublicKey: logKey})
	if err != nil {
		return err
	}
	server, err := s.certifier(log, authority)
	if err != nil {
		return err
	}
	gateway := runtime.NewServeMux(runtime.WithMetadata(func(_ context.Context, r *http.Request) metadata.MD {
		return metadata.Pairs(fulcio.MetadataOIDCTokenKey, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	}))
	if err := protobuf.RegisterCAHandlerServer(ctx, gateway, server); err != nil {
		return err
	}
	s.serve("/fulcio", gateway)
	return nil
}

// certifier believes the issuer, as Fulcio believes GitHub.
func (s *instance) certifier(log *ct.LogClient, authority *ephemeralca.EphemeralCA) (fulcio.GRPCCAServer, error) {
	issuer := s.address + "/oidc"
	text, err := json.Marshal(config.FulcioConfig{OIDCIssuers: map[string]config.OIDCIssuer{
		issuer: {IssuerURL: issuer, ClientID: "sigstore", Type: config.IssuerTypeGithubWorkflow},
	}})
	if err != nil {
		return nil, err
	}
	believed, err := config.Read(text)
	if err != nil {
		return nil, err
	}
	algorithms, err := signature.NewAlgorithmRegistryConfig([]common.PublicKeyDetails{common.PublicKeyDetails_PKIX_ECDSA_P256_SHA_256})
	if err != nil {
		return nil, err
	}
	return contextual{fulcio.NewGRPCCAServer(log, authority, algorithms, fulcio.NewIssuerPool(believed)), believed}, nil
}

// contextual gives each request the configuration, as Fulcio's own program does.
type contextual struct {
	fulcio.GRPCCAServer
	believed *config.FulcioConfig
}

func (c contextual) CreateSigningCertificate(ctx context.Context, r *protobuf.CreateSigningCertificateRequest) (*protobuf.SigningCertificate, error) {
	return c.GRPCCAServer.CreateSigningCertificate(config.With(ctx, c.believed), r)
}

// logOf is a log as a trusted root knows it.
func logOf(address string, id []byte, key any) *root.TransparencyLog {
	return &root.TransparencyLog{
		BaseURL: address, ID: id, ValidityPeriodStart: time.Now().Add(-time.Hour),
		HashFunc: hash, PublicKey: key, SignatureHashFunc: hash,
	}
}

func publicDER(key any) ([]byte, error) { return x509.MarshalPKIXPublicKey(key) }
