// What a wallet needs to believe nothing: docs/protocol/ledger.md, sections 9 and 11.
import { Hash, H, be, commit, need, equal, opens, subjectFrom } from './bytes.mjs';
import { decode, decodeKnown, encode } from './proto.mjs';
import { check, sameKey } from './sign.mjs';
import { wire } from './wire.mjs';
import * as merkle from './merkle.mjs';

export const headHash = (subject, size, root) => Hash('stele.v1.head', subject, be(size, 8), root);
export const appHash = (logs, root) => Hash('stele.v1.app-hash', be(logs, 8), root);
export const folioDigest = (head) => Hash('stele.v1.folio', head);
export const materialDigest = (suite, cover, ciphertextHash, commitment, provenance) =>
  Hash('stele.v1.record', be(suite, 4), H(cover), ciphertextHash, H(commitment), H(provenance));
export const recordDigest = (r) => materialDigest(r.suite, r.cover, H(r.ciphertext), r.plaintext_commitment, r.provenance);
export const capsuleLabel = (chain, committee, subject, head, digest) =>
  Hash('stele.v1.capsule-label', encode(wire.CapsuleLabel, {
    chain, suite: 1, committee, subject, folio: head.folio, label_commitment: head.label_commitment, folio_digest: digest,
  }));
export const recordLabel = (chain, committee, subject, digest, handle, grant) =>
  Hash('stele.v1.record-capsule-label', encode(wire.RecordCapsuleLabel, { chain, suite: 1, committee, subject, folio_digest: digest, handle, grant })); // without a grant: for any that covers the folio
export const slotCapsulesDigest = (raw) => raw.length ? Hash('stele.v1.slot-capsules', raw) : new Uint8Array(32);
export const capsulesDigest = (capsules, labels) => Hash('stele.v1.capsules', ...capsules.flatMap((c, i) => [H(c), H(labels[i])]));
export const releaseContext = (receipt) => Hash('stele.v1.release', encode(wire.Receipt, { ...receipt, height: 0n, time_ms: 0n, answer: undefined }));
export const answerDigest = (partials, equality) => Hash('stele.v1.answer', ...partials.map((p) => H(p)), H(equality));

/** 11.1: checks a head against the believed header that proves it. */
export function checkHead(header, p) {
  need(p && p.height === header.height - 1n, 'the header is not the one after the head');
  need(p.subject.length === 20 && p.root.length === 32, 'malformed');
  const root = merkle.rootOf(merkle.leaf(headHash(p.subject, p.size, p.root)), p.leaf, p.leaves, p.path);
  need(equal(appHash(p.leaves, root), header.appHash), 'the head is not under the header');
  return p;
}

/** 11.2: checks the first page of a log from where the wallet stopped. */
export function checkLog(header, subject, kept, p) {
  const head = checkHead(header, p.head), size = BigInt(kept.size);
  need(equal(head.subject, subject), "another subject's log");
  need(head.size >= size, 'shorter than it was');
  need(p.first === size, 'not where the wallet stopped');
  if (head.size === size) {
    need(equal(kept.root, head.root) && p.events.length === 0, 'the log was changed');
    return { head, events: [], kept };
  }
  let peaks = [];
  if (size > 0n) {
    peaks = kept.peaks.length ? kept.peaks : merkle.consistency(size, head.size, kept.root, head.root, p.consistency);
    need(equal(merkle.fold(peaks), kept.root), 'what was kept does not fit together');
  }
  return page(head, { size, peaks }, [], p);
}

/** 11.2: checks the page after a log that is not whole yet. */
export function continueLog(log, p) {
  need(p.first === log.kept.size, 'not where the wallet stopped');
  return page(log.head, log.kept, log.events.slice(-1), p);
}

function page(head, { size, peaks }, last, p) {
  need(p.events.length > 0, 'events are missing');
  let n = size;
  for (const raw of p.events) peaks = merkle.append(n++, peaks, merkle.leaf(raw));
  const root = merkle.fold(peaks), ahead = p.ahead ?? [];
  need(n <= head.size, 'too many events');
  if (n === head.size) need(equal(root, head.root) && ahead.length === 0, 'not the events of the log');
  else merkle.consistency(n, head.size, root, head.root, ahead);
  return { head, events: readEvents(head, size, p.events, last[0]), kept: { size: n, root, peaks } };
}

