// The export file: docs/protocol/export.md, section 18.
import { H, Refused, be, hex, unhex, need, equal, utf8, Hash, did, subjectOf, idOf, base32, opens, subjectFrom } from './bytes.mjs';
import { decode, decodeKnown, decodeExactly, encode, hasUnknown } from './proto.mjs';
import { wire } from './wire.mjs';
import { comet, readGenesis, believe, unbase64 } from './light.mjs';
import * as merkle from './merkle.mjs';
import * as proof from './proof.mjs';
import { check, sameKey } from './sign.mjs';

// Of each kind: its fields with their form, and what may follow it. Forms: b base64,
// d digest, D list of digests, i id, s subject, t text, n number, u one of 32 bits.
const after = {
  event: ['event', 'log', 'grant', 'submission', 'folio', 'detail', 'receipt', 'end'], grant: ['grant', 'submission', 'folio', 'detail', 'receipt', 'end'],
  submission: ['submission', 'folio', 'detail', 'receipt', 'end'],
  folio: ['record', 'folio', 'detail', 'receipt', 'end'], detail: ['detail', 'receipt', 'end'], receipt: ['receipt', 'end'],
};
const kinds = {
  'stele-export': ['version n, chain t, fingerprint d, subject s, made_ms n, genesis t', ['light', 'end']],
  light: ['height n, signed_header b, validators b', ['light', 'log', 'end']],
  log: ['subject s, height n, leaf n, leaves n, size n, root d, path D', ['event']],
  event: ['seq n, event b', after.event],
  grant: ['grant i, document t, salt b', after.grant],
  submission: ['signed b, count_salt b', after.submission],
  folio: ['submission i, index u, folios u, head b, label b, label_salt b, path D', after.folio],
  record: ['index u, suite u, cover b, ciphertext_hash d, plaintext_commitment b, provenance b, path D, salt b, resource t', after.folio],
  detail: ['detail b', after.detail],
  receipt: ['proof b', after.receipt],
  end: ['sha256 d', []],
};
const base64 = (b) => btoa(String.fromCharCode(...b));
const forms = {
  t: [(v) => (need(typeof v === 'string' && v.isWellFormed(), 'not a text'), v), (v) => v],
  n: [(v) => (need(Number.isSafeInteger(v) && v >= 0, 'not a number'), v), (v) => v],
  u: [(v) => (need(Number.isInteger(v) && v >= 0 && v < 2 ** 32, 'not a number'), v), (v) => v],
  b: [(v) => (v === null ? new Uint8Array() : unbase64(v)), (v) => (v.length ? base64(v) : null)],
  d: [digest, hex],
  D: [(v) => (v ?? []).map(digest), (v) => (v.length ? v.map(hex) : null)],
  i: [idOf, base32],
  s: [subjectOf, did],
};
function digest(v) {
  need(/^[0-9a-f]{64}$/.test(v), 'not a digest');
  return unhex(v);
}

/** Reads a line and refuses one that is not in its one form. */
function readLine(text, before) {
  let json;
  try { json = JSON.parse(text); } catch { need(false, 'not JSON'); }
  const kind = kinds[json?.kind];
  need(kind && (before ? kinds[before][1].includes(json.kind) : json.kind === 'stele-export'), `a ${json?.kind} line can't stand there`);
  const line = { kind: json.kind }, again = { kind: json.kind };
  try {
    for (const f of kind[0].split(', ')) {
      const [name, form] = f.split(' ');
      line[name] = forms[form][0](json[name]);
      again[name] = forms[form][1](line[name]);
      if (json[name]?.length === 0 && form !== 't') again[name] = json[name]; // an empty list is not null
    }
  } catch {
    need(false, `a ${json.kind} line is malformed`);
  }
  const one = JSON.stringify(again).replace(/[\u2028\u2029]/g, (c) => '\\u' + c.charCodeAt(0).toString(16));
  need(one === text, `a ${json.kind} line is not in its one form`);
  return line;
}

/** Until then networks were run by their founders: files of old need not say who ran them. */
export const foundersOnly = BigInt(Date.UTC(2026, 11, 1)) * 1_000_000n;

/** 15.6: how many blocks come in a minute at most. */
const perMinute = 600n;
/** How far, in milliseconds, a member's clock may be from the blocks'. */
const clocks = 300_000n;

const same = (a, b) => ['chain', 'members', 'committee', 'issuers', 'auditors'].every((name) => equal(encodeOf(a, name), encodeOf(b, name)));
const encodeOf = (genesis, name) => encode(wire.Genesis, { [name]: genesis[name] });
function readable(fields, raw) {
  try { return decode(fields, raw); } catch { return null; }
}

