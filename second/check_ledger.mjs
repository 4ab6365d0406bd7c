// ledger.json: the same parcels give the same verdicts, events and app hashes.
import { check, answers, same, section } from './checks.mjs';
import { unhex, hex, did } from './bytes.mjs';
import { decode } from './proto.mjs';
import { wire } from './wire.mjs';
import { Ledger } from './ledger.mjs';
import { fold } from './merkle.mjs';

section('ledger.json', (text) => {
  const v = JSON.parse(text), ledger = new Ledger(unhex(v.genesis));
  check('the founding', () => {
    same(ledger.events, v.founded);
    same(ledger.appHash, v.app_hash);
  });
  for (const b of v.blocks) {
    const verdicts = ledger.block(b.height, b.time_ms, b.parcels.map(unhex));
    check(`block ${b.height}: number of verdicts`, () => same(verdicts.length, b.verdicts.length));
    b.verdicts.forEach((want, i) => check(`block ${b.height}: ${want.what}`, () => {
      const got = verdicts[i];
      same([got.id, got.kind ?? '', got.seq ?? 0, got.event ?? ''], [want.tx, want.kind ?? '', want.seq, want.event ?? '']);
    }));
    check(`block ${b.height}: events`, () => same(ledger.events, b.events));
    check(`block ${b.height}: app hash`, () => same(ledger.appHash, b.app_hash));
  }
  v.logs.forEach((want, leaf) => check(`log ${leaf}`, () => {
    const l = ledger.logs[leaf];
    same([did(l.subject), l.size, l.peaks, fold(l.peaks)], [want.subject, want.size, want.peaks, want.root]);
  }));

  const last = v.blocks.at(-1), happened = [v.founded, ...v.blocks.map((b) => b.events)].flat().map(unhex);
  const of = (raw) => hex(decode(wire.Event, raw).subject);
  const events = [...new Set(happened.map(of))].flatMap((log) => happened.filter((raw) => of(raw) === log));
  const restored = (list) => Ledger.restore(list, BigInt(last.height), BigInt(last.time_ms), unhex(last.app_hash));
  check('restored from its events', () => same(restored(events).logs.map((l) => l.peaks), ledger.logs.map((l) => l.peaks)));
  answers('restored, the last event left out', false, () => restored(events.slice(0, -1)));
  answers('restored in the order of blocks', false, () => restored(happened));
  answers('restored, two events changed places', false, () => restored(events.with(5, events[6]).with(6, events[5])));
  answers('restored, an event altered', false, () => restored(events.map((e, i) => (i === 9 ? e.map((b, j) => (j === e.length - 1 ? b ^ 1 : b)) : e))));
});