/** 11.3: checks that an event stands in its log. */
export function checkEntry(header, p) {
  const head = checkHead(header, p.head);
  need(equal(merkle.rootOf(merkle.leaf(p.event), p.seq, head.size, p.path), head.root), 'not in the log');
  return { head, event: readEvents(head, p.seq, [p.event])[0] };
}

/** 11.5 */
function readEvents(head, first, raw, before) {
  const events = raw.map((r) => decode(wire.Event, r));
  events.forEach((e, i) => {
    const last = events[i - 1] ?? before;
    need(e.version === 1, 'an unknown version');
    need(equal(e.subject, head.subject), "another subject's event");
    need(e.height >= 0n && e.height <= head.height, 'newer than its state');
    need(!last || (e.time_ms >= last.time_ms && (e.height > last.height || (e.height === last.height && e.index > last.index))), 'out of order');
    if (BigInt(first) + BigInt(i) === 0n) need(begins(head, e), 'not the beginning of a log');
  });
  return events;
}
function begins(head, e) {
  if (e.consortium_founded) return head.leaf === 0n;
  const c = e.subject_created;
  return c && c.leaf === head.leaf && equal(subjectFrom(c.key_document), head.subject);
}

// 11.6

export function checkFolio(root, raw, index, folios, path) {
  need(equal(merkle.rootOf(merkle.leaf(folioDigest(raw)), index, folios, path), root), 'not under its anchor');
  const head = decode(wire.FolioHead, raw);
  need(head.suite === 1, 'an unknown suite');
  return head;
}
/** Reads what a source signed of a delivery; with its anchor and the write grant from the subject's log. */
export function checkSubmission(chain, subject, signed, anchor, grant) {
  const keys = check('stele.v1.submission', signed), head = decodeKnown(wire.SubmissionHead, signed.body);
  need(keys.length <= 2 && head.chain === chain && equal(head.subject, subject), 'signed for another network or subject');
  need(head.submission.length === 16 && head.source.length === 20 && head.root.length === 32, 'malformed');
  if (head.records && head.count_salt.length === 32 && !head.count_commitment.length && !head.content.length) // of the release before
    head.count_commitment = commit(head.count_salt, 'stele.v1.count', be(head.records, 4));
  const a = anchor(head.submission), g = a && grant(a.grant);
  need(a && equal(a.root, head.root), 'not what was anchored');
  need(g && g.action === 2 && equal(head.grant, a.grant), 'another write grant');
  need(keys.some((k) => sameKey(k, g.grantee)), 'not signed under its write grant');
  need(opens(a.source_commitment, head.source_salt, 'stele.v1.source', head.source), 'the anchor commits to another source');
  need(equal(a.count_commitment, head.count_commitment), 'the anchor commits to another count');
  return { head, keys };
}

export function checkLabel(head, opening) {
  need(opening && opens(head.label_commitment, opening.salt, 'stele.v1.label', opening.label), "not the folio's label");
  return decode(wire.Label, opening.label);
}
/** Checks records, all of a folio's or, with leaves, some; returns the index of each. */
export function checkRecords(head, records, leaves) {
  const all = leaves.length ? leaves : records.map((r) => merkle.leaf(recordDigest(r)));
  need(all.length === head.records && equal(merkle.root(all), head.records_root), "not the folio's records");
  let next = 0;
  return records.map((r) => {
    need(r.suite === 1, 'an unknown suite');
    const hash = merkle.leaf(recordDigest(r));
    while (next < all.length && !equal(all[next], hash)) next++;
    need(next < all.length, "not the folio's record, or out of order");
    return next++;
  });
}
export function checkReceipt(trustee, signed) {
  const keys = check('stele.v1.receipt', signed);
  need(keys.length === 1 && sameKey(keys[0], trustee), 'not signed by its trustee');
  return decodeKnown(wire.Receipt, signed.body);
}
export function checkPosted({ head, event }, receipt, p) {
  const posted = event.receipts_posted;
  need(posted && equal(posted.batch, p.batch) && posted.count === p.count, "not the receipt's batch");
  need(equal(receipt.member, head.subject), "another member's posting");
  const hash = merkle.leaf(Hash('stele.v1.receipt', p.receipt.body));
  need(equal(merkle.rootOf(hash, p.index, p.count, p.path), posted.root), 'not under the posted root');
}
