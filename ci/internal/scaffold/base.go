package scaffold

import (
	"fmt"
	"strings"
	"text/template"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
)

// app is what the templates know of a component.
type app struct {
	Name string
	// Image is the image's name, and Labels are those of all objects.
	Image  string
	Labels []label
	Port   int
	Health string
	Arch   string
	User   int
	GPU    bool
	Secret bool
}

// appOf chooses what a cluster needs to know: the port that the image listens
// on, and the nodes that can run it. Graviton costs less, so arm64 is first.
func appOf(c component.Component, s style) app {
	arch := "arm64"
	if platforms := c.Settings.Platforms; len(platforms) == 1 && platforms[0] == component.AMD64 {
		arch = "amd64"
	}
	d := c.Deployment
	return app{
		Name: c.Name, Image: s.image(c.Name), Labels: s.labelsOf(c.Name),
		Port: d.Port, Health: d.HealthPath, Arch: arch, User: d.User, GPU: d.GPU, Secret: d.Secret && s.secrets,
	}
}

// addBase writes what a component is in every environment.
func addBase(files map[string]string, a app) error {
	base := "apps/base/" + a.Name + "/"
	for name, text := range map[string]string{"deployment.yaml": deployment, "kustomization.yaml": kustomization, "service.yaml": service} {
		if name == "service.yaml" && a.Port == 0 {
			continue
		}
		parsed, err := template.New(name).Parse(probe + text)
		if err != nil {
			return fmt.Errorf("scaffold %s%s: %w", base, name, err)
		}
		var out strings.Builder
		if err := parsed.Execute(&out, a); err != nil {
			return fmt.Errorf("scaffold %s%s: %w", base, name, err)
		}
		files[base+name] = out.String()
	}
	return nil
}

const head = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"

const kustomization = head + `
labels:
  - pairs:
{{- range .Labels}}
      {{.Key}}: {{.Value}}
{{- end}}
    includeSelectors: true
    includeTemplates: true

resources:
  - deployment.yaml
{{- if .Port}}
  - service.yaml
{{- end}}
`

const service = `apiVersion: v1
kind: Service
metadata:
  name: {{.Name}}
spec:
  ports:
    - name: http
      port: 80
      targetPort: http
`

// probe asks a component whether it lives.
const probe = `{{define "probe"}}{{if .Health}}httpGet: {path: {{.Health}}, port: http}{{else}}tcpSocket: {port: http}{{end}}{{end}}`

const deployment = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{.Name}}
spec:
  replicas: {{if .GPU}}1{{else}}2{{end}}
{{- if .GPU}}
  strategy:
    # A GPU is seldom free for a second worker beside the first.
    rollingUpdate: {maxSurge: 0, maxUnavailable: 1}
{{- end}}
  template:
    spec:
      automountServiceAccountToken: false
      securityContext:
        runAsNonRoot: true
        runAsUser: {{.User}}
        seccompProfile:
          type: RuntimeDefault
      nodeSelector:
        kubernetes.io/arch: {{.Arch}}{{if .GPU}} # the GPU nodes are x86{{end}}
{{- if .GPU}}
      tolerations:
        - {key: nvidia.com/gpu, operator: Exists, effect: NoSchedule}
      # A worker that is told to stop finishes the job in hand.
      terminationGracePeriodSeconds: 120
{{- end}}
      containers:
        - name: {{.Name}}
          # The overlay's images entry of this name says registry, tag and digest.
          image: {{.Image}}
{{- if .Port}}
          ports:
            - name: http
              containerPort: {{.Port}}
{{- end}}
{{- if .Secret}}
          envFrom:
            - secretRef: {name: pingvas-secrets}
{{- end}}
{{- if .Port}}
          startupProbe:
            {{template "probe" .}}
            periodSeconds: 2
            failureThreshold: 30
          readinessProbe:
            {{template "probe" .}}
            periodSeconds: 5
          livenessProbe:
            {{template "probe" .}}
            periodSeconds: 10
            timeoutSeconds: 3
{{- else if .GPU}}
          # The driver answers. Ask the worker itself where it can tell.
          startupProbe:
            exec: {command: [nvidia-smi, --list-gpus]}
            periodSeconds: 5
            timeoutSeconds: 5
            failureThreshold: 24
          livenessProbe:
            exec: {command: [nvidia-smi, --list-gpus]}
            periodSeconds: 30
            timeoutSeconds: 5
{{- end}}
          resources:
{{- if .GPU}}
            requests: {cpu: "1", memory: 2Gi}
            limits:
              memory: 8Gi
              nvidia.com/gpu: "1"
{{- else}}
            requests: {cpu: 100m, memory: 128Mi}
            limits: {memory: 512Mi}
{{- end}}
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities:
              drop: [ALL]
          volumeMounts:
            - {name: tmp, mountPath: /tmp}
      volumes:
        - name: tmp
          emptyDir: {}
`
