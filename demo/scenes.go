package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/account"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/wire"
)

// The plays of the story's scenes, in its order.

func enrol(ctx context.Context, s *stage) (string, error) {
	did, err := s.enrol(ctx, s.elena, "hospital-a", "MRN-4711")
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("Her keys are made on her own device. To the network she is %s; which patient that is stands in Northside's link table, sealed at home.", did), nil
}

func importChart(ctx context.Context, s *stage) (string, error) {
	a, b := s.charts()
	done, err := s.importAt(ctx, "hospital-a", a)
	if err != nil {
		return "", err
	}
	if _, err := s.enrol(ctx, s.elena, "hospital-b", "LV-0815"); err != nil {
		return "", err
	}
	more, err := s.importAt(ctx, "hospital-b", b)
	if err != nil {
		return "", err
	}
	s.records = done.Delivered + more.Delivered
	return fmt.Sprintf("%d resources in %d folios, each sealed under its own key; a copy at another member; one Merkle root on the ledger. Lakeview adds %d of its own.", done.Delivered, done.Folios, more.Delivered), nil
}

func importOthers(ctx context.Context, s *stage) (string, error) {
	n, took, err := s.others(ctx)
	if err != nil {
		return "", err
	}
	s.importRate = float64(n) / took.Seconds()
	return fmt.Sprintf("%d resources of %d patients: validated, sealed, stored twice, anchored; %.0f a second.", n, s.config.Patients, s.importRate), nil
}

func refused(ctx context.Context, s *stage) (string, error) {
	size, err := s.logSize(ctx)
	if err != nil {
		return "", err
	}
	s.before = size
	if err := s.enlist(ctx, s.doctor); err != nil {
		return "", err
	}
	err = s.as(s.doctor, func(d *client.Session) error {
		_, err := d.Charts.OpenChart(ctx, s.subject, s.question("first visit, chest pain"))
		return err
	})
	if err := want(err, stele.KindDenied, "a doctor without a grant"); err != nil {
		return "", err
	}
	return "“no access”. The answer is the same, byte for byte, whatever the reason.", nil
}

func attemptSeen(ctx context.Context, s *stage) (string, error) {
	report, err := s.report(ctx)
	if err != nil {
		return "", err
	}
	if report.Size != s.before {
		return "", fmt.Errorf("the log grew from %d to %d entries", s.before, report.Size)
	}
	for _, line := range report.lines {
		if line.Event == nil && line.Card != nil && line.Card.Name == doctorName {
			return fmt.Sprintf("%s asked at %s, “%s”; %d trustees kept it, sealed to her alone.",
				line.Card.Name, line.Time.Format("15:04:05"), line.Detail.Reason, len(line.Details)), nil
		}
	}
	return "", errors.New("she finds no attempt")
}

func grant(ctx context.Context, s *stage) (string, error) {
	start := time.Now()
	given, err := s.grant(ctx, 24*time.Hour, stele.Allergies, stele.Medications)
	if err != nil {
		return "", err
	}
	s.given, s.grantTook = given, time.Since(start)
	return "“" + given.Says + "”", nil
}

func open(ctx context.Context, s *stage) (string, error) {
	chart, _, err := s.open(ctx)
	if err != nil {
		return "", err
	}
	seen := map[stele.Category]int{}
	for _, r := range chart.Records {
		seen[r.Label.Category]++
	}
	expected := s.expected(stele.Allergies, stele.Medications)
	if len(chart.Records) != expected || seen[stele.Allergies]+seen[stele.Medications] != expected {
		return "", fmt.Errorf("opened %d records (%v), want the %d ordinary allergies and medicines", len(chart.Records), seen, expected)
	}
	return fmt.Sprintf("%d allergies and %d medicines of %d records, from %d hospitals; keys released by %s. The chart says that it may be incomplete, and nothing about what else there is.",
		seen[stele.Allergies], seen[stele.Medications], s.records, sources(chart), strings.Join(chart.Access.Trustees, ", ")), nil
}

func told(ctx context.Context, s *stage) (string, error) {
	report, err := s.settled(ctx)
	if err != nil {
		return "", err
	}
	var out []string
	for _, line := range report.lines {
		if line.Event.About().Place == wire.PlaceOpening && line.Card != nil {
			out = append(out, fmt.Sprintf("%s opened her chart at %s for %s; receipts of %d trustees.",
				line.Card.Name, line.Time.Format("15:04:05"), strings.ToLower(purposeText(line.Detail.Purpose)), len(line.Details)))
		}
	}
	if len(out) != 1 {
		return "", fmt.Errorf("the account shows %d openings, want 1", len(out))
	}
	if len(report.Gaps) > 0 {
		return "", fmt.Errorf("entries and receipts do not reconcile: %s", strings.Join(report.Gaps, "; "))
	}
	out = append(out, fmt.Sprintf("%d entries, complete at block %d, signed by the validators of block %d.", report.Size, report.Height, report.Header.Height))
	return strings.Join(out, "\n"), nil
}

