// wire.json, signatures.json, merkle.json
import { check, answers, same, section } from './checks.mjs';
import { unhex, hex, Hash, H, ownId, be, join, Refused, equal, need } from './bytes.mjs';
import { decode, encode, decodeExactly } from './proto.mjs';
import { wire } from './wire.mjs';
import * as sign from './sign.mjs';
import * as merkle from './merkle.mjs';
import { recordDigest, headHash, appHash, capsuleLabel, recordLabel, slotCapsulesDigest, capsulesDigest, releaseContext, answerDigest } from './proof.mjs';
import { ed25519 } from '@noble/curves/ed25519.js';

const run = (first, n) => Uint8Array.from({ length: n }, (_, i) => first + i);

section('wire.json', (text) => {
  let digest, event = 0;
  for (const { what, input, value } of JSON.parse(text)) check(what, () => {
    const raw = unhex(input), tag = what.match(/under (stele\S+)$/)?.[1];
    if (tag) same(Hash(tag, raw), value);
    else if (what === 'id of an owner') same(ownId(raw.slice(0, 20), raw.slice(20)), value);
    else if (what === 'transaction id of a body') same(Hash('stele.v1.transaction', raw), value);
    else if (what.startsWith('Ed25519 signature')) same(ed25519.sign(raw, run(7, 32)), value);
    else if (what === 'signed transaction') {
      const signed = decodeExactly(wire.Signed, unhex(value));
      same(signed.body, input);
      sign.check('stele.v1.transaction', signed);
    } else if (what === 'event bytes') {
      const e = decodeExactly(wire.Event, unhex(value));
      same(e.$oneof.event, new TextDecoder().decode(raw));
      same([e.version, e.height, e.time_ms], [1, BigInt(event), 1900000000000n + BigInt(event++)]);
    } else if (what.startsWith('head hash')) same(headHash(raw.slice(0, 20), 258, raw.slice(20)), value);
    else if (what.startsWith('app hash')) same(appHash(65537, raw), value);
    else if (what === 'record leaf') same(recordDigest(decode(wire.SealedRecord, raw)), value);
    else if (what === 'folio digest') same((digest = Hash('stele.v1.folio', raw)), value);
    else if (what.startsWith('capsule label')) {
      const head = { folio: run(23, 16), label_commitment: run(24, 32) };
      same(capsuleLabel('vectors', run(27, 32), run(1, 20), head, digest), value);
    } else if (what.startsWith('record capsule label')) {
      same(recordLabel('vectors', run(27, 32), run(1, 20), digest, run(34, 16), what.endsWith('without a grant') ? undefined : run(35, 16)), value);
    } else if (what.startsWith('slot capsules digest')) {
      same(slotCapsulesDigest(new TextEncoder().encode('capsules')), value);
    } else if (what.startsWith('capsules digest')) {
      const text = (s) => new TextEncoder().encode(s);
      same(capsulesDigest([text('capsule 1'), text('capsule 2')], [run(1, 32), run(2, 32)]), value);
    } else if (what.startsWith('answer digest')) same(answerDigest([run(0x20, 32), run(0x21, 32)], new TextEncoder().encode('proof')), value);
    else if (what.startsWith('release context')) same(releaseContext(decode(wire.Receipt, raw)), value);
    else throw new Error('an unknown vector');
  });
});

section('signatures.json', (text) => {
  for (const v of JSON.parse(text)) answers(v.what, v.ok, () => {
    const signatures = v.keys.map((k, i) => ({ key: { suite: unhex(k)[0], key: unhex(k).slice(1) }, signature: unhex(v.signatures[i]) }));
    sign.check(v.tag, { body: unhex(v.body), signatures });
  });
});

section('merkle.json', (text) => {
  const v = JSON.parse(text), leaves = v.Leaves.map((l) => merkle.leaf(unhex(l)));
  check('leaf hashes', () => same(leaves, v.LeafHashes));
  check('empty root', () => same(merkle.root([]), v.EmptyRoot));
  v.Roots.forEach((r, i) => check(`root of ${i + 1}`, () => same(merkle.root(leaves.slice(0, i + 1)), r)));
  let peaks = [];
  v.Roots.forEach((r, i) => check(`${i + 1} appended`, () => same(merkle.fold((peaks = merkle.append(i, peaks, leaves[i]))), r)));
  const paths = (list) => (list ?? []).map(unhex);
  for (const { Index, Size, Path } of v.Inclusion) check(`leaf ${Index} of ${Size}`, () =>
    same(merkle.rootOf(leaves[Index], Index, Size, paths(Path)), v.Roots[Size - 1]));
  for (const c of v.Consistency) check(`from ${c.From} to ${c.To}`, () =>
    same(merkle.consistency(c.From, c.To, unhex(v.Roots[c.From - 1]), unhex(v.Roots[c.To - 1]), paths(c.Proof)), c.Peaks));
  for (const r of v.Refused) answers(r.Why, false, () =>
    need(equal(merkle.rootOf(unhex(r.Leaf), r.Index, r.Size, paths(r.Path)), unhex(r.Root)), 'another root'));
});
