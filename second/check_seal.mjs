// threshold.json, seal.json, opening.json
import { check, answers, same, section } from './checks.mjs';
import { unhex, hex, H, Hash, commit, equal, need, subjectOf, subjectFrom, idOf, join, be, utf8 } from './bytes.mjs';
import { decode, decodeKnown, encode } from './proto.mjs';
import { wire } from './wire.mjs';
import { check as checkSigned, keyText } from './sign.mjs';
import * as threshold from './threshold.mjs';
import * as seal from './seal.mjs';
import * as proof from './proof.mjs';
import { ed25519 } from '@noble/curves/ed25519.js';

section('threshold.json', (text) => {
  const v = JSON.parse(text), c = v.ceremony, scalar = (t) => threshold.scalar(unhex(t));
  check('second generator', () => same(threshold.second.toBytes(), v.second_generator));
  let dealings, committee;
  check('ceremony', () => {
    dealings = c.dealings.map((d) => threshold.checkDealing(c, unhex(d.dealing)));
    committee = threshold.sumDealings(c, dealings);
    same([committee.epoch, committee.threshold, committee.key, committee.shares],
      [v.committee.epoch, v.committee.threshold, v.committee.key, v.committee.verification_shares]);
    threshold.checkCommittee(committee);
  });
  v.shares.forEach((share, j) => check(`share ${j + 1}`, () =>
    same(threshold.shareBytes(c.epoch, j + 1, c.dealings.map((d, i) =>
      threshold.checkSubshare(dealings[i], c.epoch, i + 1, j + 1, unhex(d.subshares[j])))), share)));
  answers('a subshare of another', false, () => threshold.checkSubshare(dealings[0], c.epoch, 1, 2, unhex(c.dealings[0].subshares[0])));
  v.capsules.forEach((x, i) => check(`capsule ${i}`, () => {
    same(threshold.encrypt(committee.key, unhex(x.label), unhex(x.key), scalar(x.r), scalar(x.s)), x.capsule);
    same(threshold.scalarBytes(threshold.openCapsule(unhex(x.capsule), committee.key, unhex(x.label)).challenge), x.challenge);
  }));
  for (const x of v.refused_capsules) answers(x.why, false, () => threshold.openCapsule(unhex(x.capsule), committee.key, unhex(x.label)));
  const batch = threshold.batch(committee, v.capsules.map((x) => unhex(x.capsule)), v.capsules.map((x) => unhex(x.label)));
  check('batch digest', () => same(batch.digest, v.batch_digest));
  const parts = [];
  for (const r of v.releases) check(`release of ${r.index}`, () => {
    const partials = r.partials.map(unhex), s = threshold.statement(batch, r.index, unhex(r.context), partials);
    same([s.seed, s.weights.map(threshold.scalarBytes), s.m.toBytes(), s.z.toBytes()], [r.seed, r.weights, r.m, r.z]);
    parts.push(threshold.verifyPartials(batch, r.index, unhex(r.context), partials, unhex(r.proof)));
  });
  const r = v.releases[0], partials = r.partials.map(unhex);
  answers('another context', false, () => threshold.verifyPartials(batch, 1, utf8('another'), partials, unhex(r.proof)));
  answers('another index', false, () => threshold.verifyPartials(batch, 2, unhex(r.context), partials, unhex(r.proof)));
  answers('another order', false, () => threshold.verifyPartials(batch, 1, unhex(r.context), partials.toReversed(), unhex(r.proof)));
  for (const [i, j] of [[0, 1], [0, 2], [2, 1]]) check(`combined of ${i + 1} and ${j + 1}`, () =>
    same(threshold.combine(batch, [parts[i], parts[j]]), v.capsules.map((x) => x.key)));
  answers('one is too few', false, () => threshold.combine(batch, [parts[0]]));
  answers('one twice', false, () => threshold.combine(batch, [parts[0], parts[0]]));
});

