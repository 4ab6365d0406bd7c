// light.json, logs.json
import { check, answers, same, section } from './checks.mjs';
import { unhex, subjectOf } from './bytes.mjs';
import { decode, decodeExactly } from './proto.mjs';
import { wire } from './wire.mjs';
import * as light from './light.mjs';
import * as proof from './proof.mjs';

section('light.json', (text) => {
  const v = JSON.parse(text), genesis = light.readGenesis(v.genesis), raw = {}, points = { genesis };
  check('fingerprint', () => same(genesis.fingerprint, v.fingerprint));
  for (const b of v.blocks) {
    raw[b.name] = { signed_header: unhex(b.signed_header), validators: unhex(b.validators) };
    check(`block ${b.name}`, () => {
      const { header, commit } = decode(light.comet.SignedHeader, raw[b.name].signed_header);
      same(light.headerHash(header), b.header_hash);
      same(header.validators_hash, b.validators_hash);
      same(commit.signatures.map((s) => (s.block_id_flag === 1 ? '' : light.signBytes(header.chain_id, commit, s))), b.sign_bytes);
      same([header.height, header.app_hash], [b.height, b.app_hash]);
    });
    try {
      const point = (points[b.name] = light.readBlock(genesis.chain, raw[b.name]));
      check(`block ${b.name}: its values`, () => same([point.signed, point.power, String(point.time)], [b.signed, b.power, b.time_ns]));
    } catch { /* a block that does not check is no point of trust */ }
  }
  for (const c of v.checks) answers(c.what, c.ok, () => light.believe(points[c.from], raw[c.to]));
});

section('logs.json', (text) => {
  const v = JSON.parse(text), genesis = light.readGenesis(v.genesis);
  const kept = (k) => ({ size: k.size, root: unhex(k.root), peaks: k.peaks.map(unhex) });
  for (const l of v.logs) answers(l.what, l.ok, () => {
    const p = decodeExactly(wire.LogProof, unhex(l.proof));
    let log = proof.checkLog(light.believe(genesis, p.light), subjectOf(l.subject), kept(l.kept), p);
    for (const raw of l.more ?? []) log = proof.continueLog(log, decodeExactly(wire.LogProof, unhex(raw)));
    same([log.kept.size, log.kept.root, log.kept.peaks], [l.after.size, l.after.root, l.after.peaks]);
  });
  for (const e of v.entries) answers(e.what, e.ok, () => {
    const p = decodeExactly(wire.EntryProof, unhex(e.proof));
    const entry = proof.checkEntry(light.believe(genesis, p.light), p);
    same([entry.head.subject, p.seq], [subjectOf(e.subject), e.seq]);
  });
});
