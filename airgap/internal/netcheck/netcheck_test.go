package netcheck_test

import (
	"net"
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/airgap/internal/netcheck"
)

func TestFreePort(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	port := listener.Addr().(*net.TCPAddr).Port

	err = netcheck.FreePort(port, "--port")
	assert.ErrorContains(t, err, strconv.Itoa(port))
	assert.ErrorContains(t, err, "process "+strconv.Itoa(os.Getpid()), "it names the holder")
	assert.ErrorContains(t, err, "another port with --port")

	require.NoError(t, listener.Close())
	assert.NoError(t, netcheck.FreePort(port, "--port"))
}

const (
	natOfAKilledEngine = `-P PREROUTING ACCEPT
-P POSTROUTING ACCEPT
-N CNI-0123456789abcdef01234567
-N CNI-aaaaaaaaaaaaaaaaaaaaaaaa
-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
-A POSTROUTING -s 10.87.0.5/32 -m comment --comment "name: \"dagger\" id: \"x1\"" -j CNI-0123456789abcdef01234567
-A POSTROUTING -s 10.89.0.5/32 -m comment --comment "name: \"podman\" id: \"y1\"" -j CNI-aaaaaaaaaaaaaaaaaaaaaaaa
-A CNI-0123456789abcdef01234567 -d 10.87.0.0/16 -m comment --comment "name: \"dagger\" id: \"x1\"" -j ACCEPT
-A CNI-0123456789abcdef01234567 ! -d 224.0.0.0/4 -m comment --comment "name: \"dagger\" id: \"x1\"" -j MASQUERADE
-A CNI-aaaaaaaaaaaaaaaaaaaaaaaa -d 10.89.0.0/16 -m comment --comment "name: \"podman\" id: \"y1\"" -j ACCEPT
`
	filterOfAKilledEngine = `-P FORWARD ACCEPT
-N CNI-ADMIN
-N CNI-FORWARD
-A FORWARD -m comment --comment "CNI firewall plugin rules" -j CNI-FORWARD
-A CNI-FORWARD -m comment --comment "CNI firewall plugin admin overrides" -j CNI-ADMIN
-A CNI-FORWARD -d 10.87.0.5/32 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A CNI-FORWARD -s 10.87.0.5/32 -j ACCEPT
`
	ruleOfAnother = "-A CNI-FORWARD -s 10.89.0.5/32 -j ACCEPT\n"
)

func TestUndo(t *testing.T) {
	tests := map[string]struct {
		listing string
		want    []string
	}{
		"nothing was left": {"-P PREROUTING ACCEPT\n", nil},
		"chains of a network go, and others stay": {natOfAKilledEngine, []string{
			`-D POSTROUTING -s 10.87.0.5/32 -m comment --comment "name: \"dagger\" id: \"x1\"" -j CNI-0123456789abcdef01234567`,
			`-F CNI-0123456789abcdef01234567`,
			`-X CNI-0123456789abcdef01234567`,
		}},
		"a chain of a plugin that was killed": {"-N CNI-0123456789abcdef01234567\n", []string{
			`-F CNI-0123456789abcdef01234567`,
			`-X CNI-0123456789abcdef01234567`,
		}},
		"a chain of a plugin that was killed before anything led to it": {`-N CNI-0123456789abcdef01234567
-N CNI-aaaaaaaaaaaaaaaaaaaaaaaa
-A CNI-0123456789abcdef01234567 -d 10.87.0.0/16 -m comment --comment "name: \"dagger\" id: \"x1\"" -j ACCEPT
-A CNI-aaaaaaaaaaaaaaaaaaaaaaaa -d 10.89.0.0/16 -m comment --comment "name: \"podman\" id: \"y1\"" -j ACCEPT
`, []string{
			`-F CNI-0123456789abcdef01234567`,
			`-X CNI-0123456789abcdef01234567`,
		}},
		"shared chains go with the last network": {filterOfAKilledEngine, []string{
			`-D CNI-FORWARD -d 10.87.0.5/32 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`,
			`-D CNI-FORWARD -s 10.87.0.5/32 -j ACCEPT`,
			`-D FORWARD -m comment --comment "CNI firewall plugin rules" -j CNI-FORWARD`,
			`-F CNI-FORWARD`,
			`-X CNI-FORWARD`,
			`-X CNI-ADMIN`,
		}},
		"shared chains stay for another network": {filterOfAKilledEngine + ruleOfAnother, []string{
			`-D CNI-FORWARD -d 10.87.0.5/32 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`,
			`-D CNI-FORWARD -s 10.87.0.5/32 -j ACCEPT`,
		}},
		"a rule in the administrator's chain keeps it": {filterOfAKilledEngine + "-A CNI-ADMIN -s 192.0.2.1/32 -j DROP\n", []string{
			`-D CNI-FORWARD -d 10.87.0.5/32 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`,
			`-D CNI-FORWARD -s 10.87.0.5/32 -j ACCEPT`,
		}},
		"chains of a stopped engine": {`-N CNI-ADMIN
-N CNI-FORWARD
-A FORWARD -m comment --comment "CNI firewall plugin rules" -j CNI-FORWARD
-A CNI-FORWARD -m comment --comment "CNI firewall plugin admin overrides" -j CNI-ADMIN
`, []string{
			`-D FORWARD -m comment --comment "CNI firewall plugin rules" -j CNI-FORWARD`,
			`-F CNI-FORWARD`,
			`-X CNI-FORWARD`,
			`-X CNI-ADMIN`,
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := netcheck.Network{Name: "dagger", CIDR: "10.87.0.0/16"}.Undo(test.listing)
			assert.Equal(t, test.want, got)
		})
	}
}

func TestEmpty(t *testing.T) {
	for listing, want := range map[string]bool{
		"":                    true,
		"-P FORWARD ACCEPT\n": true,
		"# Warning: iptables-legacy tables present\n-P INPUT ACCEPT\n": true,
		"-P FORWARD DROP\n":                                 false,
		"-P FORWARD ACCEPT\n-N OTHER\n":                     false,
		"-P FORWARD ACCEPT\n-A FORWARD -i eth0 -j ACCEPT\n": false,
	} {
		assert.Equal(t, want, netcheck.Empty(listing), listing)
	}
}
