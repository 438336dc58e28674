package kustomize

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// verify is the net below the splicing, so it is tried with what splicing must
// never bring forth.
func TestVerify(t *testing.T) {
	const src = "namespace: n\nimages:\n- name: a\n  newTag: old\n  extra: &x [1]\n- name: b\n  newTag: old\n"
	image := Image{Name: "a", NewTag: "new"}
	before, err := parse([]byte(src))
	require.NoError(t, err)

	cases := []struct{ name, out, err string }{
		{name: "as asked", out: "namespace: n\nimages:\n- name: a\n  newTag: \"new\"\n  extra: &x [1]\n- name: b\n  newTag: old\n"},
		{name: "broken", out: "namespace: n\nimages: [\n", err: "can't be read again"},
		{name: "no entry", out: "namespace: n\nimages:\n- name: b\n  newTag: old\n", err: "has no entry for it"},
		{name: "another value", out: "namespace: n\nimages:\n- name: a\n  newTag: newer\n  extra: &x [1]\n- name: b\n  newTag: old\n", err: `does not say newTag: "new"`},
		{name: "one pin more", out: "namespace: n\nimages:\n- name: a\n  newTag: new\n  digest: x\n  extra: &x [1]\n- name: b\n  newTag: old\n", err: `does not say digest: ""`},
		{name: "another entry", out: "namespace: n\nimages:\n- name: a\n  newTag: new\n  extra: &x [1]\n- name: b\n  newTag: new\n", err: "more of the file than its images"},
		{name: "an entry more", out: "namespace: n\nimages:\n- name: a\n  newTag: new\n  extra: &x [1]\n- name: b\n  newTag: old\n- name: c\n", err: "more of the file than its images"},
		{name: "another key of the entry", out: "namespace: n\nimages:\n- name: a\n  newTag: new\n  extra: &x [2]\n- name: b\n  newTag: old\n", err: "more of the file than its images"},
		{name: "an anchor", out: "namespace: n\nimages:\n- name: a\n  newTag: new\n  extra: [1]\n- name: b\n  newTag: old\n", err: "more of the file than its images"},
		{name: "another part", out: "namespace: m\nimages:\n- name: a\n  newTag: new\n  extra: &x [1]\n- name: b\n  newTag: old\n", err: "more of the file than its images"},
		{name: "quotes elsewhere", out: "namespace: 'n'\nimages:\n- name: a\n  newTag: new\n  extra: &x [1]\n- name: b\n  newTag: old\n", err: "more of the file than its images"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			err := verify(before, []byte(c.out), []Image{image})
			if c.err == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.err)
		})
	}
}

func TestSplicesThatOverlapAreRefused(t *testing.T) {
	_, err := splices{{0, 4, "x"}, {2, 5, "y"}}.apply([]byte("a\nbcdef"))
	require.ErrorContains(t, err, "line 2: two changes of one entry overlap")
}
