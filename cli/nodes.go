package cli

import (
	"cmp"
	"context"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/api"
	"github.com/stele-health/stele/member"
	"github.com/stele-health/stele/terminal"
	"github.com/stele-health/stele/wire"
)

// Node is a member whose node may be asked.
type Node struct {
	Short, Name, kind, URL string
	Address                *wire.MemberAddress // nil for one that was named by its address
}

// Dial dials the member, and holds it to the key that the network file pins. An address alone pins
// nothing: what comes from there is one member's word until it is checked.
func (n Node) Dial(options ...api.Option) (*api.Client, error) {
	if n.Address == nil {
		return api.Dial(n.URL, options...)
	}
	return api.DialMember(n.Address, options...)
}

// Nodes lists the home's members, or the one that is named: by short or full
// name, or by its address, for which no home is needed.
func (f *Face) Nodes(name string) ([]Node, error) {
	if u, err := url.Parse(name); err == nil && u.Scheme != "" && u.Host != "" {
		return []Node{{Short: u.Host, Name: u.Host, URL: name}}, nil
	}
	network, err := f.Network()
	if err != nil {
		return nil, err
	}
	shorts := f.shortNames(network)
	var all []Node
	var names []string
	for i, m := range network.Members {
		n := Node{shorts[i], m.Name, m.Kind, m.Url, m}
		if name != "" && (n.Short == name || strings.EqualFold(n.Name, name)) {
			return []Node{n}, nil
		}
		all, names = append(all, n), append(names, n.Short)
	}
	if name != "" {
		return nil, stele.E("find member", stele.KindNotFound, "there is no member "+name, nil).
			WithHint(DidYouMean(name, names, "the members are "+strings.Join(names, ", ")))
	}
	return all, nil
}

// shortNames returns the members' short names: of their folders or wallets,
// where they are in the home; else their names.
func (f *Face) shortNames(network *wire.Network) []string {
	names := make([]string, len(network.Members))
	known := f.folders()
	for i, m := range network.Members {
		names[i] = cmp.Or(known[string(m.Subject)], m.Name)
	}
	return names
}

// AskNodes asks the members in turn until one answers.
func (f *Face) AskNodes(ctx context.Context, name string, question func(context.Context, Node, *api.Client) error) error {
	nodes, err := f.Nodes(name)
	if err != nil {
		return err
	}
	for i, n := range nodes {
		client, e := n.Dial()
		if e != nil {
			return e
		}
		err = question(ctx, n, client)
		client.Close()
		// Whoever answers has answered, a refusal too: only silence leads to the next one.
		if k := stele.KindOf(err); k != stele.KindUnreachable || ctx.Err() != nil {
			return err
		}
		if i == len(nodes)-1 && len(nodes) > 1 {
			return stele.E("ask ledger", stele.KindUnreachable, "no member answered", err).
				WithHint("is the network running? stele devnet starts one; --home names its folder")
		}
	}
	return err
}

// folders maps the subjects of members whose folders are in the home to the
// folders' names.
func (f *Face) folders() map[string]string {
	known := map[string]string{}
	if id, err := member.LoadIdentity(f.Home); err == nil { // the home is a member's own folder
		known[string(id.Subject[:])] = id.Name
	}
	paths, _ := filepath.Glob(filepath.Join(f.Home, "members", "*")) // fails for bad patterns only
	for _, p := range paths {
		if subject, ok := subjectOfFolder(p); ok {
			known[string(subject[:])] = filepath.Base(p)
		}
	}
	return known
}

func subjectOfFolder(folder string) (stele.Subject, bool) {
	id, err := member.LoadIdentity(folder)
	return id.Subject, err == nil
}

// UpOrDown is the cell of what runs, or does not.
func UpOrDown(up bool) terminal.Cell {
	if up {
		return terminal.Styled("up", terminal.Green)
	}
	return terminal.Styled("down", terminal.Red)
}
