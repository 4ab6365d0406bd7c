// consent.json
import { check, answers, same, section } from './checks.mjs';
import { parse, presented, evaluate } from './consent.mjs';

section('consent.json', (text) => {
  const v = JSON.parse(text);
  const grants = v.documents.map((d) => {
    let grant;
    answers(d.what, d.grant !== null, () => { grant = parse(d.document); });
    if (d.grant) check(`${d.what}: its meaning and words`, () => {
      same(Object.entries(d.grant).map(([name]) => grant[name]), Object.values(d.grant));
      same(presented(grant), d.presented);
    });
    return grant;
  });
  for (const a of v.askings) check(a.what, () => same(evaluate(grants[a.document], a), a.why));
});