section('seal.json', (text) => {
  const v = JSON.parse(text);
  v.records.forEach((r, i) => {
    const open = (cover) => seal.openRecord(unhex(r.key), unhex(r.handle), cover, unhex(r.ciphertext), unhex(r.plaintext_commitment));
    check(`record ${i}`, () => {
      same(seal.keyCommitment(unhex(r.key)), r.key_commitment);
      const got = open(unhex(r.cover));
      same([got.salt, got.resource], [r.salt, r.resource]);
    });
    answers(`record ${i} under another cover`, false, () => open(utf8('another')));
  });
  v.commitments.forEach((c) => check(c.tag, () => same(commit(unhex(c.salt), c.tag, unhex(c.content)), c.commitment)));
  v.wraps.forEach((w, i) => check(`wrap ${i}`, () => same(seal.unwrap(unhex(w.erasure_key), unhex(w.handle), unhex(w.wrapped)), w.sealed)));
  v.envelopes.forEach((e) => {
    check(e.tag, () => {
      same([seal.sealKey(unhex(e.seed)), H(unhex(e.public))], [e.public, e.recipient_id]);
      same(seal.openEnvelope(unhex(e.seed), e.tag, unhex(e.context), unhex(e.envelope)), e.plaintext);
    });
    answers(`${e.tag}, another context`, false, () => seal.openEnvelope(unhex(e.seed), e.tag, utf8('x'), unhex(e.envelope)));
  });
});

