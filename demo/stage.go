package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/account"
	"github.com/stele-health/stele/api"
	"github.com/stele-health/stele/book/pebblestore"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/delivery"
	"github.com/stele-health/stele/devnet"
	"github.com/stele-health/stele/fhir"
	"github.com/stele-health/stele/labels"
	"github.com/stele-health/stele/links"
	"github.com/stele-health/stele/member"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/sample"
	"github.com/stele-health/stele/spell"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// The people of the story. None exists.
const (
	patientName = "Elena Marchetti"
	doctorName  = "Dr Amara Okafor"
)

// stage is the state of a telling.
type stage struct {
	config  Config
	elena   string // names of wallets
	doctor  string
	subject stele.Subject // Elena's

	records    int // of hers, in all vaults
	before     uint64
	given      wallet.Given
	grantTook  time.Duration
	doctorDID  string
	importRate float64
	leo        child
	nora       spell.Code    // on her slip
	nameless   stele.Subject // of somebody whom nobody knew

	night nightPeople
}

// newStage makes the people's wallets, unless an earlier telling did.
func newStage(c Config) (*stage, error) {
	s := &stage{config: c, elena: "elena", doctor: "okafor"}
	for i := 2; ; i++ { // told before on this network: new people
		if _, err := os.Stat(s.wallet(s.elena)); err != nil {
			break
		}
		s.elena, s.doctor = fmt.Sprintf("elena-%d", i), fmt.Sprintf("okafor-%d", i)
	}
	if err := s.create(s.elena, patientName, wallet.Patient); err != nil {
		return nil, err
	}
	return s, s.create(s.doctor, doctorName, wallet.Practitioner)
}

func (s *stage) wallet(name string) string {
	return filepath.Join(s.config.Network.Home, "wallets", name+wallet.Suffix)
}

func (s *stage) create(name, person string, kind wallet.Kind) error {
	passphrase, err := devnet.Passphrase(s.config.Network.Home)
	if err != nil {
		return err
	}
	w, err := wallet.Create(s.wallet(name), passphrase, pebblestore.Folders{}, wallet.Options{Kind: kind, Name: person, WorkFactor: devnet.WorkFactor})
	if err != nil {
		return err
	}
	return w.Close()
}

// as opens a wallet for the length of f, as a command of its own would.
func (s *stage) as(name string, f func(*client.Session) error) error {
	return s.config.Network.With(name, f)
}

// enrol has a patient join the network, give a hospital a write grant, and the
// hospital link its number to her.
func (s *stage) enrol(ctx context.Context, patient, hospital, number string) (subject stele.Subject, err error) {
	err = s.as(patient, func(p *client.Session) error {
		if subject, err = p.Join(ctx); err != nil {
			return err
		}
		to, err := p.Find(ctx, s.config.Network.Name(hospital))
		if err != nil {
			return err
		}
		_, _, err = p.Give(ctx, to, wallet.DirectCareWrite(time.Now().AddDate(10, 0, 0)))
		return err
	})
	if err != nil {
		return subject, err
	}
	if patient == s.elena {
		s.subject = subject
	}
	return subject, s.as(hospital, func(h *client.Session) error {
		if _, err := h.Collect(ctx); err != nil {
			return err
		}
		if _, err := h.HeldWriteGrant(subject); err != nil {
			return err
		}
		return h.Links().Link([]links.Link{{Number: number, Subject: subject}}, links.Confirmed{})
	})
}

func (s *stage) charts() (a, b []byte) { return sample.Story() }

// enlist has a doctor join the network with a card that Lakeview vouches for.
func (s *stage) enlist(ctx context.Context, name string) error {
	return s.as(name, func(d *client.Session) error {
		subject, err := d.Join(ctx)
		if err != nil {
			return err
		}
		if name == s.doctor {
			s.doctorDID = subject.String()
		}
		return s.as("hospital-b", func(h *client.Session) error {
			return d.Enlist(ctx, h.Session, wallet.Profile{
				Role: "doctor", Organisation: h.Subject(), Facility: "hospital", Until: time.Now().AddDate(1, 0, 0),
			})
		})
	})
}

// importAt has a hospital import a chart of Elena's.
func (s *stage) importAt(ctx context.Context, hospital string, chart []byte) (done delivery.Imported, err error) {
	err = s.as(hospital, func(h *client.Session) error {
		done, err = h.Delivery.Import(ctx, bytes.NewReader(chart), delivery.ImportOptions{Subject: s.subject})
		return err
	})
	if err == nil && len(done.Issues) > 0 {
		err = fmt.Errorf("%d resources were refused, the first: %s", len(done.Issues), done.Issues[0])
	}
	return done, err
}

