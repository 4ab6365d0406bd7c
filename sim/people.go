package sim

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/api"
	"github.com/stele-health/stele/book/pebblestore"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/delivery"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/wallet"
)

// people are those who use the network, with their wallets.
type people struct {
	w                            *world
	patients, doctors, hospitals []*person
	issuers                      []*person // of credentials: a board, an accreditor
	records                      int
}

// person does one thing at a time.
type person struct {
	*client.Session
	name  string
	busy  chan struct{} // holds a token while the person does something
	gave  []given       // a patient's grants to doctors
	terms map[stele.ID]wallet.Terms

	emergency []stele.Category // what a patient lets be opened in an emergency, from before anybody does
}

// given is a grant and the doctor who has it.
type given struct {
	id stele.ID
	to *person
}

// wallet makes a wallet, or opens the one that is there. Its passphrase guards nothing here, and is
// worked on as little as may be.
func (w *world) wallet(name string, kind wallet.Kind) *wallet.Wallet {
	path := filepath.Join(w.folder, name+wallet.Suffix)
	made, err := wallet.Create(path, "open sesame", pebblestore.Folders{}, wallet.Options{Kind: kind, Name: name, WorkFactor: 1})
	if stele.KindOf(err) == stele.KindExists && err != nil {
		made, err = wallet.Open(path, "open sesame", pebblestore.Folders{})
	}
	w.must(err)
	return made
}

// person puts a wallet to work; the members that it asks first come first.
func (w *world) person(name string, kind wallet.Kind, first int) *person {
	held := w.wallet(name, kind)
	n := &members.Network{Genesis: w.document}
	for i := range w.members {
		m := w.members[(first+i)%size]
		l := line{w, name, nil, m}
		n.Members = append(n.Members, members.Member{
			Subject: m.subject, Name: m.name, Kind: m.Kind, Ledger: api.Direct{Ledger: nodeLine{l}},
			Directory: directoryLine{l}, Vault: vaultLine{l}, Trustee: trusteeLine{l}, Emergency: deskLine{l},
		})
	}
	s, err := client.Open(held, n)
	w.must(err)
	return &person{Session: s, name: name, busy: make(chan struct{}, 1), terms: map[stele.ID]wallet.Terms{}}
}

// settle makes the people: hospitals that may write for two patients, and two
// doctors.
func (w *world) settle() *people {
	p, ctx := &people{w: w}, context.Background()
	for i, m := range w.members {
		h := w.person(m.name, wallet.Organisation, i)
		p.hospitals = append(p.hospitals, h)
		w.must(h.Enlist(ctx, h.Session.Session, wallet.Profile{Until: time.Now().AddDate(1, 0, 0)}))
	}
	for i := range 2 {
		d := w.person(fmt.Sprintf("doctor %d", i), wallet.Practitioner, i)
		p.doctors = append(p.doctors, d)
		_, err := d.Join(ctx)
		w.must(err)
		w.must(d.Enlist(ctx, p.hospitals[i].Session.Session, wallet.Profile{
			Role: "doctor", Organisation: p.hospitals[i].Subject(), Facility: "hospital", Until: time.Now().AddDate(1, 0, 0),
		}))
	}
	for i := range 2 {
		s := w.person(fmt.Sprintf("patient %d", i), wallet.Patient, w.dice.of("home").IntN(size))
		p.patients = append(p.patients, s)
		_, err := s.Join(ctx)
		w.must(err)
		for j := range 2 {
			h := p.hospitals[(2*i+j)%size]
			to, err := s.Find(ctx, h.Subject().String())
			w.must(err)
			_, _, err = s.Give(ctx, to, wallet.DirectCareWrite(time.Now().AddDate(1, 0, 0)))
			w.must(err)
			_, err = h.Collect(ctx)
			w.must(err)
			w.must(p.deliver(ctx, h, s, w.dice.of("first")))
		}
	}
	p.license(ctx)
	return p
}

