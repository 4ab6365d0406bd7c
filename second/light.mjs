// Headers, commits, validators: docs/protocol/ledger.md, section 10.
import { H, need, hex, join, utf8, equal } from './bytes.mjs';
import { schema, decode, decodeExactly, encode, uvarint } from './proto.mjs';
import { verify } from './sign.mjs';
import * as merkle from './merkle.mjs';

export const comet = schema(`
  message SignedHeader { Header header = 1; Commit commit = 2; }
  message Consensus { uint64 block = 1; uint64 app = 2; }
  message Header {
    Consensus version = 1 [always]; string chain_id = 2; int64 height = 3; Timestamp time = 4 [always]; BlockID last_block_id = 5 [always];
    bytes last_commit_hash = 6; bytes data_hash = 7; bytes validators_hash = 8; bytes next_validators_hash = 9; bytes consensus_hash = 10;
    bytes app_hash = 11; bytes last_results_hash = 12; bytes evidence_hash = 13; bytes proposer_address = 14;
  }
  message Timestamp { int64 seconds = 1; int32 nanos = 2; }
  message PartSetHeader { uint32 total = 1; bytes hash = 2; }
  message BlockID { bytes hash = 1; PartSetHeader part_set_header = 2 [always]; }
  message Commit { int64 height = 1; int32 round = 2; BlockID block_id = 3 [always]; repeated CommitSig signatures = 4; }
  message CommitSig { int32 block_id_flag = 1; bytes validator_address = 2; Timestamp timestamp = 3 [always]; bytes signature = 4; }
  message Key { bytes ed25519 = 1; }
  message ValidatorSet { repeated Validator validators = 1; Validator proposer = 2; int64 total_voting_power = 3; }
  message Validator { bytes address = 1; Key pub_key = 2 [always]; int64 voting_power = 3; int64 proposer_priority = 4; }
  message SimpleValidator { Key pub_key = 1; int64 voting_power = 2; }
  message Vote { int32 type = 1; sfixed64 height = 2; sfixed64 round = 3; BlockID block_id = 4; Timestamp timestamp = 5 [always]; string chain_id = 6; }
  message Text { string value = 1; }
  message Number { int64 value = 1; }
  message Bytes { bytes value = 1; }
`);
const absent = 1, forBlock = 2, forNil = 3, yearOne = -62135596800n;

const hashes = ['last_commit_hash', 'data_hash', 'validators_hash', 'next_validators_hash', 'consensus_hash', 'app_hash', 'last_results_hash', 'evidence_hash'];

export function headerHash(h) {
  const bytes = (value) => encode(comet.Bytes, { value });
  return merkle.root([
    encode(comet.Consensus, h.version), encode(comet.Text, { value: h.chain_id }), encode(comet.Number, { value: h.height }),
    encode(comet.Timestamp, h.time), encode(comet.BlockID, h.last_block_id), ...hashes.map((name) => bytes(h[name])), bytes(h.proposer_address),
  ].map(merkle.leaf));
}
export const validatorsHash = (set) => merkle.root(set.validators.map((v) => merkle.leaf(encode(comet.SimpleValidator, v))));
export const address = (key) => H(key).slice(0, 20);

export function signBytes(chain, commit, vote) {
  const raw = encode(comet.Vote, {
    type: 2, height: commit.height, round: BigInt(commit.round), timestamp: vote.timestamp, chain_id: chain,
    block_id: vote.block_id_flag === forBlock ? commit.block_id : null,
  });
  return join(uvarint(raw.length), raw);
}

const nanos = (t) => t.seconds * 1_000_000_000n + BigInt(t.nanos);
const total = (set) => set.validators.reduce((sum, v) => sum + v.voting_power, 0n);
const holds = (validator, message, signature) => verify({ suite: 1, key: validator.pub_key.ed25519 }, message, signature);