/** All in a file holds but what trustees told: lies, each with its member, if it names one. */
export class Told extends Refused {
  constructor(lies, counts) {
    super('proof', `told by the trustee of ${lies[0].member ? did(lies[0].member) : 'nobody'}: ${lies[0].text}`);
    Object.assign(this, { lies, counts });
  }
}

/** Checks a whole file, the bytes as they are; returns how much of what it holds. What only
 *  trustees' words lack is refused by Told. */
export function verifyExport(raw, fingerprint, founders = foundersOnly) {
  let text;
  try { text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(raw); } catch { need(false, 'not UTF-8'); }
  const lines = text.split('\n');
  need(lines.pop() === '', 'the file is cut short');
  let before;
  const read = lines.map((l) => { const line = readLine(l, before); before = line.kind; return line; });
  need(before === 'end', 'the file is cut short');
  const body = raw.slice(0, raw.length - utf8(lines.at(-1)).length - 1);
  need(equal(H(body), read.at(-1).sha256), 'a byte changed');
  const v = new Verifier(fingerprint);
  for (const line of read) v[line.kind]?.(line);
  v.closeLog();
  v.closeDeliveries();
  need(v.logs.has(hex(v.subject)), "the subject's own log is missing");
  const old = v.version < 3 && v.point.time < founders;
  need(old || BigInt(v.followed ?? -1) >= v.height, 'who ran the network is not told as far as the log goes');
  if (v.lies.length) throw new Told(v.lies, v.counts);
  return v.counts;
}

class Verifier {
  headers = new Map();
  logs = new Set();
  anchors = new Map();
  grants = new Map();
  accesses = new Map();
  folios = new Set();
  from = new Map(); // by submission
  records = new Map(); // folios and records seen, by submission
  counts = { lights: 0, events: 0, grants: 0, submissions: 0, folios: 0, relabelled: 0, records: 0, details: 0, receipts: 0, ahead: 0 };
  lies = [];
  height = 0n; // of the subject's log

  constructor(fingerprint) {
    this.expected = fingerprint;
  }

  'stele-export'(l) {
    need([1, 2, 3].includes(l.version), 'an unknown version');
    this.point = readGenesis(l.genesis);
    need(equal(this.point.fingerprint, l.fingerprint) && equal(this.expected ?? l.fingerprint, l.fingerprint), 'another network');
    need(this.point.chain === l.chain, 'another chain');
    const { state } = this.point, genesis = state ? decode(wire.Genesis, state) : { members: [], issuers: [] };
    this.consortium = state && subjectFrom(state);
    Object.assign(this, { version: l.version, made: BigInt(l.made_ms), chain: l.chain, subject: l.subject, genesis, eras: [{ from: 0n, ms: 0n, runs: genesis }] });
  }

  light(l) {
    const set = decode(comet.ValidatorSet, l.validators);
    for (const x of set.validators) x.proposer_priority = 0n;
    need(equal(encode(comet.ValidatorSet, { validators: set.validators, proposer: set.validators[0] }), l.validators), 'validators not in their one form');
    const b = believe(this.point, l);
    need(b.height === BigInt(l.height) && b.height > this.point.height, 'headers out of order');
    this.headers.set(l.height, (this.point = b));
    this.counts.lights++;
  }

  log(l) {
    this.closeLog();
    this.open = { line: l, events: [] };
  }
  event(l) {
    need(l.seq === this.open.events.length, 'events are not numbered from 0 on');
    this.open.events.push(l.event);
  }
  /** Checks the log whose events have all been read. */
  closeLog() {
    if (!this.open) return;
    const { line: l, events } = this.open, header = this.headers.get(l.height + 1);
    const runners = !this.logs.size && this.consortium && equal(l.subject, this.consortium);
    this.open = null;
    need(header && !this.logs.has(hex(l.subject)), 'no header for the log, or the log twice');
    this.logs.add(hex(l.subject));
    const big = (n) => BigInt(n);
    const head = { subject: l.subject, leaf: big(l.leaf), leaves: big(l.leaves), size: big(l.size), root: l.root, path: l.path, height: big(l.height) };
    const log = proof.checkLog(header, l.subject, { size: 0, peaks: [] }, { first: 0n, events, head });
    if (runners) this.follow(log.events, l.height);
    if (!equal(l.subject, this.subject)) return;
    this.counts.events = events.length;
    this.height = big(l.height);
    const after = this.made - header.time / 1_000_000n;
    this.limit = this.height + perMinute * (1n + (after > 0n ? after : 0n) / 60_000n);
    for (const e of log.events) {
      if (e.anchored) this.anchors.set(hex(e.anchored.submission), e.anchored);
      if (e.grant_given) this.grants.set(hex(e.grant_given.grant), e.grant_given);
      const a = e.access_permitted ?? e.access_refused;
      if (a) this.accesses.set(hex(a.request), { commitment: a.detail_commitment, permitted: !!e.access_permitted, height: e.height, ms: e.time_ms });
    }
  }

