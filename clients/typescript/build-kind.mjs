// Node takes the kind of a module from the nearest package.json.
import { writeFileSync } from "node:fs";

writeFileSync(new URL("dist/cjs/package.json", import.meta.url), '{ "type": "commonjs" }\n');
writeFileSync(new URL("dist/esm/package.json", import.meta.url), '{ "type": "module" }\n');
