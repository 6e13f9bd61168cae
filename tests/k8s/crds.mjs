// Judge custom resources by the schemas of @kubernetes-models: JSON documents at standard input, the
// folder of node_modules as the one argument, JSON {errors, unvalidated} at standard output.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const packages = {
  "keda.sh": "@kubernetes-models/keda",
  "monitoring.coreos.com": "@kubernetes-models/prometheus-operator",
  "gateway.networking.k8s.io": "@kubernetes-models/gateway-api",
};
const errors = [];
const unvalidated = [];
for (const document of JSON.parse(readFileSync(0, "utf8"))) {
  const [group, version] = document.apiVersion.split("/");
  const name = `${document.kind} ${document.metadata.name}`;
  if (!(group in packages)) {
    unvalidated.push(`${document.apiVersion}/${document.kind}`);
    continue;
  }
  const index = join(process.argv[2], packages[group], group, version, "index.js");
  const kinds = await import(pathToFileURL(index));
  if (!(document.kind in kinds)) {
    errors.push(`${name}: no such kind in ${document.apiVersion}`);
    continue;
  }
  try {
    new kinds[document.kind](document).validate();
  } catch (error) {
    errors.push(`${name}: ${error.message}`);
  }
}
console.log(JSON.stringify({ errors, unvalidated: [...new Set(unvalidated)].sort() }));
