package scaffold

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/argocd"
	"github.com/pingvas/pingvas-ci/ci/internal/component"
)

// addOverlay writes an environment: all components, its secrets, and the
// guide's replicas.
func addOverlay(files map[string]string, environment string, layout Layout, components []component.Component) error {
	if layout == Folders {
		return addFolders(files, environment, components)
	}
	folder := "apps/overlays/" + environment + "/"
	var text strings.Builder
	fmt.Fprintf(&text, "%s\nnamespace: pingvas-%s\n\nresources:\n", head, environment)
	for _, c := range components {
		fmt.Fprintf(&text, "  - ../../base/%s\n", c.Name)
	}
	if err := addSecrets(files, folder, environment); err != nil {
		return err
	}
	text.WriteString("  - external-secret.yaml\n")
	switch {
	case environment == "dev":
		text.WriteString(replicas(1, ""))
	case slices.ContainsFunc(components, func(c component.Component) bool { return c.Name == mostUsed }):
		text.WriteString(replicas(3, mostUsed))
	}
	text.WriteString("\n" + imagesNote + "images:\n")
	for _, c := range components {
		fmt.Fprintf(&text, "  - name: %s\n", c.Name)
	}
	files[folder+"kustomization.yaml"] = text.String()
	return nil
}

const imagesNote = "# The first delivery says registry, tag and digest.\n"

// addFolders writes an environment in which each component has a folder, and
// the secrets that they share have one too.
func addFolders(files map[string]string, environment string, components []component.Component) error {
	for _, c := range components {
		if c.Name == secretsFolder {
			return fmt.Errorf("scaffold %s: the folder of the secrets has this name. Rename the component", c.Name)
		}
		addFolder(files, environment, c.Name, ownStyle)
	}
	folder := "apps/overlays/" + environment + "/" + secretsFolder + "/"
	files[folder+"kustomization.yaml"] = head + "\nnamespace: pingvas-" + environment + "\n\nresources:\n  - external-secret.yaml\n"
	return addSecrets(files, folder, environment)
}

// addFolder writes one component's overlay.
func addFolder(files map[string]string, environment, name string, s style) {
	text := head
	if namespace := s.namespaceOf(environment, name); namespace != "" {
		text += "\nnamespace: " + namespace + "\n"
	}
	text += "\nresources:\n  - ../../../base/" + name + "\n"
	switch {
	case !s.replicas:
	case environment == "dev":
		text += replicas(1, "")
	case name == mostUsed:
		text += replicas(3, mostUsed)
	}
	text += "\n" + imagesNote + "images:\n  - name: " + s.image(name) + "\n"
	if newName := s.newName(environment, name); newName != "" {
		text += "    newName: " + newName + "\n"
	}
	files["apps/overlays/"+environment+"/"+name+"/kustomization.yaml"] = text
}

// secretsFolder has what the components of an environment share, where each has
// a folder of its own.
const secretsFolder = "pingvas-secrets"

func addSecrets(files map[string]string, folder, environment string) error {
	secrets, err := argocd.Secrets(environment)
	return put(files, folder+"external-secret.yaml", secretsNote, secrets, err)
}

// mostUsed is the service that the guide runs more of in production.
const mostUsed = "user-service"

// replicas is the guide's patch: of every Deployment, or of one.
func replicas(count int, name string) string {
	text := fmt.Sprintf("\npatches:\n  - patch: |-\n      - op: replace\n        path: /spec/replicas\n        value: %d\n    target:\n      kind: Deployment\n", count)
	if name != "" {
		text += "      name: " + name + "\n"
	}
	return text
}

const (
	secretsNote = "# The values stay in AWS Secrets Manager; the operator makes the Secret that the services read.\n"
	sharedNote  = "# The overlay is one kustomization for the environment, so the set has one element: several\n" +
		"# Applications on one path would own the same objects and prune each other's.\n"
	foldersNote        = "# Each component has an overlay folder of its own, and an Application: one fails without the others.\n"
	devNote            = "# Every build of develop is committed here, and is deployed at once.\n"
	prodNote           = "# A change reaches main through a reviewed pull request only: that is the approval.\n"
	infrastructureNote = "# The infrastructure has applications and a project of its own: the environments' may not touch it.\n"

	infrastructureProjectNote = "# What the infrastructure is made of, and no more.\n"

	projectNote = "# What the overlay is made of, and no more: a Role or a Job in it is refused.\n"
	notifyNote  = "# OutOfSync is no failure: every commit causes it for a moment. What failed is an operation.\n" +
		"# oncePer tells each revision's outcome once, however often the state is looked at.\n"
)

// addArgo writes the applications and the projects of the environments, and those
// of the infrastructure.
func addArgo(files map[string]string, environments []string, layouts map[string]Layout, components []component.Component) error {
	for _, environment := range environments {
		folders := []string{secretsFolder}
		for _, c := range components {
			folders = append(folders, c.Name)
		}
		if err := addApps(files, environment, layouts[environment], folders); err != nil {
			return err
		}
		project, err := argocd.Project(environment)
		if err := put(files, projectFile(environment), projectNote, project, err); err != nil {
			return err
		}
	}
	set, project, err := argocd.Infrastructure([]argocd.Part{
		{Name: "argocd", Namespace: "argocd"}, {Name: "ingress", Namespace: "pingvas-" + environments[0]}, {Name: "monitoring", Namespace: "monitoring"},
	}, environments)
	return errors.Join(
		put(files, appsFile(infrastructure), infrastructureNote, set.WithNotifications(), err),
		put(files, projectFile(infrastructure), infrastructureProjectNote, project, err),
	)
}

