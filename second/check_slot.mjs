// slot.json
import { check, answers, same, section } from './checks.mjs';
import { unhex, subjectOf, commit, did } from './bytes.mjs';
import { sealKey } from './seal.mjs';
import { slotCapsulesDigest } from './proof.mjs';
import * as slot from './slot.mjs';

section('slot.json', (text) => {
  const v = JSON.parse(text);
  const slots = v.documents.map((d) => {
    let s;
    answers(d.what, d.slot !== null, () => { s = slot.read(unhex(d.document)); });
    if (d.slot) check(`${d.what}: its meaning`, () =>
      same([s.nothing, s.opens, s.sensitivity, s.roles, s.facilities, s.excluded.map(did), s.restrictions.length],
        [d.slot.nothing, d.slot.categories, d.slot.sensitivity, d.slot.roles, d.slot.facilities, d.slot.excluded, d.slot.restrictions]));
    return s;
  });
  v.askings.forEach((a, i) => check(`asking ${i}`, () =>
    same(slot.allows(slots[a.document], { ...a, who: subjectOf(a.who), organisation: subjectOf(a.organisation) }), a.why)));
  v.labels.forEach((l, i) => check(`label ${i}`, () => same(slot.covers(slots[l.document], l), l.why)));
  v.folios.forEach((f, i) => check(`folio ${i}`, () => {
    const s = slots[f.document], label = { ...f, source: subjectOf(f.source) };
    same([slot.restricts(s, false, unhex(f.folio), label), slot.restricts(s, true, unhex(f.folio), label)], [f.restricted, f.in_emergencies]);
    same([false, true].map((e) => slot.restricts(s, e, unhex(f.folio), label, unhex(f.handle))), f.record);
    same(slot.beside(s, unhex(f.folio), unhex(f.handle)), f.beside);
  }));
  v.capsules.forEach((c) => {
    let count;
    answers(`capsules: ${c.what}`, c.count !== null, () => { count = slot.readCapsules(unhex(c.raw)); });
    if (c.count !== null) check(`capsules: ${c.what}, how many`, () => same(count, c.count));
    check(`capsules: ${c.what}, their digest`, () => same(slotCapsulesDigest(unhex(c.raw)), c.digest));
  });
  v.sealed.forEach((e, i) => {
    const document = unhex(v.documents[e.document].document), at = [unhex(e.seed), subjectOf(e.member), subjectOf(e.subject), unhex(e.commitment)];
    check(`envelope ${i}`, () => {
      same(commit(unhex(e.salt), 'stele.v1.emergency', document), e.commitment);
      same([unhex(e.envelope).length, sealKey(at[0]).length], [5266, 1216]);
      same(slot.open(...at, unhex(e.envelope)), document);
    });
    answers(`envelope ${i}, of another subject`, false, () => slot.open(at[0], at[1], at[1], at[3], unhex(e.envelope)));
    answers(`envelope ${i}, of another commitment`, false, () => slot.open(at[0], at[1], at[2], at[3].map((b) => b ^ 1), unhex(e.envelope)));
  });
});