// others enrols and imports the made-up patients, and says how long the import
// took.
func (s *stage) others(ctx context.Context) (resources int, took time.Duration, err error) {
	subjects := make([]stele.Subject, s.config.Patients)
	for i := range subjects {
		name := fmt.Sprintf("patient-%02d", i+1)
		if _, err := os.Stat(s.wallet(name)); err != nil {
			if err := s.create(name, fmt.Sprintf("Patient %d", i+1), wallet.Patient); err != nil {
				return 0, 0, err
			}
		}
		if subjects[i], err = s.enrol(ctx, name, "hospital-a", fmt.Sprintf("MRN-%04d", i+1)); err != nil {
			return 0, 0, err
		}
	}
	start := time.Now()
	err = s.as("hospital-a", func(h *client.Session) error {
		var mu sync.Mutex
		var all []error
		var wg sync.WaitGroup
		slots := make(chan struct{}, 4) // deliveries wait for disks and consensus; a few at a time fill the processors
		for i, subject := range subjects {
			slots <- struct{}{}
			wg.Go(func() {
				defer func() { <-slots }()
				chart := sample.Patient(s.config.Seed, i, sample.Options{})
				done, err := h.Delivery.Import(ctx, bytes.NewReader(chart), delivery.ImportOptions{Subject: subject})
				mu.Lock()
				defer mu.Unlock()
				resources += done.Delivered
				all = append(all, err)
			})
		}
		wg.Wait()
		return errors.Join(all...)
	})
	return resources, time.Since(start), err
}

func (s *stage) question(reason string) reading.Question {
	return reading.Question{Purpose: stele.Treatment, Reason: reason}
}

func (s *stage) logSize(ctx context.Context) (n uint64, err error) {
	err = s.as(s.elena, func(e *client.Session) error {
		account, err := e.Log(ctx)
		if err == nil {
			n = account.Size
		}
		return err
	})
	return n, err
}

// reported is Elena's account with its lines.
type reported struct {
	*account.Report
	lines []account.Line
}

func (s *stage) report(ctx context.Context) (report *reported, err error) {
	err = s.as(s.elena, func(e *client.Session) error {
		report = new(reported)
		report.Report, report.lines, err = e.Account.ReportWhole(ctx)
		return err
	})
	return report, err
}

// settled waits until the receipts are on the ledger.
func (s *stage) settled(ctx context.Context) (*reported, error) {
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(300 * time.Millisecond) {
		report, err := s.report(ctx)
		if err != nil || report.Pending == 0 {
			return report, err
		}
		if time.Now().After(deadline) {
			return nil, fmt.Errorf("%d receipts are not on the ledger after 10 s", report.Pending)
		}
	}
}

// grant has Elena give the doctor a read grant for treatment and the doctor
// collect it.
func (s *stage) grant(ctx context.Context, term time.Duration, categories ...stele.Category) (given wallet.Given, err error) {
	err = s.as(s.elena, func(e *client.Session) error {
		to, err := e.Find(ctx, s.doctorDID)
		if err != nil {
			return err
		}
		given, _, err = e.Give(ctx, to, wallet.Terms{
			Action: stele.ActionRead, Purposes: []stele.Purpose{stele.Treatment}, Categories: categories, End: time.Now().Add(term),
		})
		return err
	})
	if err != nil {
		return given, err
	}
	return given, s.as(s.doctor, func(d *client.Session) error {
		_, err := d.Collect(ctx)
		return err
	})
}

// open has the doctor open what the newest grant allows.
func (s *stage) open(ctx context.Context) (chart *reading.Chart, took time.Duration, err error) {
	err = s.as(s.doctor, func(d *client.Session) error {
		start := time.Now()
		chart, err = d.Charts.OpenChart(ctx, s.subject, s.question("follow-up"))
		took = time.Since(start)
		return err
	})
	return chart, took, err
}

func (s *stage) mustRefuse(ctx context.Context, what string) error {
	_, _, err := s.open(ctx)
	return want(err, stele.KindDenied, "an opening under "+what)
}

// own has Elena open everything with her own key.
func (s *stage) own(ctx context.Context) (chart *reading.Chart, err error) {
	err = s.as(s.elena, func(e *client.Session) error {
		chart, err = e.Charts.OpenOwn(ctx)
		return err
	})
	return chart, err
}

// expected counts the ordinary records of some categories in her two charts.
func (s *stage) expected(categories ...stele.Category) (n int) {
	a, b := s.charts()
	for _, chart := range [][]byte{a, b} {
		r := fhir.NewReader(bytes.NewReader(chart))
		for {
			e, err := r.Next()
			if err != nil {
				break
			}
			label := labels.Default().Label(e.Resource, nil)
			if slices.Contains(categories, label.Category) && len(label.Sensitivity) == 0 {
				n++
			}
		}
	}
	return n
}