func revoke(ctx context.Context, s *stage) (string, error) {
	var height int64
	err := s.as(s.elena, func(e *client.Session) error {
		outcome, err := e.Revoke(ctx, s.given.Grant)
		height = outcome.Height
		return err
	})
	return fmt.Sprintf("One step, as giving it was. It holds from block %d on.", height), err
}

func refusedAfter(ctx context.Context, s *stage) (string, error) {
	if err := s.mustRefuse(ctx, "a revoked grant"); err != nil {
		return "", err
	}
	report, err := s.report(ctx)
	if err != nil {
		return "", err
	}
	for _, line := range slices.Backward(report.lines) {
		if line.Event.About().Place == wire.PlaceRefusal {
			return fmt.Sprintf("“no access”, and entry %d of her log tells of it.", line.Seq), nil
		}
	}
	return "", errors.New("her log has no entry of the refusal")
}

func endsByItself(ctx context.Context, s *stage) (string, error) {
	given, err := s.grant(ctx, 3*time.Second, stele.Allergies)
	if err != nil {
		return "", err
	}
	if _, _, err := s.open(ctx); err != nil {
		return "", fmt.Errorf("before its end: %w", err)
	}
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		report, err := s.report(ctx)
		if err != nil {
			return "", err
		}
		for _, line := range report.lines {
			if about := line.Event.About(); about.Makes(stele.GrantEnded) && string(about.Grant) == string(given.Grant[:]) {
				if err := s.mustRefuse(ctx, "an ended grant"); err != nil {
					return "", err
				}
				return fmt.Sprintf("Opened once; then block %d ended it, %s after its end. Nobody did anything.",
					line.Height, line.Time.Sub(given.End).Round(10*time.Millisecond)), nil
			}
		}
	}
	return "", errors.New("the grant did not end by itself within 20 s")
}

func trusteeDown(ctx context.Context, s *stage) (string, error) {
	if _, err := s.grant(ctx, time.Hour, stele.Allergies, stele.Medications); err != nil {
		return "", err
	}
	if err := s.turn(ctx, "clinic", "trustee", false); err != nil {
		return "", err
	}
	chart, _, err := s.open(ctx)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%d records, released by %s.", len(chart.Records), strings.Join(chart.Access.Trustees, ", ")), nil
}

func twoTrusteesDown(ctx context.Context, s *stage) (string, error) {
	if err := s.turn(ctx, "patients", "trustee", false); err != nil {
		return "", err
	}
	_, _, err := s.open(ctx)
	if err := want(err, stele.KindUnreachable, "an opening with two of four trustees"); err != nil {
		return "", err
	}
	if err := s.turn(ctx, "patients", "trustee", true); err != nil {
		return "", err
	}
	return "The chain runs and logs the attempt; two shares together are worth nothing.", s.turn(ctx, "clinic", "trustee", true)
}

func memberDown(ctx context.Context, s *stage) (string, error) {
	if err := s.turn(ctx, "hospital-a", "", false); err != nil {
		return "", err
	}
	chart, _, err := s.open(ctx)
	if err != nil {
		return "", err
	}
	if n := s.expected(stele.Allergies, stele.Medications); len(chart.Records) != n {
		return "", fmt.Errorf("opened %d records, want %d", len(chart.Records), n)
	}
	own, err := s.own(ctx)
	if err != nil {
		return "", err
	}
	if len(own.Records) != s.records {
		return "", fmt.Errorf("she opened %d of her %d records", len(own.Records), s.records)
	}
	given, err := s.grant(ctx, time.Hour, stele.Vitals)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("Northside is down: the doctor opened %d records, she all %d, and gave a grant (%s).",
		len(chart.Records), len(own.Records), given.Grant.Short()), s.turn(ctx, "hospital-a", "", true)
}

func bitFlip(ctx context.Context, s *stage) (string, error) {
	file, offset, err := s.flip("hospital-a")
	if err != nil {
		return "", err
	}
	findings, err := s.fsck(ctx, "hospital-a", true)
	if err != nil {
		return "", err
	}
	if len(findings) == 0 {
		return "", fmt.Errorf("fsck found nothing, though byte %d of %s was flipped", offset, filepath.Base(file))
	}
	again, err := s.fsck(ctx, "hospital-a", false)
	if err != nil {
		return "", err
	}
	if len(again) != 0 {
		return "", fmt.Errorf("after the repair fsck still finds %d things", len(again))
	}
	return fmt.Sprintf("Byte %d of %s.\n%s: %s; repaired from %s.", offset, filepath.Base(file), findings[0].Where, findings[0].What, s.memberName(findings[0].From)), nil
}