func (p *people) close() {
	for _, one := range slices.Concat(p.patients, p.doctors, p.hospitals, p.issuers) {
		_ = one.Close()
	}
}

// live lets people do things, a few at once.
func (p *people) live(rounds int) {
	for round := range rounds {
		r := p.w.dice.of("round %d", round)
		var all sync.WaitGroup
		for i := range 1 + r.IntN(4) {
			all.Go(func() {
				ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
				defer cancel()
				p.act(ctx, p.w.dice.of("act %d of round %d", i, round))
			})
		}
		all.Wait()
		sleep(context.Background(), time.Duration(r.IntN(20_000))*time.Millisecond)
	}
}

// act does one thing.
func (p *people) act(ctx context.Context, r *rand.Rand) {
	patient, doctor := p.patients[r.IntN(len(p.patients))], p.doctors[r.IntN(len(p.doctors))]
	switch r.IntN(14) {
	case 0, 1, 2:
		hospital := p.hospitals[r.IntN(size)]
		p.alone(hospital, func() { _ = p.deliver(ctx, hospital, patient, r) })
	case 3, 4:
		p.alone(patient, func() { _ = p.give(ctx, patient, doctor, r) })
	case 5:
		p.alone(patient, func() { p.revoke(ctx, patient, r) })
	case 10: // she takes a grant back while it is used
		// A source of its own: the two act at once, and who draws first must not matter.
		mine := rand.New(rand.NewPCG(r.Uint64(), 0))
		p.alone(patient, func() { _ = p.give(ctx, patient, doctor, r) })
		var both sync.WaitGroup
		both.Go(func() { p.alone(doctor, func() { _ = p.open(ctx, doctor, patient, mine) }) })
		sleep(ctx, time.Duration(r.IntN(3000))*time.Millisecond)
		p.alone(patient, func() { p.revoke(ctx, patient, r) })
		both.Wait()
	case 6, 7:
		if r.IntN(3) > 0 {
			p.alone(patient, func() { _ = p.give(ctx, patient, doctor, r) })
		}
		p.alone(doctor, func() { _ = p.open(ctx, doctor, patient, r) })
	case 8, 11, 12:
		p.alone(patient, func() { p.own(ctx, patient) })
	case 9:
		p.alone(patient, func() { p.log(ctx, patient) })
	case 13:
		p.alone(doctor, func() { p.emergency(ctx, doctor, patient, r) })
	}
}

// alone waits until somebody has nothing else to do, as a wallet has one owner.
func (p *people) alone(who *person, do func()) {
	who.busy <- struct{}{} // not a mutex: simulated time stands still while somebody waits for one
	defer func() { <-who.busy }()
	do()
}

// done counts what became of an operation.
func (p *people) done(what string, err error) {
	p.w.tallied(func(t *Tally) {
		t.Operations++
		if err != nil {
			what += " (" + stele.KindOf(err).String() + ")"
		}
		t.Done[what]++
	})
	if p.w.tells {
		p.w.Logf("%v %s: %v", time.Since(p.w.begin).Round(time.Millisecond), what, err)
	}
}

// A few, so that grants cover some records of a patient and not others.
var categories = []stele.Category{stele.Medications, stele.Problems, stele.Allergies}

// known is a record as it was delivered.
type known struct {
	patient  stele.Subject
	json     []byte
	category stele.Category
	acked    time.Time // zero until then
}

