package sdjwt

import (
	"bytes"
	"crypto/ecdsa"
	"encoding/base64"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// An answer is what npm's @sd-jwt made of a task: sdjwt/compare/agree.mjs writes it.
type answer struct {
	OK    json.RawMessage
	Error string
}

func (a answer) text(t *testing.T) (text string) {
	t.Helper()
	if err := json.Unmarshal(a.OK, &text); err != nil || a.Error != "" {
		t.Fatal(err, a.Error)
	}
	return text
}

// ask gives tasks to npm's @sd-jwt and returns its answers, or skips.
func ask(t *testing.T, tasks ...map[string]any) []answer {
	t.Helper()
	folder := filepath.Join("..", "bin", "agree")
	if _, err := os.Stat(filepath.Join(folder, "node_modules", "@sd-jwt", "sd-jwt-vc")); err != nil {
		t.Skip("npm's @sd-jwt is not there: nothing is compared; make bin/agree fetches it")
	}
	var in bytes.Buffer
	for _, task := range tasks {
		in.Write(append(marshal(task), '\n'))
	}
	node := exec.CommandContext(t.Context(), "node", "agree.mjs")
	node.Dir, node.Stdin, node.Stderr = folder, &in, os.Stderr
	out, err := node.Output()
	if err != nil {
		t.Fatal(err)
	}
	var answers []answer
	for d := json.NewDecoder(bytes.NewReader(out)); d.More(); {
		var a answer
		if err := d.Decode(&a); err != nil {
			t.Fatal(err)
		}
		answers = append(answers, a)
	}
	if len(answers) != len(tasks) {
		t.Fatalf("%d answers to %d tasks", len(answers), len(tasks))
	}
	return answers
}

// keys are a key as npm wants it, public and private.
func keys(t *testing.T, key *ecdsa.PrivateKey) (public, private json.RawMessage) {
	t.Helper()
	public = json.RawMessage(jwk(&key.PublicKey))
	return public, json.RawMessage(add(string(public), `"d":"`+b64(string(must(key.Bytes())))+`"`))
}

// deep says in many ways what may be hidden.
func deep() Claims {
	return Claims{"jurisdiction": "GB", "profession": Hidden{"physician"}, "seats": Hidden{[]any{Hidden{"London"}, "Leeds", Hidden{map[string]any{"city": Hidden{"Kraków"}, "open": true}}}},
		"address": map[string]any{"country": "GB", "street": Hidden{"1 \"High\" St / <A&B>"}, "more": Hidden{map[string]any{"floor": Hidden{3}}}}, "nothing": Hidden{nil}, "empty": Hidden{map[string]any{}}, "none": Hidden{[]any{}}}
}

// toVerify is a task: verify what is presented, with a status list.
func toVerify(t *testing.T, s scene, token, list string) map[string]any {
	t.Helper()
	public, _ := keys(t, s.board.Key)
	return map[string]any{"do": "verify", "token": token, "key": public, "nonce": toCommittee.Nonce, "now": now.Unix(), "list": list}
}

// TestR26NpmReadsWhatWeIssue: what is issued and bound here is verified there, and shows there
// what it shows here.
func TestR26NpmReadsWhatWeIssue(t *testing.T) {
	s, list := newScene(t), newList(t)
	s.says.Claims = deep()
	s.token = must(s.board.Issue(s.says))
	if err := list.Set(s.says.Status.Index, Valid); err != nil {
		t.Fatal(err)
	}
	signed := must(s.board.SignStatusList(list))
	var tasks []map[string]any
	for _, paths := range [][]string{nil, {"profession"}, {"seats/2/city", "address/street"}, {"seats/0", "nothing"}, s.token.Paths()} {
		tasks = append(tasks, toVerify(t, s, s.shown(t, paths...).Compact(), signed))
	}
	for i, answer := range ask(t, tasks...) {
		var got struct{ Payload json.RawMessage }
		if err := json.Unmarshal(answer.OK, &got); err != nil || answer.Error != "" {
			t.Errorf("task %d: %v %s", i, err, answer.Error)
			continue
		}
		want := must(Parse(tasks[i]["token"].(string))).claims
		if diff := cmp.Diff(want, must(parseObject(got.Payload, maxDepth))); diff != "" {
			t.Errorf("task %d: %s", i, diff)
		}
	}
}

// TestR26NpmRefusesWhatWeRefuse, but for a disclosure that no digest stands for, which it
// takes against RFC 9901 §7.1, 5.
func TestR26NpmRefusesWhatWeRefuse(t *testing.T) {
	s, list := newScene(t), newList(t)
	suspended := must(s.board.SignStatusList(list))
	spoil := func(f func(*craft)) string {
		c := newCraft(t, s)
		f(&c)
		return c.compact()
	}
	trials := []struct {
		what, token string
		holds       bool // there
	}{
		{"what holds", spoil(func(*craft) {}), true},
		{"another sd_hash", spoil(func(c *craft) { c.sdHash = sha("x") }), false},
		{"another key signed", spoil(func(c *craft) { c.issuer = s.holder }), false},
		{"another key bound", spoil(func(c *craft) { c.holder = s.board.Key }), false},
		{"another nonce", spoil(func(c *craft) { c.kbPayload = swap(c.kbPayload, toCommittee.Nonce, "x") }), false},
		{"no key binding", spoil(func(c *craft) { c.kbHeader = "" }), false},
		{"what is over", spoil(func(c *craft) { c.payload = swap(c.payload, `"exp":`, `"exp":1,"a":`) }), false},
		{"a licence that is revoked", s.shown(t).Compact(), false},
		{"a disclosure of nothing", spoil(func(c *craft) { c.disclosures = append(c.disclosures, `["s","a",1]`) }), true},
	}
	var tasks []map[string]any
	for _, trial := range trials {
		tasks = append(tasks, toVerify(t, s, trial.token, suspended))
	}
	for i, answer := range ask(t, tasks...) {
		if trial := trials[i]; trial.holds != (answer.Error == "") {
			t.Errorf("%s: %s %s", trial.what, answer.Error, answer.OK)
		}
	}
}

func TestR27NpmReadsOurStatusLists(t *testing.T) {
	s := newScene(t)
	answer := ask(t, map[string]any{"do": "statuses", "token": must(s.board.SignStatusList(newList(t)))})[0]
	var statuses []int
	if err := json.Unmarshal(answer.OK, &statuses); err != nil || len(statuses) != 100 {
		t.Fatalf("the list is read as %s: %s", answer.OK, answer.Error)
	}
	for i, got := range statuses {
		if want := map[int]Status{7: Revoked, 8: Suspended, 99: Revoked}[i]; got != int(want) {
			t.Errorf("place %d is %d, not %v", i, got, want)
		}
	}
}

// TestR26WeReadWhatNpmIssues: what is issued there, and presented there or here, is verified
// here; and a list that is made there says here the same.
func TestR26WeReadWhatNpmIssues(t *testing.T) {
	s := newScene(t)
	public, issuer := keys(t, s.board.Key)
	holderPublic, holder := keys(t, s.holder)
	header := map[string]any{"x5c": []string{base64.StdEncoding.EncodeToString(s.board.Certificate)}}
	claims := map[string]any{"vct": s.says.Type, "iss": s.says.Issuer, "sub": s.says.Subject, "iat": now.Unix(), "exp": now.Unix() + 3600,
		"cnf": map[string]any{"jwk": holderPublic}, "jurisdiction": "GB", "profession": "physician", "family_name": "Ōkafor",
		"address": map[string]any{"country": "GB", "city": "London"}, "seats": []any{"London", "Leeds"}, "level": 12}
	frame := map[string]any{"_sd": []string{"profession", "family_name", "address", "level"}, "address": map[string]any{"_sd": []string{"city"}}, "seats": map[string]any{"_sd": []int{1}}, "_sd_decoy": 3}
	statuses := make([]int, 21)
	statuses[0], statuses[6], statuses[20] = 1, 2, 1
	answers := ask(t,
		map[string]any{"do": "issue", "issuer": issuer, "key": public, "claims": claims, "frame": frame, "header": header},
		map[string]any{"do": "list", "issuer": issuer, "key": public, "statuses": statuses, "header": map[string]any{"alg": "ES256", "x5c": header["x5c"]},
			"claims": map[string]any{"iss": s.says.Issuer, "sub": board1, "iat": now.Unix(), "exp": now.Unix() + 60, "ttl": 60}})
	issued := must(Parse(answers[0].text(t)))
	if diff := cmp.Diff([]string{"address", "address/city", "family_name", "level", "profession", "seats/1"}, issued.Paths()); diff != "" {
		t.Error(diff)
	}
	list := must(VerifyStatusList(answers[1].text(t), s.check()))
	for i, want := range statuses {
		if got, err := list.Of(StatusRef{board1, i}); got != Status(want) || err != nil {
			t.Errorf("place %d is %v, not %v (%v)", i, got, want, err)
		}
	}
	answers = ask(t, map[string]any{"do": "present", "holder": holder, "key": public, "token": issued.Compact(),
		"frame": map[string]any{"profession": true, "address": map[string]any{"city": true}, "seats": map[string]any{"1": true}},
		"kb":    map[string]any{"aud": toCommittee.Audience, "nonce": toCommittee.Nonce, "iat": now.Add(time.Second).Unix()}})
	ours := must(must(issued.Disclose("profession", "address/city", "seats/1")).Bind(s.holder, toCommittee, now.Add(time.Second)))
	for who, presentation := range map[string]string{"npm": answers[0].text(t), "we": ours.Compact()} {
		v, err := Verify(presentation, s.check())
		if err != nil {
			t.Errorf("what %s present: %v", who, err)
			continue
		}
		want := Claims{"jurisdiction": "GB", "profession": "physician", "address": map[string]any{"country": "GB", "city": "London"}, "seats": []any{"London", "Leeds"}}
		if diff := cmp.Diff(want, v.Claims); diff != "" || !v.BoundAt.Equal(now.Add(time.Second)) {
			t.Errorf("what %s present, at %v: %s", who, v.BoundAt, diff)
		}
	}
}
