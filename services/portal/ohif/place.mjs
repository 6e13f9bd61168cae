// Takes what is needed of the published OHIF, and lets it live under a path of its own.
// node place.mjs <unpacked package> <target>
import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const AT = "/static/ohif/"; // where the portal serves it
const APP = /^app\.bundle\.[0-9a-f]+\.js$/; // the page names it without its hash
// Not taken: service workers, tracking, sign-in, shims for old browsers; and in folders microscopy and
// segmentation by neural networks, 160 MB.
const LEFT = /^(app-config|google|init-service-worker|sw|oidc-client\.min|polyfill\.min|es6-shim\.min)\.js$/;
const TAKEN = /\.(js|css|wasm|woff2)$/;

// Each of these must be found as often as it says, or OHIF is another than this was written for.
const CHANGES = [
  { of: /\.js$/, found: '__webpack_require__.p = "/";', becomes: `__webpack_require__.p = "${AT}";`, times: 8 },
  { of: /\.css$/, found: "url(/", becomes: `url(${AT}`, times: 5 },
  // It would keep the language in a cookie: the viewer's origin has none.
  { of: /\.js$/, found: "caches: ['localStorage', 'cookie'],", becomes: "caches: [],", times: 1 },
];

const [source, target] = process.argv.slice(2);
const built = join(source, "dist");
mkdirSync(target, { recursive: true });
const counts = CHANGES.map(() => 0);
for (const name of readdirSync(built)) {
  if (!TAKEN.test(name) || LEFT.test(name)) continue;
  if (!/\.(js|css)$/.test(name)) {
    copyFileSync(join(built, name), join(target, name));
    continue;
  }
  let text = readFileSync(join(built, name), "utf8");
  CHANGES.forEach(({ of, found, becomes }, place) => {
    if (!of.test(name)) return;
    const pieces = text.split(found);
    counts[place] += pieces.length - 1;
    text = pieces.join(becomes);
  });
  writeFileSync(join(target, APP.test(name) ? "app.js" : name), text);
}
CHANGES.forEach(({ found, times }, place) => {
  if (counts[place] !== times) throw new Error(`${found} stands ${counts[place]} times in OHIF, not ${times}`);
});
cpSync(join(built, "assets", "images"), join(target, "assets", "images"), { recursive: true });
copyFileSync(join(source, "LICENSE"), join(target, "LICENSE"));
copyFileSync(fileURLToPath(new URL("config.js", import.meta.url)), join(target, "config.js"));