  /** Reads from the consortium's log who ran the network when. */
  follow(events, height) {
    const first = events[0].consortium_founded?.genesis;
    need(first && equal(encode(wire.Genesis, first), encode(wire.Genesis, this.genesis)), 'another founding than the genesis');
    for (const e of events.slice(1)) {
      const next = e.consortium_founded?.genesis;
      const last = this.eras.at(-1);
      if (!next || same(next, last.runs)) continue;
      if (this.eras.length > 1 && last.from === e.height) this.eras.pop(); // several events of a block are one step
      this.eras.push({ from: e.height, ms: e.time_ms, runs: next });
    }
    this.followed = height;
  }

  grant(l) {
    this.closeLog();
    const commitment = this.grants.get(hex(l.grant))?.commitment;
    need(commitment && opens(commitment, l.salt, 'stele.v1.grant', utf8(l.document)), "not the ledger's grant");
    this.counts.grants++;
  }

  submission(l) {
    this.closeLog();
    const signed = decodeExactly(wire.Signed, l.signed);
    const { head } = proof.checkSubmission(this.chain, this.subject, signed, (id) => this.anchors.get(hex(id)), (id) => this.grants.get(hex(id)));
    need(!this.from.has(hex(head.submission)), 'twice');
    this.from.set(hex(head.submission), { head, salt: l.count_salt });
    this.counts.submissions++;
  }
  /** Holds how many records there are against how many were signed for. */
  closeDeliveries() {
    for (const [id, { head, salt }] of this.from) {
      const seen = this.records.get(id);
      if (salt.length && seen && [...seen.places].some(([of, filled]) => of === filled)) need(opens(head.count_commitment, salt, 'stele.v1.count', be(seen.records, 4)), 'another number of records');
    }
  }

  folio(l) {
    this.closeLog();
    const root = this.anchors.get(hex(l.submission))?.root, name = hex(l.submission) + hex(l.head);
    need(root && !this.folios.has(name), 'not anchored, or twice');
    this.folios.add(name);
    this.head = proof.checkFolio(root, l.head, l.index, l.folios, l.path);
    const label = proof.checkLabel(this.head, { label: l.label, salt: l.label_salt }), from = this.from.get(hex(l.submission));
    if (from && !equal(from.head.source, label.source)) this.counts.relabelled++; // delivered by another than the label names
    // Of how many a root is it does not say; where all places of a number are filled, it is the number.
    const seen = this.records.get(hex(l.submission)) ?? { places: new Map(), records: 0 };
    this.records.set(hex(l.submission), seen);
    seen.places.set(l.folios, (seen.places.get(l.folios) ?? 0) + 1);
    seen.records += this.head.records;
    this.next = 0;
    this.counts.folios++;
  }

  record(l) {
    need(l.suite === 1 && l.index >= this.next, 'an unknown suite, or out of order');
    this.next = l.index + 1;
    const leaf = merkle.leaf(proof.materialDigest(l.suite, l.cover, l.ciphertext_hash, l.plaintext_commitment, l.provenance));
    need(equal(merkle.rootOf(leaf, l.index, this.head.records, l.path), this.head.records_root), 'does not match its leaf');
    need(opens(l.plaintext_commitment, l.salt, 'stele.v1.plaintext', utf8(l.resource)), 'not what the leaf commits to');
    this.counts.records++;
  }

  /** Takes what a trustee told; by is to name its member. That it is false is told of the trustee, and spoils nothing else. */
  told(take) {
    const by = {};
    try {
      return take(by);
    } catch (e) {
      if (!(e instanceof Refused)) throw e;
      this.lies.push({ member: by.member?.length === 20 ? by.member : null, text: e.message });
    }
  }

