// slip.json
import { check, same, section } from './checks.mjs';
import { unhex, did } from './bytes.mjs';
import { slip } from './slip.mjs';

section('slip.json', (text) => JSON.parse(text).forEach((v, i) => check(`slip ${i}`, () => {
  const s = slip(unhex(v.code));
  same([s.key, s.document, did(s.subject)], [v.key, v.document, v.subject]);
})));
