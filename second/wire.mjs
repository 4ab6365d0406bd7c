// The messages of Stele, as the files wire/*.proto say.
import { readdirSync, readFileSync } from 'node:fs';
import { schema } from './proto.mjs';

const folder = new URL('../wire/', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.proto'));
export const wire = schema(files.map((name) => readFileSync(new URL(name, folder), 'utf8')).join('\n'));
