package netcheck

import (
	"fmt"
	"maps"
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

// Undo returns the iptables arguments that remove what the CNI plugins have
// added for the network, given one table as `iptables -S` lists it. A plugin
// removes its own rules when a container ends, so they are left only after an
// engine was killed. The chains that networks share are removed when no rule
// of another network is left in them.
func (n Network) Undo(listing string) [][]string {
	var remove, flush, drop [][]string
	own := n.chains(listing)
	sharedFree := true
	for line := range strings.Lines(listing) {
		rule, isRule := strings.CutPrefix(strings.TrimSpace(line), "-A ")
		if !isRule {
			continue
		}
		args := split(rule)
		switch {
		case own[args[0]]:
			// Goes with its chain.
		case n.owns(args, own):
			remove = append(remove, append([]string{"-D"}, args...))
		case (args[0] == forwardChain || args[0] == adminChain) && last(args) != adminChain:
			sharedFree = false
		}
	}
	for _, chain := range slices.Sorted(maps.Keys(own)) {
		flush = append(flush, []string{"-F", chain})
		drop = append(drop, []string{"-X", chain})
	}
	if sharedFree && strings.Contains(listing, "-N "+forwardChain) {
		remove = append(remove, jumps(listing, forwardChain)...)
		flush = append(flush, []string{"-F", forwardChain})
		drop = append(drop, []string{"-X", forwardChain})
		if strings.Contains(listing, "-N "+adminChain) {
			drop = append(drop, []string{"-X", adminChain})
		}
	}
	return append(append(remove, flush...), drop...)
}

// owns tells whether a rule is about an address of the network or leads to one
// of its chains.
func (n Network) owns(args []string, own map[string]bool) bool {
	if own[last(args)] {
		return true
	}
	prefix := addressPrefix(n.CIDR)
	for _, arg := range args {
		if strings.HasPrefix(arg, prefix) && strings.Contains(arg, "/") {
			return true
		}
	}
	return false
}

// chains returns the chains that the bridge plugin made for one container each:
// they have a hash for a name and the network's name in a comment.
func (n Network) chains(listing string) map[string]bool {
	own := map[string]bool{}
	comment := regexp.MustCompile(`-j (CNI-[0-9a-f]{24})$`)
	for line := range strings.Lines(listing) {
		line = strings.TrimSpace(line)
		if !strings.Contains(line, fmt.Sprintf(`name: \"%s\"`, n.Name)) {
			continue
		}
		if found := comment.FindStringSubmatch(line); found != nil {
			own[found[1]] = true
		}
	}
	return own
}

func jumps(listing, chain string) [][]string {
	var remove [][]string
	for line := range strings.Lines(listing) {
		rule, isRule := strings.CutPrefix(strings.TrimSpace(line), "-A ")
		if !isRule {
			continue
		}
		if args := split(rule); last(args) == chain {
			remove = append(remove, append([]string{"-D"}, args...))
		}
	}
	return remove
}

// addressPrefix is the part of a range that is written out in each of its
// addresses: "10.87." of 10.87.0.0/16.
func addressPrefix(cidr string) string {
	address, bits, _ := strings.Cut(cidr, "/")
	octets := strings.SplitAfter(address, ".")
	whole := map[string]int{"8": 1, "16": 2, "24": 3}[bits]
	if whole == 0 || len(octets) != 4 {
		return address
	}
	return strings.Join(octets[:whole], "")
}

// split splits a listed rule as a shell would: iptables quotes comments.
func split(rule string) []string {
	var args []string
	var arg strings.Builder
	quoted, escaped, inside := false, false, false
	for _, r := range rule {
		switch {
		case escaped:
			arg.WriteRune(r)
			escaped = false
		case r == '\\':
			escaped = true
		case r == '"':
			quoted, inside = !quoted, true
		case r == ' ' && !quoted:
			if inside {
				args = append(args, arg.String())
			}
			arg.Reset()
			inside = false
		default:
			arg.WriteRune(r)
			inside = true
		}
	}
	if inside {
		args = append(args, arg.String())
	}
	return args
}

func last(args []string) string { return args[len(args)-1] }