// deliver has a hospital deliver one to three records; nil where it may not write.
func (p *people) deliver(ctx context.Context, hospital, patient *person, r *rand.Rand) error {
	held, err := hospital.HeldWriteGrant(patient.Subject())
	if err != nil {
		return nil // it may not write for this patient
	}
	var records []delivery.Incoming
	var mine []*known
	p.w.mu.Lock()
	for range 1 + r.IntN(3) {
		p.records++
		id := fmt.Sprintf("record-%d", p.records)
		k := &known{patient: patient.Subject(), category: categories[r.IntN(len(categories))],
			json: fmt.Appendf(nil, `{"resourceType":"Basic","id":%q,"code":{"text":"note %d"}}`, id, r.Uint64())}
		// Known before it is sent: a delivery whose answer was lost may be there all the same.
		p.w.known[id] = k
		mine = append(mine, k)
		records = append(records, delivery.Incoming{JSON: k.json, Type: "Basic", When: "1999", Year: 1999, Category: k.category})
	}
	p.w.mu.Unlock()
	delivered, err := hospital.Delivery.Deliver(ctx, held, records)
	p.done("delivered", err)
	if err == nil {
		p.w.believed(delivered.Outcome)
		p.w.mu.Lock()
		for _, k := range mine {
			k.acked = time.Now()
		}
		p.w.mu.Unlock()
	}
	return err
}

// give has a patient give a grant of half a minute to twenty: some end while they are used.
func (p *people) give(ctx context.Context, patient, doctor *person, r *rand.Rand) error {
	to, err := patient.Find(ctx, doctor.Subject().String())
	if err != nil {
		p.done("found", err)
		return err
	}
	terms := wallet.Terms{
		Action: stele.ActionRead, Purposes: []stele.Purpose{stele.Treatment}, Categories: []stele.Category{consent.AllCategories},
		End: time.Now().Add(time.Duration(30+r.IntN(1200)) * time.Second), MaxUses: r.Uint32N(4),
	}
	if r.IntN(2) == 0 {
		terms.Categories = categories[:1+r.IntN(2)]
	}
	g, outcome, err := patient.Give(ctx, to, terms)
	p.done("gave", err)
	if err == nil {
		p.w.believed(outcome)
	}
	// Also where no verdict came: it may have been given all the same.
	if g.Grant != (stele.ID{}) {
		patient.gave = append(patient.gave, given{g.Grant, doctor})
		p.w.mu.Lock()
		patient.terms[g.Grant] = terms
		p.w.mu.Unlock()
	}
	return err
}

// revoke takes back one of the three newest grants: an older one may be over by itself.
func (p *people) revoke(ctx context.Context, patient *person, r *rand.Rand) {
	if len(patient.gave) == 0 {
		return
	}
	g := patient.gave[len(patient.gave)-1-r.IntN(min(3, len(patient.gave)))]
	outcome, err := patient.Revoke(ctx, g.id)
	p.done("took back", err)
	if err == nil {
		p.w.believed(outcome)
	}
}

// open has a doctor collect what was granted and open a chart. What the court holds against the
// laws is a chart that was opened; that none is, is no fault while things go wrong.
func (p *people) open(ctx context.Context, doctor, patient *person, r *rand.Rand) error {
	_, err := doctor.Collect(ctx)
	p.done("collected", err)
	q := reading.Question{Purpose: stele.Treatment, Reason: "follow-up", Window: time.Duration(1+r.IntN(900)) * time.Second}
	if p.w.calm.Load() {
		q.Window = 0 // as wallets do; seconds may be over before a clock that is ahead hears of them
	}
	chart, err := doctor.Charts.OpenChart(ctx, patient.Subject(), q)
	p.done("opened", err)
	if err == nil {
		p.w.checkChart(chart, patient)
	}
	return err
}

// own has a patient open what is hers. A chart that names faults may be incomplete.
func (p *people) own(ctx context.Context, patient *person) {
	start := time.Now()
	chart, err := patient.Charts.OpenOwn(ctx)
	p.done("opened own", err)
	if err == nil {
		p.w.checkOwn(chart, patient, start, len(chart.Faults) == 0)
	}
}

// log has a patient read and check her log.
func (p *people) log(ctx context.Context, patient *person) {
	start := time.Now()
	report, err := patient.Account.Report(ctx, nil)
	p.done("read the log", err)
	if err == nil {
		p.w.checkLog(report.OwnLog, patient, start)
	}
}

// idIn returns a record's id.
func idIn(resource []byte) string {
	var named struct{ ID string }
	_ = json.Unmarshal(resource, &named)
	return named.ID
}