  /** A receipt, or nothing where it is neither good nor false: its block is ahead of what the file proves. */
  receiptOf(signed, by = {}) {
    const claim = decode(wire.Receipt, signed?.body ?? new Uint8Array());
    by.member ??= claim.member;
    need(claim.height <= (this.limit ?? Infinity), 'a height that cannot be');
    let r;
    try { r = this.byTrustee(claim, signed); } catch (e) {
      if (!(e instanceof Refused) || claim.height <= (this.followed || Infinity)) throw e;
      this.counts.ahead++;
      return;
    }
    need(r.chain === this.chain && equal(r.subject, this.subject), "another subject's receipt");
    const a = this.accesses.get(hex(r.request));
    if (!a && r.height > this.height) {
      this.counts.ahead++;
      return;
    }
    need(a?.permitted && r.height >= a.height, 'no permitted access, or one after it');
    return r;
  }
  byTrustee(claim, signed) {
    const then = this.eras.findLast((e) => e.from <= claim.height);
    const member = then?.runs.members.find((m) => equal(subjectFrom(m.key_document), claim.member));
    need(member, 'a receipt of a stranger');
    const r = proof.checkReceipt(member.trustee, signed);
    need(r.share === member.share, 'another share');
    return r;
  }

  detail(l) {
    this.closeLog();
    this.told((by) => {
      const d = decodeExactly(wire.Detail, l.detail), a = this.accesses.get(hex(d.request)), released = d.released || d.receipt;
      by.member = d.member;
      if (d.receipt) {
        const claim = decode(wire.Receipt, d.receipt.body);
        need(equal(claim.request, d.request) && equal(claim.member, d.member), "another request's receipt");
        need(!claim.viewed?.length === !d.viewed, 'a receipt of something else');
        if (!this.receiptOf(d.receipt)) return;
      }
      if (d.viewed) this.viewed(d);
      need(!released || a?.permitted, 'released without a permitted access');
      need(d.request.length === 16 || !released, 'released for no request');
      const asked = readable(wire.AccessDetail, d.detail);
      need([d.why, asked?.reason ?? ''].every((text) => utf8(text).length <= 2048), 'a reason that is too long');
      const logged = a && opens(a.commitment, d.detail_salt, 'stele.v1.detail', d.detail);
      need(logged || !released, 'released on other words');
      if (!logged) this.believable(asked?.card, a?.ms ?? d.time_ms);
      this.counts.details++;
    });
  }

  /** 15.11: what the reader says was looked at. */
  viewed(d) {
    need(!d.released && d.receipt, 'a statement without its receipt');
    const keys = check('stele.v1.viewed', d.viewed), says = decodeKnown(wire.Viewed, d.viewed.body);
    need(equal(decode(wire.Receipt, d.receipt.body).viewed, Hash('stele.v1.viewed', d.viewed.body)), "another statement's receipt");
    need(says.chain === this.chain && equal(says.subject, this.subject) && equal(says.request, d.request), 'a statement about another chart');
    const signatures = readable(wire.AccessDetail, d.detail)?.card?.signatures ?? [];
    need(signatures.some((s) => keys.some((by) => sameKey(by, s.key))), "somebody else's statement");
  }

  /** 15.6: a trustee keeps an asking with a card that an issuer of then signed, or lies. */
  believable(signed, ms) {
    need(signed && !hasUnknown(signed), 'an asking without a card');
    const card = decodeKnown(wire.Card, signed.body), keys = check('stele.v1.card', signed);
    need(card.subject.length === 20 && [0, 20].includes(card.organisation.length), 'a card of nobody');
    need(signed.body.length <= 8192 && card.chain === this.chain, 'a card of another network, or too large');
    need(this.around(ms).some((e) => e.runs.issuers.some((k) => keys.some((by) => sameKey(by, k)))), 'a card that no issuer signed');
  }
  /** The eras by which whoever judged at a time of its own clock may have judged. */
  around(ms) {
    let first = 0, last = this.eras.length;
    while (first + 1 < last && this.eras[first + 1].ms < ms - clocks) first++;
    while (last > first + 1 && this.eras[last - 1].ms > ms + clocks) last--;
    return this.eras.slice(first, last);
  }

  receipt(l) {
    this.closeLog();
    let p;
    const r = this.told((by) => {
      p = decodeExactly(wire.ReceiptProof, l.proof);
      return this.receiptOf(p.receipt, by);
    });
    if (!r) return;
    if (p.batch.length) {
      const header = this.headers.get(Number(p.entry?.head?.height ?? -2n) + 1);
      need(header, 'no header for the posting'); // the file's own fault
      const posted = this.told((by) => {
        by.member = r.member;
        proof.checkPosted(proof.checkEntry(header, p.entry), r, p);
        return true;
      });
      if (!posted) return;
    }
    this.counts.receipts++;
  }
}