// infrastructure is deployed beside the environments.
const infrastructure = "infrastructure"

// addApps writes the set of an environment's applications: one for its overlay,
// or one for each folder.
func addApps(files map[string]string, environment string, layout Layout, folders []string) (err error) {
	note, set := sharedNote, argocd.ApplicationSet{}
	if layout == Folders {
		note = foldersNote
		set, err = argocd.Apps(environment, folders)
	} else {
		set, err = argocd.SharedApps(environment)
	}
	if environment == "dev" {
		note += devNote
	} else {
		note += prodNote
	}
	return put(files, appsFile(environment), note, set.WithNotifications(), err)
}

func appsFile(environment string) string { return "argocd-apps/" + environment + "-apps.yaml" }

func projectFile(environment string) string { return "argocd-apps/project-" + environment + ".yaml" }

// addInfrastructure writes what a cluster has beside the components.
func addInfrastructure(files map[string]string, environments []string, components []component.Component) error {
	if err := put(files, "infrastructure/argocd/argocd-notifications-cm.yaml", notifyNote, argocd.Notifications(), nil); err != nil {
		return err
	}
	files["infrastructure/argocd/kustomization.yaml"] = head + "\nnamespace: argocd\n\nresources:\n  - argocd-notifications-cm.yaml\n"

	ingresses := head + "\nresources:\n"
	for _, environment := range environments {
		files["infrastructure/ingress/"+environment+".yaml"] = ingress(environment, components)
		ingresses += "  - " + environment + ".yaml\n"
	}
	files["infrastructure/ingress/kustomization.yaml"] = ingresses

	files["infrastructure/monitoring/rules.yaml"] = rules
	files["infrastructure/monitoring/kustomization.yaml"] = head + "\nnamespace: monitoring\n\nresources:\n  - rules.yaml\n"
	return nil
}

// ingress leads from the environment's hosts to the components: the page, and
// each service of the API below its own name.
func ingress(environment string, components []component.Component) string {
	host := "pingvas.studio"
	if environment != "prod" {
		host = environment + "." + host
	}
	var page, api strings.Builder
	for _, c := range components {
		switch c.Deployment.Route {
		case component.Page:
			page.WriteString(route("/", c.Name))
		case component.API:
			api.WriteString(route("/"+strings.TrimSuffix(c.Name, "-service"), c.Name))
		}
	}
	text := fmt.Sprintf(ingressHead, environment, host, host)
	for _, rule := range []struct{ host, routes string }{{host, page.String()}, {"api." + host, api.String()}} {
		if rule.routes != "" {
			text += "    - host: " + rule.host + "\n      http:\n        paths:\n" + rule.routes
		}
	}
	if page.Len()+api.Len() == 0 {
		text = strings.TrimSuffix(text, "  rules:\n")
	}
	return text
}

func route(path, name string) string {
	return fmt.Sprintf("          - path: %s\n            pathType: Prefix\n            backend: {service: {name: %s, port: {name: http}}}\n", path, name)
}

const ingressHead = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: pingvas
  namespace: pingvas-%s
  annotations:
    alb.ingress.kubernetes.io/scheme: internet-facing
    alb.ingress.kubernetes.io/target-type: ip
    alb.ingress.kubernetes.io/listen-ports: '[{"HTTPS": 443}]'
    alb.ingress.kubernetes.io/healthcheck-path: /healthz
spec:
  ingressClassName: alb
  tls:
    - hosts: [%s, api.%s]
  rules:
`

// rules need kube-state-metrics and nothing of the components.
const rules = `apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: pingvas
spec:
  groups:
    - name: deployments
      rules:
        - alert: DeploymentIncomplete
          expr: >-
            kube_deployment_status_replicas_available{namespace=~"pingvas-.+"}
            < kube_deployment_spec_replicas{namespace=~"pingvas-.+"}
          for: 15m
          labels:
            severity: warning
          annotations:
            summary: '{{ $labels.deployment }} in {{ $labels.namespace }} has fewer replicas than it should.'
        - alert: ContainerRestarts
          expr: increase(kube_pod_container_status_restarts_total{namespace=~"pingvas-.+"}[15m]) > 3
          labels:
            severity: warning
          annotations:
            summary: '{{ $labels.container }} in {{ $labels.namespace }} restarts again and again.'
`

// put writes an object, under a note for people.
func put(files map[string]string, file, note string, object any, err error) error {
	if err != nil {
		return fmt.Errorf("scaffold %s: %w", file, err)
	}
	text, err := argocd.YAML(object)
	if err != nil {
		return fmt.Errorf("scaffold %s: %w", file, err)
	}
	files[file] = note + string(text)
	return nil
}
