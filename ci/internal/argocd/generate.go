package argocd

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/pingvas/pingvas-ci/ci/internal/names"
)

const (
	apiVersion = "argoproj.io/v1alpha1"
	cluster    = "https://kubernetes.default.svc"
	gitopsRepo = "https://github.com/pingvas/pingvas-gitops.git"
	sourceRepo = "https://github.com/pingvas/pingvas-studio.git"
)

// Apps is the set of an environment's applications, one a service, each with
// an overlay folder of its own: apps/overlays/ENVIRONMENT/SERVICE.
func Apps(environment string, services []string) (ApplicationSet, error) {
	var elements []map[string]string
	for _, s := range services {
		if err := names.Component(s); err != nil {
			return ApplicationSet{}, fmt.Errorf("applications of %s: %w", environment, err)
		}
		elements = append(elements, map[string]string{"name": s, "namespace": "pingvas-" + environment})
	}
	return apps(environment, elements, "apps/overlays/"+environment+"/{{name}}")
}

// SharedApps is the set of an environment whose services share one overlay,
// apps/overlays/ENVIRONMENT. It has a single element: several applications on
// one path would own, and prune, each other's objects.
func SharedApps(environment string) (ApplicationSet, error) {
	element := map[string]string{
		"name": "pingvas", "namespace": "pingvas-" + environment, "path": "apps/overlays/" + environment,
	}
	return apps(environment, []map[string]string{element}, "{{path}}")
}

// Part is a folder of the infrastructure, and the namespace that it is for.
type Part struct{ Name, Namespace string }

// Infrastructure is the set of the applications that deploy a cluster's
// infrastructure, and the project that allows what those hold and no more.
func Infrastructure(parts []Part, environments []string) (ApplicationSet, AppProject, error) {
	var elements []map[string]string
	namespaces := map[string]bool{}
	for _, part := range parts {
		elements = append(elements, map[string]string{"name": part.Name, "namespace": part.Namespace})
		namespaces[part.Namespace] = true
	}
	for _, environment := range environments {
		namespaces["pingvas-"+environment] = true
	}
	set, err := apps("infrastructure", elements, "infrastructure/{{name}}")
	if err != nil {
		return set, AppProject{}, err
	}
	set.Metadata.Name = "pingvas-infrastructure"
	set.Spec.Template.Metadata.Name = "infrastructure-{{name}}"
	project := AppProject{
		APIVersion: apiVersion, Kind: "AppProject", Metadata: Metadata{Name: "pingvas-infrastructure", Namespace: "argocd"},
		Spec: AppProjectSpec{
			Description: "Pingvas Studio Infrastructure", SourceRepos: []string{gitopsRepo},
			ClusterResourceWhitelist: []GroupKind{{"", "Namespace"}},
			NamespaceResourceWhitelist: []GroupKind{
				{"", "ConfigMap"}, {"networking.k8s.io", "Ingress"}, {"monitoring.coreos.com", "PrometheusRule"}, {"monitoring.coreos.com", "ServiceMonitor"},
			},
		},
	}
	for _, namespace := range slices.Sorted(maps.Keys(namespaces)) {
		project.Spec.Destinations = append(project.Spec.Destinations, Destination{namespace, cluster})
	}
	return set, project, nil
}

// Project is the project of an environment: the guide's, but for the kinds of
// object, which are those that the overlays hold and no others.
func Project(environment string) (AppProject, error) {
	if err := names.Environment(environment); err != nil {
		return AppProject{}, fmt.Errorf("project: %w", err)
	}
	name := "pingvas-" + environment
	policy := func(action string) string {
		return fmt.Sprintf("p, proj:%s:developer, applications, %s, %s/*, allow", name, action, name)
	}
	return AppProject{
		APIVersion: apiVersion, Kind: "AppProject",
		Metadata: Metadata{Name: name, Namespace: "argocd"},
		Spec: AppProjectSpec{
			Description:              "Pingvas Studio " + title(environment) + " Environment",
			SourceRepos:              []string{gitopsRepo, sourceRepo},
			Destinations:             []Destination{{name, cluster}, {"monitoring", cluster}},
			ClusterResourceWhitelist: []GroupKind{{"", "Namespace"}},
			NamespaceResourceWhitelist: []GroupKind{
				{"", "ConfigMap"}, {"", "Service"}, {"apps", "Deployment"}, {"external-secrets.io", "ExternalSecret"},
			},
			Roles: []Role{{
				Name: "developer", Description: "Developer access",
				Policies: []string{policy("get"), policy("sync")}, Groups: []string{"pingvas-developers"},
			}},
		},
	}, nil
}

// YAML writes an object with an indentation of two.
func YAML(object any) ([]byte, error) {
	var b bytes.Buffer
	encoder := yaml.NewEncoder(&b)
	encoder.SetIndent(2)
	if err := encoder.Encode(object); err != nil {
		return nil, fmt.Errorf("write YAML: %w", err)
	}
	return b.Bytes(), nil
}

func apps(environment string, elements []map[string]string, path string) (ApplicationSet, error) {
	if err := names.Environment(environment); err != nil {
		return ApplicationSet{}, fmt.Errorf("applications: %w", err)
	}
	if len(elements) == 0 {
		return ApplicationSet{}, fmt.Errorf("applications of %s: there are no services. Name at least one", environment)
	}
	return ApplicationSet{
		APIVersion: apiVersion, Kind: "ApplicationSet",
		Metadata: Metadata{Name: "pingvas-" + environment + "-apps", Namespace: "argocd"},
		Spec: ApplicationSetSpec{
			Generators: []Generator{{List: &List{elements}}},
			Template: Template{
				Metadata: Metadata{Name: "{{name}}-" + environment},
				Spec: ApplicationSpec{
					Project:     "pingvas-" + environment,
					Source:      Source{RepoURL: gitopsRepo, TargetRevision: "main", Path: path},
					Destination: Destination{Server: cluster, Namespace: "{{namespace}}"},
					SyncPolicy: SyncPolicy{
						Automated:   &Automated{Prune: true, SelfHeal: true, AllowEmpty: false},
						SyncOptions: []string{"CreateNamespace=true", "PruneLast=true", "ApplyOutOfSyncOnly=true"},
						Retry:       &Retry{Limit: 5, Backoff: Backoff{Duration: "5s", Factor: 2, MaxDuration: "3m"}},
					},
				},
			},
		},
	}, nil
}

func title(environment string) string {
	switch environment {
	case "prod":
		return "Production"
	case "dev":
		return "Development"
	}
	return strings.ToUpper(environment[:1]) + environment[1:]
}
