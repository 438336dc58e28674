package argocd

import (
	"fmt"

	"github.com/pingvas/pingvas-ci/ci/internal/names"
)

// ExternalSecret has the operator make a Secret of values that stay elsewhere.
type ExternalSecret struct {
	APIVersion string             `yaml:"apiVersion"`
	Kind       string             `yaml:"kind"`
	Metadata   Metadata           `yaml:"metadata"`
	Spec       ExternalSecretSpec `yaml:"spec"`
}

// ExternalSecretSpec says where the values are, and what becomes of them.
type ExternalSecretSpec struct {
	RefreshInterval string       `yaml:"refreshInterval"`
	SecretStoreRef  StoreRef     `yaml:"secretStoreRef"`
	Target          SecretTarget `yaml:"target"`
	Data            []SecretData `yaml:"data"`
}

// StoreRef names a store.
type StoreRef struct {
	Name string `yaml:"name"`
	Kind string `yaml:"kind"`
}

// SecretTarget is the Secret that is made.
type SecretTarget struct {
	Name           string `yaml:"name"`
	CreationPolicy string `yaml:"creationPolicy"`
}

// SecretData is one value of it.
type SecretData struct {
	SecretKey string    `yaml:"secretKey"`
	RemoteRef RemoteRef `yaml:"remoteRef"`
}

// RemoteRef is where a value is.
type RemoteRef struct {
	Key      string `yaml:"key"`
	Property string `yaml:"property"`
}

// Secrets is the guide's secret of an environment, in the version of the
// operator's API that is served.
func Secrets(environment string) (ExternalSecret, error) {
	if err := names.Environment(environment); err != nil {
		return ExternalSecret{}, fmt.Errorf("secrets: %w", err)
	}
	value := func(secretKey, key, property string) SecretData {
		return SecretData{secretKey, RemoteRef{"pingvas/" + environment + "/" + key, property}}
	}
	return ExternalSecret{
		APIVersion: "external-secrets.io/v1", Kind: "ExternalSecret",
		Metadata: Metadata{Name: "pingvas-secrets", Namespace: "pingvas-" + environment},
		Spec: ExternalSecretSpec{
			RefreshInterval: "1h",
			SecretStoreRef:  StoreRef{"aws-secretsmanager", "ClusterSecretStore"},
			Target:          SecretTarget{"pingvas-secrets", "Owner"},
			Data: []SecretData{
				value("DATABASE_URL", "database", "url"),
				value("REDIS_URL", "redis", "url"),
				value("LEMON_SQUEEZY_API_KEY", "lemon-squeezy", "api_key"),
			},
		},
	}, nil
}

// ConfigMap is settings by name.
type ConfigMap struct {
	APIVersion string            `yaml:"apiVersion"`
	Kind       string            `yaml:"kind"`
	Metadata   Metadata          `yaml:"metadata"`
	Data       map[string]string `yaml:"data"`
}

// channel is the Slack channel that is told of deployments.
const channel = "deployments"

// WithNotifications returns the set with its applications' outcomes told.
func (s ApplicationSet) WithNotifications() ApplicationSet {
	annotations := map[string]string{}
	for _, trigger := range []string{"on-sync-succeeded", "on-sync-failed", "on-health-degraded"} {
		annotations["notifications.argoproj.io/subscribe."+trigger+".slack"] = channel
	}
	s.Spec.Template.Metadata.Annotations = annotations
	return s
}

// Notifications says when to tell what. OutOfSync is no failure, every commit
// causes it for a moment: what failed is an operation. oncePer tells each
// revision's outcome once.
func Notifications() ConfigMap {
	return ConfigMap{
		APIVersion: "v1", Kind: "ConfigMap",
		Metadata: Metadata{Name: "argocd-notifications-cm", Namespace: "argocd"},
		Data: map[string]string{
			"service.slack": "token: $slack-token\n",
			"trigger.on-sync-succeeded": trigger(
				"app.status.operationState != nil and app.status.operationState.phase in ['Succeeded'] and app.status.sync.status == 'Synced'",
				"app.status.operationState.syncResult.revision", "slack-success"),
			"trigger.on-sync-failed": trigger(
				"app.status.operationState != nil and app.status.operationState.phase in ['Error', 'Failed']",
				"app.status.operationState.syncResult.revision", "slack-failure"),
			"trigger.on-health-degraded": trigger("app.status.health.status == 'Degraded'", "app.status.sync.revision", "slack-degraded"),
			"template.slack-success":     message(":white_check_mark: *{{ .app.metadata.name }}* synced successfully"),
			"template.slack-failure":     message(":x: *{{ .app.metadata.name }}* sync failed") + "  {{ .app.status.operationState.message }}\n",
			"template.slack-degraded":    message(":warning: *{{ .app.metadata.name }}* is degraded"),
		},
	}
}

func trigger(when, oncePer, send string) string {
	return fmt.Sprintf("- when: %s\n  oncePer: %s\n  send: [%s]\n", when, oncePer, send)
}

func message(text string) string {
	return "message: |\n  " + text + "\n  Revision: {{ .app.status.sync.revision }}\n"
}
