// Lays a compressed copy beside each file of a folder: node compress.js <folder>
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const WORTH = /\.(js|css|svg|wasm)$/; // the others are compressed already
const LEAST = 1024; // bytes
const BEST = 9; // of brotli's 11: the last two take ten times as long for a tenth

for (const name of readdirSync(process.argv[2], { recursive: true })) {
  const path = join(process.argv[2], name);
  if (!WORTH.test(name) || statSync(path).size < LEAST) continue;
  const content = readFileSync(path);
  const options = {
    [constants.BROTLI_PARAM_QUALITY]: content.length > 4e6 ? 6 : BEST,
    [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
    [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
  };
  writeFileSync(`${path}.br`, brotliCompressSync(content, { params: options }));
  writeFileSync(`${path}.gz`, gzipSync(content, { level: constants.Z_BEST_COMPRESSION }));
}