// turn stops or starts a member or its trustee.
func (s *stage) turn(ctx context.Context, name, part string, run bool) error {
	_, err := s.config.Network.Switch(ctx, &api.DevnetSwitchRequest{Member: name, Part: part, Run: run})
	return err
}

// mend starts whatever a step stopped.
func (s *stage) mend(ctx context.Context) {
	for _, name := range s.names() {
		_ = s.turn(ctx, name, "", true)
		_ = s.turn(ctx, name, "trustee", true)
	}
}

func (s *stage) names() []string { return s.config.Network.Names() }

// operator dials a member's operator service with the token of its folder.
func (s *stage) operator(name string) (*api.Client, error) {
	token, err := os.ReadFile(filepath.Join(s.config.Network.Folder(name), member.TokenFile))
	if err != nil {
		return nil, err
	}
	return api.Dial(s.config.Network.URL(name), api.WithToken(string(token)))
}

func (s *stage) fsck(ctx context.Context, name string, repair bool) (findings []*wire.Finding, err error) {
	operator, err := s.operator(name)
	if err != nil {
		return nil, err
	}
	defer operator.Close()
	err = operator.Admin.Fsck(ctx, &api.FsckRequest{Repair: repair}, func(p *wire.FsckProgress) error {
		if p.Finding != nil {
			findings = append(findings, p.Finding)
		}
		return nil
	})
	return findings, err
}

func (s *stage) vaultStatus(ctx context.Context, name string) (*wire.VaultStatus, error) {
	operator, err := s.operator(name)
	if err != nil {
		return nil, err
	}
	defer operator.Close()
	return operator.Admin.VaultStatus(ctx, &api.VaultStatusRequest{})
}

// flip changes one byte in the middle of a vault's largest segment.
func (s *stage) flip(name string) (file string, offset int64, err error) {
	var size int64
	root := filepath.Join(s.config.Network.Folder(name), "vault", "segments")
	err = filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if info, err := d.Info(); err == nil && info.Size() > size {
			file, size = path, info.Size()
		}
		return nil
	})
	if err != nil {
		return "", 0, err
	}
	f, err := os.OpenFile(file, os.O_RDWR, 0)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	offset = size / 2
	var b [1]byte
	if _, err := f.ReadAt(b[:], offset); err != nil {
		return "", 0, err
	}
	b[0] ^= 1
	_, err = f.WriteAt(b[:], offset)
	return file, offset, err
}

// thousand delivers a chart of 1,000 records in 100 folios and has the doctor
// open it.
func (s *stage) thousand(ctx context.Context) (chart *reading.Chart, took time.Duration, err error) {
	name := s.elena + "-measured"
	if err := s.create(name, "Somebody Measured", wallet.Patient); err != nil {
		return nil, 0, err
	}
	subject, err := s.enrol(ctx, name, "hospital-a", "MRN-"+name)
	if err != nil {
		return nil, 0, err
	}
	records := make([]delivery.Incoming, 0, 1000)
	for _, category := range stele.Categories()[1:11] {
		for year := 2015; year < 2025; year++ {
			for i := range 10 {
				records = append(records, delivery.Incoming{
					JSON: fmt.Appendf(nil, `{"resourceType":"Basic","id":"%s-%d-%d","code":{"text":"%01000d"}}`, category, year, i, i),
					Type: "Basic", When: fmt.Sprintf("%d-06-01", year), Category: category, Year: year,
				})
			}
		}
	}
	if err := s.as("hospital-a", func(h *client.Session) error {
		held, err := h.HeldWriteGrant(subject)
		if err == nil {
			_, err = h.Delivery.Deliver(ctx, held, records)
		}
		return err
	}); err != nil {
		return nil, 0, err
	}
	elena, hers := s.elena, s.subject
	s.elena, s.subject = name, subject
	defer func() { s.elena, s.subject = elena, hers }()
	if _, err := s.grant(ctx, time.Hour, consent.AllCategories); err != nil {
		return nil, 0, err
	}
	chart, took, err = s.open(ctx)
	if err == nil && len(chart.Records) != len(records) {
		err = fmt.Errorf("opened %d of %d records", len(chart.Records), len(records))
	}
	return chart, took, err
}

// memberName names a member that is given by its DID.
func (s *stage) memberName(did string) string {
	for _, m := range s.config.Network.Network.Members {
		if stele.Subject(m.Subject).String() == did {
			return m.Name
		}
	}
	return did
}
