package manifests

import "strings"

// removedAPI returns what replaces an API version that clusters no longer
// serve. A kind that is gone altogether has no replacement.
func removedAPI(apiVersion, kind string) (replacement string, removed bool) {
	for _, r := range removed25 {
		if r.version == apiVersion && (r.kinds == "" || strings.Contains(r.kinds, kind)) {
			return r.instead, true
		}
	}
	return "", false
}

// removed25 are the versions that no Kubernetes since 1.26 serves, and those
// that the operators' present releases do not.
var removed25 = []struct{ version, kinds, instead string }{
	{"extensions/v1beta1", "Ingress", "networking.k8s.io/v1"},
	{"extensions/v1beta1", "NetworkPolicy", "networking.k8s.io/v1"},
	{"extensions/v1beta1", "", "apps/v1"},
	{"apps/v1beta1", "", "apps/v1"},
	{"apps/v1beta2", "", "apps/v1"},
	{"networking.k8s.io/v1beta1", "", "networking.k8s.io/v1"},
	{"policy/v1beta1", "PodDisruptionBudget", "policy/v1"},
	{"policy/v1beta1", "PodSecurityPolicy", "Pod Security labels on the namespace"},
	{"batch/v1beta1", "", "batch/v1"},
	{"batch/v2alpha1", "", "batch/v1"},
	{"autoscaling/v2beta1", "", "autoscaling/v2"},
	{"autoscaling/v2beta2", "", "autoscaling/v2"},
	{"rbac.authorization.k8s.io/v1alpha1", "", "rbac.authorization.k8s.io/v1"},
	{"rbac.authorization.k8s.io/v1beta1", "", "rbac.authorization.k8s.io/v1"},
	{"apiextensions.k8s.io/v1beta1", "", "apiextensions.k8s.io/v1"},
	{"admissionregistration.k8s.io/v1beta1", "WebhookConfiguration", "admissionregistration.k8s.io/v1"},
	{"coordination.k8s.io/v1beta1", "", "coordination.k8s.io/v1"},
	{"discovery.k8s.io/v1beta1", "", "discovery.k8s.io/v1"},
	{"scheduling.k8s.io/v1beta1", "", "scheduling.k8s.io/v1"},
	{"storage.k8s.io/v1beta1", "", "storage.k8s.io/v1"},
	{"external-secrets.io/v1alpha1", "", "external-secrets.io/v1"},
	{"external-secrets.io/v1beta1", "", "external-secrets.io/v1"},
}