/** Checks a light block by itself: its commit, its validators, every signature. */
export function readBlock(chain, light) {
  const { header: h, commit } = decodeExactly(comet.SignedHeader, light.signed_header);
  const set = decode(comet.ValidatorSet, light.validators);
  need(h && commit, 'incomplete');
  need(h.version.block === 11n && h.chain_id === chain && h.height > 0n, 'another chain or version');
  const ids = [h.last_block_id, commit.block_id].flatMap((x) => [x.hash, x.part_set_header?.hash ?? []]);
  need([...hashes.map((n) => h[n]), ...ids].every((x) => [0, 32].includes(x.length)) && h.app_hash.length === 32 && h.proposer_address.length === 20, 'malformed');
  const hash = headerHash(h);
  need(commit.height === h.height && commit.round >= 0 && equal(commit.block_id.hash, hash), 'the commit is for another block');
  need(set.validators.length > 0 && equal(validatorsHash(set), h.validators_hash), "not the header's validators");
  need(set.validators.every((v) => v.voting_power >= 0n && equal(v.address, address(v.pub_key.ed25519))), 'a malformed validator');
  need(set.validators.some((v) => set.proposer && equal(v.address, set.proposer.address)), 'a stranger proposes');
  need(commit.signatures.length === set.validators.length, 'one vote for each validator');
  let signed = 0n;
  commit.signatures.forEach((s, i) => {
    if (s.block_id_flag === absent) {
      need(!s.validator_address.length && !s.signature.length && s.timestamp.seconds === yearOne && !s.timestamp.nanos, 'an absent vote with something in it');
      return;
    }
    const v = set.validators[i];
    need(s.block_id_flag === forBlock || s.block_id_flag === forNil, 'an unknown kind of vote');
    need(equal(s.validator_address, v.address), "another validator's vote");
    need(holds(v, signBytes(chain, commit, s), s.signature), 'a signature is wrong');
    if (s.block_id_flag === forBlock) signed += v.voting_power;
  });
  const power = total(set);
  need(power < 1n << 60n && signed > (2n * power) / 3n, 'two thirds or less signed');
  return { chain, height: h.height, time: nanos(h.time), appHash: h.app_hash, hash, set, next: h.next_validators_hash, commit, signed, power,
    validatorsHash: h.validators_hash };
}

/** The genesis document as a point of trust, with its fingerprint and app state. */
export function readGenesis(text) {
  let doc;
  try { doc = JSON.parse(text); } catch { need(false, 'not a genesis document'); }
  const validators = doc.validators.map((v) => {
    need(v.pub_key.type === 'tendermint/PubKeyEd25519' && BigInt(v.power) > 0n, 'a validator without key or power');
    const ed25519 = unbase64(v.pub_key.value);
    return { address: address(ed25519), pub_key: { ed25519 }, voting_power: BigInt(v.power) };
  });
  validators.sort((a, b) => (a.voting_power !== b.voting_power ? (a.voting_power > b.voting_power ? -1 : 1) : hex(a.address) < hex(b.address) ? -1 : 1));
  const set = { validators }, state = typeof doc.app_state === 'string' ? unbase64(doc.app_state) : null;
  const [whole, part] = doc.genesis_time.replace('Z', '').split('.');
  const time = BigInt(Date.parse(whole + 'Z')) * 1_000_000n + BigInt((part ?? '').padEnd(9, '0'));
  return { chain: doc.chain_id, height: BigInt(doc.initial_height) - 1n, time, set, next: validatorsHash(set), genesis: true, fingerprint: H(utf8(text)), state };
}
export function unbase64(text) {
  const raw = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  need(btoa(String.fromCharCode(...raw)) === text, 'not base64');
  return raw;
}

/** Believes a light block from a point of trust; the result is the next such point. */
export function believe(point, light) {
  const b = readBlock(point.chain, light);
  if (b.height === point.height) need(equal(b.hash, point.hash ?? []), 'two headers of one height');
  if (b.height > point.height) need(point.genesis || b.time > point.time, 'its time does not rise');
  if (b.height < point.height) need(b.time < point.time, 'its time does not fall');
  if (b.height === point.height + 1n) {
    need(equal(b.validatorsHash, point.next), 'not the validators named before');
    return b;
  }
  if (equal(b.validatorsHash, validatorsHash(point.set))) return b;
  need(b.height > point.height, 'older, with other validators');
  const known = new Map(point.set.validators.map((v) => [hex(v.address), v])), seen = new Set();
  let signed = 0n;
  for (const s of b.commit.signatures) {
    const v = s.block_id_flag === forBlock && known.get(hex(s.validator_address));
    if (!v) continue;
    need(!seen.has(v), 'a double vote');
    seen.add(v);
    need(holds(v, signBytes(b.chain, b.commit, s), s.signature), 'a signature is wrong');
    signed += v.voting_power;
  }
  need(signed > total(point.set) / 3n, 'too few of the known validators signed');
  return b;
}
