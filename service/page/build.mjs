// Bundles the page: what is here, d3's modules and elkjs, into the folder named by the first argument.
import { copyFile, mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

const [target, modules] = process.argv.slice(2).map((one) => path.resolve(one));
const require = createRequire(path.join(modules, "any.js"));
const { build } = require("esbuild");
const here = path.dirname(fileURLToPath(import.meta.url));

await mkdir(target, { recursive: true });
await build({
  entryPoints: { page: path.join(here, "src/main.js"), style: path.join(here, "style.css") },
  outdir: target,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  legalComments: "eof",
  nodePaths: [modules],
  logLevel: "warning",
});
// What the picture is made of, as a module that tests can load: it is no part of the page.
await build({ stdin: { contents: 'export * from "./graph.js"; export * from "./layout.js";', resolveDir: path.join(here, "src") }, outfile: path.join(modules, "../picture.js"), bundle: true, format: "esm", target: "es2022", nodePaths: [modules], logLevel: "warning" });
// The layout engine runs in a worker of its own, as its makers ship it.
await copyFile(require.resolve("elkjs/lib/elk-worker.min.js"), path.join(target, "layout.js"));
for (const name of ["index.html", "icon.svg"]) await copyFile(path.join(here, name), path.join(target, name));
