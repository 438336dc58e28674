// Makes a built site ready for the server: node pack.mjs FROM ROOT AT LIST TIME. It
// comes to AT below ROOT, LIST has the names of the files that are named by their
// content, and TIME is the time, in seconds, that says so.
//
// The same files come out the same: their times are made from what is in them, or are
// one and the same where a name says already what is in a file. The compressed ones
// lie in folders of their own.
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import path from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const [from, root, at, list, namedAt] = process.argv.slice(2);
const to = path.join(root, at);
const named = new Set(fs.readFileSync(list, "utf8").split("\n"));

const compressible = /\.(m?js|cjs|css|html|json|svg|wasm|xml|txt|webmanifest|ttf|otf|eot|glb|gltf)$/;
const packers = {
  ".br": (bytes) =>
    brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }),
  ".gz": (bytes) => gzipSync(bytes, { level: 9 }),
};

// Between 2000 and 2017: never of the future, and never that of what is named.
function timeOf(bytes) {
  return 946684800 + (createHash("sha256").update(bytes).digest().readUInt32BE() >>> 3);
}

function put(name, bytes, time) {
  const file = path.join(to, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, bytes, { mode: 0o644 });
  fs.utimesSync(file, time, time);
}

// A link is followed within the site: out of it lies what is nobody's to serve, and a
// folder that it is itself in has no end.
function within(name, file) {
  const site = fs.realpathSync(from);
  const to = fs.realpathSync(file) + path.sep;
  if (!to.startsWith(site + path.sep) || (path.join(site, name) + path.sep).startsWith(to)) {
    throw new Error(`${name} of the built site is a link out of it, or to a folder that it is in. Have the build write files`);
  }
}

function pack(name) {
  const file = path.join(from, name);
  if (!fs.existsSync(file)) return; // A link to nothing.
  if (fs.lstatSync(file).isSymbolicLink()) within(name, file);
  if (fs.statSync(file).isDirectory()) {
    for (const entry of fs.readdirSync(file)) pack(path.join(name, entry));
    return;
  }
  const bytes = fs.readFileSync(file);
  const time = named.has(name) ? Number(namedAt) : timeOf(bytes);
  put(name, bytes, time);
  if (!named.has(name) || !compressible.test(name) || bytes.length < 1024) return;
  for (const [folder, packed] of Object.entries(packers)) put(path.join(folder, name), packed(bytes), time);
}

function settle(dir) {
  for (const entry of fs.readdirSync(dir, { withFileTypes: true })) {
    if (entry.isDirectory()) settle(path.join(dir, entry.name));
  }
  fs.chmodSync(dir, 0o755);
  fs.utimesSync(dir, 0, 0);
}

pack("");
settle(root);
