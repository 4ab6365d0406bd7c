package processes_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/delivery"
	"github.com/stele-health/stele/member"
	"github.com/stele-health/stele/processes"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/wallet"
)

// planted are words about a patient and those who treat her that no operator may
// find in what a process says.
var planted = []string{
	"Zerlinda", "Quackenbusch", "MRN-4711-0815", "1931-03-07", "Plantedosis", "K77.4711X", "Dr Okapi Vonderheide", "because she fainted",
}

const plantedChart = `{"resourceType":"Bundle","type":"collection","entry":[
{"resource":{"resourceType":"Patient","id":"p","name":[{"family":"Quackenbusch","given":["Zerlinda"]}],"birthDate":"1931-03-07",
 "identifier":[{"system":"urn:mrn","value":"MRN-4711-0815"}]}},
{"resource":{"resourceType":"Condition","id":"c","subject":{"reference":"Patient/p"},"recordedDate":"2024-02-03",
 "code":{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10","code":"K77.4711X","display":"Plantedosis"}],"text":"Plantedosis"}}}]}`

// forms are the ways in which a word gives itself away.
func forms(word string) []string {
	code := base64.StdEncoding.EncodeToString([]byte(word))
	return []string{word, hex.EncodeToString([]byte(word)), code[:len(code)/4*4-4]}
}

// TestLaw4NoLogOrMetricTellsOfAPatient plays a delivery, an opening, refusals and
// everything that can go wrong on the way with planted people, and searches what
// the processes said meanwhile: logs at debug level, metrics, probes.
func TestLaw4NoLogOrMetricTellsOfAPatient(t *testing.T) {
	t.Parallel() // it waits half a minute for a block that does not come
	n := found(t, processes.Config{Members: 2, TLS: true, Log: "debug"})
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	must(t, n.Start(ctx))
	must(t, n.Enlist(ctx))
	secret := plantedStory(t, n)
	for _, m := range n.Members {
		annoy(t, m)
	}
	var said strings.Builder
	for _, m := range n.Members {
		for _, path := range []string{"/metrics", "/readyz", "/livez", "/readyz?Zerlinda"} {
			_, text, err := m.Probe(ctx, path)
			must(t, err)
			said.WriteString(text)
		}
	}
	must(t, n.Members[0].Stop()) // the other one has nobody left to agree with
	unready(t, ctx, n.Members[1], &said)
	must(t, n.Stop())
	for _, m := range n.Members {
		said.WriteString(m.Log())
	}
	text := said.String()
	for _, want := range []string{"stele_trustee_releases_total", "stele_trustee_refusals_total", "level=DEBUG", "level=WARN", "stele_call_seconds"} {
		if !strings.Contains(text, want) {
			t.Errorf("what was searched holds no %s: was anything said?", want)
		}
	}
	lower := strings.ToLower(text)
	for _, word := range append(planted, secret...) {
		for _, form := range forms(word) {
			if form != "" && strings.Contains(lower, strings.ToLower(form)) {
				t.Errorf("%q was said (as %q): %s", word, form, around(text, lower, strings.ToLower(form)))
			}
		}
	}
}

func around(text, lower, form string) string {
	i := strings.Index(lower, form)
	return text[max(0, i-120):min(len(text), i+120)]
}

