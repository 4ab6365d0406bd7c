// ledger.json: the same parcels give the same verdicts, events and app hashes.
import { check, same, section } from './checks.mjs';
import { unhex, did } from './bytes.mjs';
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
});
