// What people sign and send beside the ledger: docs/protocol/reading.md, sections 15.8, 15.9 and
// 15.12, and section 19.
import { need, equal, join, opens, utf8, Hash } from './bytes.mjs';
import { decode, decodeKnown } from './proto.mjs';
import { wire } from './wire.mjs';
import { check, sameKey, validKey } from './sign.mjs';
import { openEnvelope } from './seal.mjs';
import { categories, sensitivityOrder, purposes, date } from './consent.mjs';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';

/** The body of a Signed by one key under a tag. */
function signedBy(tag, message, raw) {
  const signed = decode(wire.Signed, raw), keys = check(tag, signed);
  need(keys.length === 1, 'signed by more than one');
  return [decode(message, signed.body), keys[0]];
}

const day = 86400n, requestSize = 4096;
const reason = (text) => need(text !== '' && utf8(text).length <= 2048, 'no reason, or a long one', 'invalid');

/** An access request as the wallet of who is asked reads it from a post. */
export function readAsk({ chain, to, from, holder, seed }, raw) {
  const [post, key] = signedBy('stele.v1.ask', wire.AccessPost, raw);
  need(post.chain === chain && equal(post.to, to) && equal(post.from, from) && sameKey(key, { suite: 1, key: holder }), 'of somebody else');
  const plain = openEnvelope(seed, 'stele.v1.envelope.request', join(to, from), post.sealed[0]);
  need(plain.length === requestSize, 'not padded', 'invalid');
  const n = 2 + ((plain[0] << 8) | plain[1]);
  need(n <= plain.length && plain.slice(n).every((b) => b === 0), 'not padded with zeros', 'invalid');
  const r = decode(wire.AccessRequest, plain.slice(2, n));
  need(r.request.length === 16 && validKey(r.key) && [0, 20].includes(r.subject.length), 'its ids', 'invalid');
  const all = r.categories.length === 1 && r.categories[0] === 'all';
  need(r.categories.length > 0 && (all || r.categories.every((c) => Object.hasOwn(categories, c))), 'its parts', 'invalid');
  need(r.sensitivity.every((s) => sensitivityOrder.includes(s)) && Object.hasOwn(purposes, r.purpose), 'its words', 'invalid');
  need(r.for_s >= 60n && r.for_s <= 3660n * day, 'its time', 'invalid');
  reason(r.reason);
  return r;
}

/** A certificate of a death, by itself, at a time in milliseconds. */
export function readCertificate(raw, now) {
  decodeKnown(wire.Signed, raw);
  const [c, key] = signedBy('stele.v1.death', wire.DeathCertificate, raw);
  need(c.subject.length === 20 && c.member.length === 20 && c.as_of >= 0n, 'its subjects', 'invalid');
  need(now - c.at_ms <= 3n * day * 1000n && c.at_ms - now <= 300_000n, 'too old, or to come', 'invalid');
  need(Boolean(c.mistaken) === (c.died === ''), 'a death has a date, a mistake has none', 'invalid');
  const d = c.died === '' ? null : date(c.died);
  need(c.mistaken || (d && !c.died.includes('T') && BigInt(Date.UTC(d[0], Math.max(d[1], 1) - 1, Math.max(d[2], 1))) <= now), 'no date in the past', 'invalid');
  reason(c.says);
  return { ...c, key };
}

/** What a delegate signed: its transaction says what its certificate says. */
export function readPaper(raw, now) {
  const p = decodeKnown(wire.DeathPaper, raw);
  const [tx] = signedBy('stele.v1.transaction', wire.Transaction, p.transaction), c = readCertificate(p.certificate, now);
  const kind = c.mistaken ? 'undo_death' : 'record_death', m = tx[kind];
  need(tx.$oneof?.message === kind, 'something else');
  need(equal(m.subject, c.subject) && equal(m.member, c.member) && equal(m.delegation, p.delegation) && m.as_of === c.as_of, 'of somebody else');
  need(opens(m.commitment, p.salt, 'stele.v1.died', p.certificate), 'another certificate');
  return c;
}

/** What a practitioner sends to her member's desk, by itself. */
export function readActivate({ chain }, raw) {
  const [a] = signedBy('stele.v1.activate', wire.Activate, raw);
  const tx = decodeKnown(wire.Transaction, a.transaction), d = decodeKnown(wire.AccessDetail, a.detail), b = tx.break_glass;
  need(a.chain === chain && tx.chain === chain && tx.$oneof?.message === 'break_glass' && equal(b.member, a.audience), 'for another member');
  need(opens(b.detail_commitment, a.detail_salt, 'stele.v1.detail', a.detail), 'another detail');
  need(equal(d.request, b.activation) && equal(d.subject, b.subject) && d.purpose === 'ETREAT', 'a detail of something else');
  reason(d.reason);
  return { activation: b.activation, reason: d.reason, hash: Hash('stele.v1.transaction', a.transaction) };
}

const kinds = ['opened', 'refused', 'granted', 'delivered', 'delegates', 'keys'];

/** Where, and of what, somebody wants to be told, at a time in milliseconds. */
export function readNotices({ chain, member, subject, key }, raw, now) {
  const [n, by] = signedBy('stele.v1.notices', wire.Notices, raw), t = n.target;
  need(n.chain === chain && equal(n.audience, member) && equal(n.subject, subject) && sameKey(by, { suite: 1, key }) && !n.$unknown, 'of somebody else', 'denied');
  const age = now - n.at_ms;
  need(age <= 300000n && age >= -300000n, 'not just now', 'denied');
  need(n.kinds.length <= kinds.length && n.kinds.every((k) => kinds.includes(k)), 'its kinds', 'invalid');
  if (!t) return n;
  need((t.webhook === '') !== (t.email === ''), 'a webhook or an address', 'invalid');
  if (t.email) need(t.secret.length === 0 && /^[!#-'*+./0-9=?A-Z^-~-]+@[A-Za-z0-9.-]+$/.test(t.email), 'its address', 'invalid');
  else {
    need(t.secret.length === 32 && /^[!-~]{1,512}$/.test(t.webhook), 'its secret', 'invalid');
    const u = URL.canParse(t.webhook) ? new URL(t.webhook) : null;
    need(u && /^https:\/\/[^/?#]/i.test(t.webhook) && u.protocol === 'https:' && !u.username && !u.password && !t.webhook.includes('#') && ['', '443', '8443'].includes(u.port), 'its place', 'invalid');
  }
  return n;
}

/** The signature over what is posted to a webhook. */
export const webhookSignature = (secret, id, seconds, body) =>
  'v1,' + btoa(String.fromCharCode(...hmac(sha256, secret, join(utf8(`${id}.${seconds}.`), body))));