// unready waits until a member says why it is of no use.
func unready(t *testing.T, ctx context.Context, m *processes.Member, said *strings.Builder) {
	t.Helper()
	for {
		code, text, err := m.Probe(ctx, "/readyz")
		must(t, err)
		if code == http.StatusServiceUnavailable {
			if !strings.Contains(text, "newest block is") {
				t.Errorf("not ready, and the reason is %q", text)
			}
			said.WriteString(text)
			return
		}
		select {
		case <-ctx.Done():
			t.Fatal("a member alone of two still says that it is ready")
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// plantedStory delivers, opens, is refused, and returns what else must not be
// said: DIDs, ids of grants, keys, secrets.
func plantedStory(t *testing.T, n *processes.Network) (secret []string) {
	ctx := t.Context()
	patient, err := n.NewWallet("patient", wallet.Options{Kind: wallet.Patient, Name: "Zerlinda Quackenbusch"})
	must(t, err)
	defer patient.Close()
	doctor, err := n.NewWallet("doctor", wallet.Options{Kind: wallet.Practitioner, Name: "Dr Okapi Vonderheide"})
	must(t, err)
	defer doctor.Close()
	hospital, err := n.Members[0].Session()
	must(t, err)
	defer hospital.Close()
	for _, s := range []*client.Session{patient, doctor} {
		_, err := s.Join(ctx)
		must(t, err)
	}
	must(t, doctor.Enlist(ctx, hospital.Session, wallet.Profile{
		Role: "doctor", Organisation: hospital.Subject(), Facility: "hospital", Until: time.Now().AddDate(1, 0, 0),
	}))
	ask := reading.Question{Purpose: stele.Treatment, Reason: "because she fainted"}
	if _, err := doctor.Charts.OpenChart(ctx, patient.Subject(), ask); stele.KindOf(err) != stele.KindDenied {
		t.Fatalf("without a grant: %v", err)
	}
	p := people{elena: patient, okafor: doctor, hospital: hospital}
	to, err := patient.Find(ctx, n.Members[0].Name)
	must(t, err)
	write, _, err := patient.Give(ctx, to, wallet.DirectCareWrite(time.Now().AddDate(1, 0, 0)))
	must(t, err)
	_, err = hospital.Collect(ctx)
	must(t, err)
	done, err := hospital.Delivery.Import(ctx, strings.NewReader(plantedChart), delivery.ImportOptions{Subject: patient.Subject()})
	must(t, err)
	if done.Delivered != 2 {
		t.Fatalf("%d records delivered, want 2", done.Delivered)
	}
	broken := strings.Replace(plantedChart, `"birthDate":"1931-03-07"`, `"birthDate":"7 March"`, 1)
	_, _ = hospital.Delivery.Import(ctx, strings.NewReader(broken), delivery.ImportOptions{Subject: patient.Subject()})
	read := p.grantTo(t, "Vonderheide")
	chart, err := doctor.Charts.OpenChart(ctx, patient.Subject(), ask)
	must(t, err)
	if len(chart.Records) != 2 {
		t.Fatalf("%d records opened, want 2", len(chart.Records))
	}
	_, err = patient.Revoke(ctx, read.Grant)
	must(t, err)
	if _, err := doctor.Charts.OpenChart(ctx, patient.Subject(), ask); stele.KindOf(err) != stele.KindDenied {
		t.Fatalf("after the revocation: %v", err)
	}
	for _, s := range []*client.Session{patient, doctor} {
		id := s.Subject()
		secret = append(secret, id.String(), strings.TrimPrefix(id.String(), "did:stele:"), string(s.Keyring().Signer().Public().Key))
	}
	secret = append(secret, write.Grant.String(), read.Grant.String(), processes.Passphrase)
	return append(secret, secrets(t, n)...)
}

// secrets are the members' own.
func secrets(t *testing.T, n *processes.Network) (all []string) {
	for _, m := range n.Members {
		id, err := member.LoadIdentity(m.Folder)
		must(t, err)
		token, err := os.ReadFile(filepath.Join(m.Folder, member.TokenFile))
		must(t, err)
		all = append(all, string(id.Secret), string(id.Shares[0]), string(id.Shares[0][12:]), string(token))
	}
	return all
}

// annoy sends a member everything that is wrong, with planted words in it.
func annoy(t *testing.T, m *processes.Member) {
	client := &http.Client{Transport: insecure(), Timeout: 5 * time.Second}
	junk, err := json.Marshal(map[string]any{"transaction": "Zerlinda", "MRN-4711-0815": "Plantedosis"})
	must(t, err)
	for _, path := range []string{
		"stele.api.v1.Ledger/Submit", "stele.api.v1.Trustee/Release", "stele.api.v1.Vault/PutSubmission", "stele.api.v1.Vault/ListFolios",
		"stele.api.v1.Directory/Register", "stele.api.v1.Admin/VaultStatus", "stele.api.v1.Nothing/Zerlinda", "Zerlinda?Quackenbusch",
	} {
		for _, body := range [][]byte{junk, []byte(plantedChart), []byte(`{"request":{"body":"` + base64.StdEncoding.EncodeToString([]byte(plantedChart)) + `"}}`)} {
			for _, kind := range []string{"application/json", "application/proto", "application/grpc+proto", "Zerlinda/Quackenbusch"} {
				r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, m.Address().Url+"/"+path, bytes.NewReader(body))
				must(t, err)
				r.Header.Set("Content-Type", kind)
				r.Header.Set("X-Patient", "Zerlinda Quackenbusch")
				r.Header.Set("Authorization", "Bearer MRN-4711-0815")
				if answer, err := client.Do(r); err == nil {
					_, _ = io.Copy(io.Discard, answer.Body)
					answer.Body.Close()
				}
			}
		}
	}
	for _, address := range []string{m.Services, m.Peers, m.Admin} {
		c, err := net.DialTimeout("tcp", address, time.Second)
		must(t, err)
		_ = c.SetDeadline(time.Now().Add(time.Second))
		fmt.Fprintf(c, "GET /Zerlinda?Quackenbusch HTTP/1.1\r\nHost: MRN-4711-0815\r\nPlantedosis\r\n\r\n%s", plantedChart)
		_, _ = io.Copy(io.Discard, c)
		c.Close()
	}
}
