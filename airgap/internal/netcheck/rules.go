package netcheck

import (
	"fmt"
	"maps"
	"net"
	"regexp"
	"slices"
	"strings"
)

// Network is the bridge network of an engine.
type Network struct {
	// Name is the CNI network's name; the bridge is called Name0.
	Name string
	// CIDR is the range of the containers' addresses.
	CIDR string
}

// Bridge returns the name of the network's bridge.
func (n Network) Bridge() string { return n.Name + "0" }

// Chains that the CNI plugins share between all networks of a machine.
const (
	forwardChain = "CNI-FORWARD"
	adminChain   = "CNI-ADMIN"
)

// Undo returns the commands, as iptables-restore reads them, that remove what
// the CNI plugins have added for the network to one table, given the table as
// `iptables -S` lists it. The chains that networks share are removed when no
// rule of another network is left in them.
func (n Network) Undo(listing string) []string {
	var remove, flush, drop []string
	own := n.chains(listing)
	shared := strings.Contains(listing, "-N "+forwardChain)
	for line := range strings.Lines(listing) {
		rule, isRule := strings.CutPrefix(strings.TrimSpace(line), "-A ")
		if !isRule {
			continue
		}
		fields := strings.Fields(rule)
		chain, target := fields[0], fields[len(fields)-1]
		switch {
		case own[chain]:
			// Goes with its chain.
		case own[target] || n.mentions(fields):
			remove = append(remove, "-D "+rule)
		case (chain == forwardChain || chain == adminChain) && target != adminChain:
			shared = false
		}
	}
	for _, chain := range slices.Sorted(maps.Keys(own)) {
		flush = append(flush, "-F "+chain)
		drop = append(drop, "-X "+chain)
	}
	if shared {
		remove = append(remove, jumps(listing, forwardChain)...)
		flush = append(flush, "-F "+forwardChain)
		drop = append(drop, "-X "+forwardChain)
		if strings.Contains(listing, "-N "+adminChain) {
			drop = append(drop, "-X "+adminChain)
		}
	}
	return slices.Concat(remove, flush, drop)
}

// Empty tells whether a listed table does nothing: it has built-in chains only,
// which accept everything.
func Empty(listing string) bool {
	for line := range strings.Lines(listing) {
		fields := strings.Fields(line)
		if len(fields) < 2 || fields[0] == "#" {
			continue
		}
		if fields[0] != "-P" || fields[len(fields)-1] != "ACCEPT" {
			return false
		}
	}
	return true
}

// chains returns the chains that the bridge plugin made for one container each:
// they have a hash for a name, and the rules in them and to them have the
// network's name in a comment. A plugin fills its chain before it leads to it,
// so one that was killed in the middle leaves either alone. A chain that nothing
// leads to and that has no rules is of such a plugin, of whatever network.
func (n Network) chains(listing string) map[string]bool {
	own := map[string]bool{}
	for _, found := range chainOfContainer.FindAllStringSubmatch(listing, -1) {
		chain := found[1]
		rules := strings.Join(regexp.MustCompile(`(?m)^-A (?:`+chain+` .*|.* -j `+chain+`)$`).FindAllString(listing, -1), "\n")
		if rules == "" || strings.Contains(rules, fmt.Sprintf(`name: \"%s\"`, n.Name)) {
			own[chain] = true
		}
	}
	return own
}

var chainOfContainer = regexp.MustCompile(`(?m)^-N (CNI-[0-9a-f]{24})$`)

// mentions tells whether a rule has an address of the network.
func (n Network) mentions(fields []string) bool {
	_, network, err := net.ParseCIDR(n.CIDR)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(fields, func(field string) bool {
		address, _, err := net.ParseCIDR(field)
		return err == nil && network.Contains(address)
	})
}

// jumps returns the commands that remove the rules which lead to a chain.
func jumps(listing, chain string) []string {
	var remove []string
	for line := range strings.Lines(listing) {
		rule, isRule := strings.CutPrefix(strings.TrimSpace(line), "-A ")
		if isRule && strings.HasSuffix(rule, " -j "+chain) {
			remove = append(remove, "-D "+rule)
		}
	}
	return remove
}
