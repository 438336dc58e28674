// Package scaffold writes a GitOps repository for the components of an
// application repository: a base for each, and an overlay for each environment.
package scaffold

import (
	"fmt"
	"strings"
	"text/template"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
)

// Environments are the overlays that are written.
var Environments = []string{"dev", "prod"}

// Files returns the repository's files by their paths. The overlays pin no
// image yet: the first delivery does.
func Files(components []component.Component) (map[string]string, error) {
	files := map[string]string{}
	for _, c := range components {
		base := "apps/base/" + c.Name + "/"
		for name, text := range baseFiles(c) {
			rendered, err := render(text, appOf(c))
			if err != nil {
				return nil, fmt.Errorf("scaffold %s%s: %w", base, name, err)
			}
			files[base+name] = rendered
		}
	}
	for _, environment := range Environments {
		files["apps/overlays/"+environment+"/kustomization.yaml"] = overlay(environment, components)
	}
	return files, nil
}

// app is what the templates know of a component.
type app struct {
	Name string
	Port int
	Arch string
	GPU  bool
}

// appOf chooses what a cluster needs to know: the port that the images listen
// on, and the nodes that can run them.
func appOf(c component.Component) app {
	a := app{Name: c.Name, Port: 8000, Arch: "arm64"}
	switch c.Kind {
	case component.Frontend:
		a.Port = 8080
	case component.CUDA:
		a.Port, a.Arch, a.GPU = 0, "amd64", true
	}
	return a
}

func baseFiles(c component.Component) map[string]string {
	files := map[string]string{"deployment.yaml": deployment, "kustomization.yaml": kustomization}
	if c.Kind != component.CUDA {
		files["service.yaml"] = service
	}
	return files
}

func overlay(environment string, components []component.Component) string {
	var text strings.Builder
	fmt.Fprintf(&text, "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n\nnamespace: pingvas-%s\n\nresources:\n", environment)
	for _, c := range components {
		fmt.Fprintf(&text, "  - ../../base/%s\n", c.Name)
	}
	return text.String()
}

func render(text string, data app) (string, error) {
	parsed, err := template.New("").Parse(text)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	err = parsed.Execute(&out, data)
	return out.String(), err
}

const deployment = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{.Name}}
  labels:
    app.kubernetes.io/name: {{.Name}}
spec:
  replicas: 1
  selector:
    matchLabels:
      app.kubernetes.io/name: {{.Name}}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: {{.Name}}
    spec:
      nodeSelector:
        kubernetes.io/arch: {{.Arch}}
      securityContext:
        runAsNonRoot: true
        seccompProfile:
          type: RuntimeDefault
      containers:
        - name: {{.Name}}
          image: {{.Name}}
{{- if .Port}}
          ports:
            - name: http
              containerPort: {{.Port}}
{{- end}}
          resources:
            requests:
              cpu: 100m
              memory: 128Mi
            limits:
              memory: 512Mi
{{- if .GPU}}
              nvidia.com/gpu: "1"
{{- end}}
          securityContext:
            allowPrivilegeEscalation: false
            capabilities:
              drop: ["ALL"]
`

const service = `apiVersion: v1
kind: Service
metadata:
  name: {{.Name}}
spec:
  selector:
    app.kubernetes.io/name: {{.Name}}
  ports:
    - name: http
      port: 80
      targetPort: http
`

const kustomization = `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization

resources:
  - deployment.yaml
{{- if .Port}}
  - service.yaml
{{- end}}
`