func forgery(ctx context.Context, s *stage) (string, error) {
	report, err := s.report(ctx)
	if err != nil {
		return "", err
	}
	genesis, err := proof.ReadGenesis(s.config.Network.Network.Genesis)
	if err != nil {
		return "", err
	}
	forged := report.Proof
	events, err := report.All()
	if err != nil {
		return "", err
	}
	for _, e := range events {
		forged.Events = append(forged.Events, e.Raw)
	}
	victim := len(forged.Events) / 2
	forged.Events[victim] = slices.Clone(forged.Events[victim])
	forged.Events[victim][len(forged.Events[victim])-1] ^= 1
	_, err = proof.CheckLog(genesis.Trusted, s.subject, proof.Kept{}, forged)
	if err := want(err, stele.KindProof, "a log with one bit changed"); err != nil {
		return "", err
	}
	caught := textOf(err)
	forged.Events = slices.Delete(forged.Events, victim, victim+1)
	_, err = proof.CheckLog(genesis.Trusted, s.subject, proof.Kept{}, forged)
	if err := want(err, stele.KindProof, "a log with an entry left out"); err != nil {
		return "", err
	}
	return fmt.Sprintf("One bit of entry %d changed: “%s”. The entry left out: caught as well.", victim, caught), nil
}

func wipe(ctx context.Context, s *stage) (string, error) {
	if err := s.turn(ctx, "hospital-a", "", false); err != nil {
		return "", err
	}
	if err := os.RemoveAll(filepath.Join(s.config.Network.Folder("hospital-a"), "vault")); err != nil {
		return "", err
	}
	if err := s.turn(ctx, "hospital-a", "", true); err != nil {
		return "", err
	}
	findings, err := s.fsck(ctx, "hospital-a", true)
	if err != nil {
		return "", err
	}
	own, err := s.own(ctx)
	if err != nil {
		return "", err
	}
	if len(own.Records) != s.records || len(own.Faults) > 0 {
		return "", fmt.Errorf("%d of %d records after the wipe, faults %v", len(own.Records), s.records, own.Faults)
	}
	status, err := s.vaultStatus(ctx, "hospital-a")
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("fsck fetched %d submissions from the copies; the vault holds %d records again.", len(findings), status.Records), nil
}

func ownKey(ctx context.Context, s *stage) (string, error) {
	for _, name := range s.names() {
		if err := s.turn(ctx, name, "trustee", false); err != nil {
			return "", err
		}
	}
	start := time.Now()
	own, err := s.own(ctx)
	if err != nil {
		return "", err
	}
	took := time.Since(start)
	if len(own.Records) != s.records {
		return "", fmt.Errorf("she opened %d of her %d records", len(own.Records), s.records)
	}
	for _, name := range s.names() {
		if err := s.turn(ctx, name, "trustee", true); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("All %d records in %d ms, every one checked against its anchor on her log.", len(own.Records), took.Milliseconds()), nil
}

func export(ctx context.Context, s *stage) (string, error) {
	var file bytes.Buffer
	var held account.Exported
	if err := s.as(s.elena, func(e *client.Session) (err error) {
		held, err = e.Account.Export(ctx, &file)
		return err
	}); err != nil {
		return "", err
	}
	genesis, err := proof.ReadGenesis(s.config.Network.Network.Genesis)
	if err != nil {
		return "", err
	}
	network := proof.Expect{Fingerprint: genesis.Fingerprint}
	if _, err := proof.Verify(bytes.NewReader(file.Bytes()), network); err != nil {
		return "", err
	}
	flipped := bytes.Clone(file.Bytes())
	flipped[len(flipped)/2] ^= 1
	_, err = proof.Verify(bytes.NewReader(flipped), network)
	if err := want(err, stele.KindProof, "an export with one bit changed"); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d records, %d log entries, %d grants in %.1f MB: every one checks. One bit changed: “%s”.",
		held.Records, held.Entries, held.Grants, float64(file.Len())/1e6, textOf(err)), nil
}

func speed(ctx context.Context, s *stage) (string, error) {
	chart, took, err := s.thousand(ctx)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("import  %6.0f resources a second: validated, sealed, stored twice, anchored\n"+
		"grant   %6d ms until it was committed and delivered\n"+
		"access  %6d ms until it was committed\n"+
		"chart   %6d ms for %d records in %d folios, access and release included",
		s.importRate, s.grantTook.Milliseconds(), chart.Access.Waited.Milliseconds(), took.Milliseconds(), len(chart.Records), folios(chart)), nil
}
