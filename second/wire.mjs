// The messages of Stele, as wire/wire.proto says.
import { readFileSync } from 'node:fs';
import { schema } from './proto.mjs';

export const wire = schema(readFileSync(new URL('../wire/wire.proto', import.meta.url), 'utf8'));
