package notify

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

type roots = *x509.CertPool

// Text is all that anybody is ever told.
const Text = "Something happened in your record: look."

// payload is what is posted: the same for everybody and everything, but for the second.
func payload(now time.Time) []byte {
	return fmt.Appendf(nil, `{"type":"record.changed","timestamp":%q,"data":{"text":%q}}`, now.UTC().Format(time.RFC3339), Text)
}

// Signature signs what is posted, as Standard Webhooks 1.0.0 has it: HMAC-SHA-256 of the id, the
// timestamp in seconds and the body, joined by dots.
func Signature(secret []byte, id string, at time.Time, body []byte) string {
	h := hmac.New(sha256.New, secret)
	fmt.Fprintf(h, "%s.%d.", id, at.Unix())
	h.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(h.Sum(nil))
}

// Secret is how a secret is written for whoever checks signatures.
func Secret(raw []byte) string { return "whsec_" + base64.StdEncoding.EncodeToString(raw) }

// webhook posts one notice. Any answer of 200 to 299 takes it; none is read, and no redirect is
// followed.
func (d *Desk) webhook(ctx context.Context, t *wire.NoticeTarget, id string, now time.Time) error {
	const op = "send notice"
	if _, err := hookURL(t.Webhook); err != nil {
		return err
	}
	body := payload(now)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, t.Webhook, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "stele")
	r.Header.Set("Webhook-Id", id)
	r.Header.Set("Webhook-Timestamp", strconv.FormatInt(now.Unix(), 10))
	r.Header.Set("Webhook-Signature", Signature(t.Secret, id, now, body))
	transport := &http.Transport{ // no proxy: it would resolve the name anew
		DialContext: d.dialPublic, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: d.cfg.Roots},
		DisableKeepAlives: true, DisableCompression: true, MaxResponseHeaderBytes: 16 << 10, TLSHandshakeTimeout: sendTimeout,
	}
	client := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(r)
	if err != nil {
		return stele.E(op, stele.KindUnreachable, "the hook cannot be reached", err)
	}
	answer.Body.Close()
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return stele.E(op, stele.KindUnreachable, "the hook did not take it", nil)
	}
	return nil
}
