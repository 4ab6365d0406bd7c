// messages.json, notices.json
import { check, answers, same, section } from './checks.mjs';
import { unhex, subjectOf, idOf, commit, did, hex } from './bytes.mjs';
import * as messages from './messages.mjs';

const at = BigInt(Date.UTC(2026, 10, 30, 12));
const nobody = 'did:stele:' + 'a'.repeat(32);

section('messages.json', (text) => {
  const v = JSON.parse(text);
  v.asks.forEach((a) => answers(`ask: ${a.what}`, a.request !== null, () => {
    const who = { chain: v.chain, to: subjectOf(a.to), from: subjectOf(a.from), holder: unhex(a.holder), seed: unhex(a.seed) };
    const r = messages.readAsk(who, unhex(a.signed)), want = a.request;
    if (want) same([r.request, r.subject.length ? did(r.subject) : nobody, r.key.key, r.key_index, r.categories, r.sensitivity, r.purpose, r.for_s, r.reason],
      [hex(idOf(want.id)), want.for, want.key, want.key_index, want.categories, want.sensitivity, want.purpose, want.for_s, want.reason]);
  }));
  v.deaths.forEach((d) => {
    check(`certificate, ${d.what}: its commitment`, () => same(commit(unhex(d.salt), 'stele.v1.died', unhex(d.certificate)), d.commitment));
    answers(`certificate: ${d.what}`, d.ok, () => {
      const c = messages.readCertificate(unhex(d.certificate), at);
      if (d.ok) same([c.subject, Boolean(c.mistaken), c.died], [hex(subjectOf(d.subject)), d.mistaken, d.died]);
    });
  });
  v.papers.forEach((p) => answers(`paper: ${p.what}`, p.ok, () => messages.readPaper(unhex(p.paper), at)));
  v.activations.forEach((a) => answers(`activation: ${a.what}`, a.ok, () => {
    const got = messages.readActivate(v, unhex(a.signed));
    if (a.ok) same([got.activation, got.reason], [hex(idOf(a.activation)), a.reason]);
  }));
});

section('notices.json', (text) => {
  const v = JSON.parse(text), who = { chain: v.chain, member: subjectOf(v.member), subject: subjectOf(v.subject), key: unhex(v.key) };
  v.notices.forEach((n) => answers(n.what, n.ok, () => messages.readNotices(who, unhex(n.signed), BigInt(v.at_ms))));
  v.posts.forEach((p, i) => check(`post ${i}`, () =>
    same(messages.webhookSignature(unhex(p.secret), p.id, p.timestamp, unhex(p.body)), p.signature)));
});