section('opening.json', (text) => {
  const v = JSON.parse(text), chain = v.chain, patient = subjectOf(v.patient.subject);
  const committee = decode(wire.Committee, unhex(v.committee)), request = idOf(v.access.request), grant = idOf(v.grant.id);
  const publicKey = (seed) => `1:${hex(ed25519.getPublicKey(unhex(seed)))}`;

  check('people', () => {
    threshold.checkCommittee(committee);
    for (const p of [v.patient, v.source, v.doctor]) {
      same(subjectFrom(unhex(p.key_document)), subjectOf(p.subject));
      same(seal.sealKey(unhex(p.seal_seed)), decodeKnown(wire.KeyDocument, unhex(p.key_document)).devices[0].seal_key);
    }
  });
  check('card', () => {
    const signed = decode(wire.Signed, unhex(v.card)), keys = checkSigned('stele.v1.card', signed), card = decodeKnown(wire.Card, signed.body);
    same(keys.map(keyText), [publicKey(v.doctor.signing_seed), publicKey(v.source.signing_seed)]);
    same([card.chain, card.subject, card.seal_key], [chain, subjectOf(v.doctor.subject), seal.sealKey(unhex(v.doctor.seal_seed))]);
  });
  check('grant package', () => {
    const raw = seal.openEnvelope(unhex(v.doctor.seal_seed), 'stele.v1.envelope.document', subjectOf(v.doctor.subject), unhex(v.grant.package));
    const p = decode(wire.GrantPackage, raw);
    same([p.subject, p.grant, p.document, p.salt], [patient, grant, utf8(v.grant.document), v.grant.salt]);
    same(commit(p.salt, 'stele.v1.grant', p.document), v.grant.commitment);
  });

  const submission = decodeKnown(wire.Submission, unhex(v.delivery.submission));
  check('submission', () => {
    const keys = checkSigned('stele.v1.submission', submission.head), head = decodeKnown(wire.SubmissionHead, submission.head.body);
    same(keys.length, 2);
    same([head.root, head.subject], [v.delivery.root, patient]);
    same(commit(head.source_salt, 'stele.v1.source', head.source), v.delivery.source_commitment);
    const records = submission.folios.reduce((n, f) => n + f.records.length, 0);
    same([commit(submission.count_salt, 'stele.v1.count', be(records, 4)), head.count_commitment], [v.delivery.count_commitment, v.delivery.count_commitment]);
    same(H(join(...submission.folios.map(f => H(encode(wire.Folio, { ...f, records: [] }))))), head.content);
    for (const f of submission.folios) proof.checkRecords(decode(wire.FolioHead, f.head), f.records, []);
  });

  check('access', () => {
    const detail = decode(wire.AccessDetail, unhex(v.access.detail));
    same([detail.request, detail.subject], [request, patient]);
    same(commit(unhex(v.access.salt), 'stele.v1.detail', unhex(v.access.detail)), v.access.commitment);
    same(H(seal.sealKey(unhex(v.access.reader_seed))), v.access.reader_key_hash);
  });
  check('read request', () => {
    const signed = decode(wire.Signed, unhex(v.read_request)), r = decodeKnown(wire.ReadRequest, signed.body);
    same(checkSigned('stele.v1.read', signed).map(keyText), [publicKey(v.grant.grantee_seed), publicKey(v.doctor.signing_seed)]);
    same([r.audience, r.document, H(r.reader_key)], [subjectOf(v.members[0].subject), utf8(v.grant.document), v.access.reader_key_hash]);
  });

  const items = v.listed.map((raw) => decode(wire.FolioItem, unhex(raw))), heads = [], labels = [];
  items.forEach((item, i) => check(`folio ${i}`, () => {
    heads[i] = proof.checkFolio(unhex(v.delivery.root), item.head, item.index, item.folios, item.path);
    proof.checkLabel(heads[i], item.label);
    labels[i] = proof.capsuleLabel(chain, committee.key, patient, heads[i], proof.folioDigest(item.head));
    same([proof.folioDigest(item.head), labels[i]], [v.opened[i].folio_digest, v.opened[i].capsule_label]);
    const envelope = item.envelopes[0];
    same(seal.openEnvelope(unhex(v.patient.seal_seed), 'stele.v1.envelope.folio-key', join(patient, heads[i].folio), envelope.sealed), v.opened[i].key);
  }));

  const capsules = items.map((i) => i.capsule), batch = threshold.batch(committee, capsules, labels), parts = [];
  for (const r of v.releases) {
    const { subject, trustee, share } = v.members[r.member], member = subjectOf(subject);
    answers(r.what, r.ok, () => {
      const raw = seal.openEnvelope(unhex(v.access.reader_seed), 'stele.v1.envelope.release', join(member, request), unhex(r.sealed));
      const released = decode(wire.Released, raw);
      const receipt = proof.checkReceipt(decode(wire.PublicKey, unhex(trustee)), released.receipt);
      const asked = proof.releaseContext({
        chain, member, share, epoch: committee.epoch, request, subject: patient, grant, capsules: proof.capsulesDigest(capsules, labels),
        count: capsules.length, reader_key_hash: unhex(v.access.reader_key_hash),
      });
      same(asked, r.context);
      need(released.share === share && equal(proof.releaseContext(receipt), asked), 'about something else');
      need(equal(receipt.answer, proof.answerDigest(released.partials, released.proof)), 'about another answer');
      parts.push(threshold.verifyPartials(batch, share, asked, released.partials, released.proof));
    });
    check(`${r.what}: detail`, () => {
      const d = decode(wire.SealedDetail, unhex(r.detail));
      const raw = seal.openEnvelope(unhex(v.patient.seal_seed), 'stele.v1.envelope.account', join(member, d.id), d.sealed);
      same(decode(wire.Detail, raw).detail, v.access.detail);
    });
  }
  const keys = threshold.combine(batch, parts.slice(1));
  keys.forEach((key, i) => check(`key ${i}`, () => same([key, seal.keyCommitment(key)], [v.opened[i].key, heads[i].key_commitment])));
  for (const r of v.records) answers(`records: ${r.what}`, r.ok, () => {
    const answer = decode(wire.GetRecordsResponse, unhex(r.response)), want = v.opened[r.folio];
    proof.checkRecords(heads[r.folio], answer.records, answer.leaves).forEach((place, i) => {
      const record = answer.records[i], { handle } = decode(wire.Cover, record.cover);
      const { resource } = seal.openRecord(keys[r.folio], handle, record.cover, record.ciphertext, record.plaintext_commitment);
      same([handle, new TextDecoder().decode(resource)], [idOf(want.handles[place]), want.resources[place]]);
    });
  });
});
