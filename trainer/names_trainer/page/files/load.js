// The settings, the model and the runtime, files in the same folder.

import { Predictor } from "./classify.js";

const GZIP = [0x1f, 0x8b];

export async function loadSettings() {
  return (await fetched("settings.json")).json();
}

// `progress(done, whole)` gets the number of bytes that have come.
export async function loadPredictor(settings, progress = () => {}) {
  const { sizes } = settings;
  const done = new Map();
  const whole = Object.values(sizes).reduce((sum, size) => sum + size);
  const stop = new AbortController(); // one file that does not come makes the others useless
  const report = (name, bytes) => {
    done.set(name, bytes);
    if (stop.signal.aborted) return;
    progress([...done.values()].reduce((sum, size) => sum + size), whole);
  };
  const coming = Promise.all([
    import("./onnxruntime.js").finally(() => report("onnxruntime.js", sizes["onnxruntime.js"])),
    download("onnxruntime.wasm.gzip", report, stop.signal).then(unpacked),
    download("model.onnx", report, stop.signal, `?${settings.sha256}`).then((model) =>
      checked(model, settings.sha256),
    ),
  ]);
  const [ort, wasm, model] = await coming.catch((error) => {
    stop.abort();
    throw error;
  });
  ort.env.logLevel = "error";
  ort.env.wasm.numThreads = 1; // more need headers that a plain file server does not send
  ort.env.wasm.wasmBinary = wasm;
  const options = { executionProviders: ["wasm"], logSeverityLevel: 3 };
  const session = await ort.InferenceSession.create(model, options);
  return new Predictor(settings, session, ort.Tensor);
}

async function fetched(path, signal, query = "") {
  const response = await fetch(new URL(path + query, import.meta.url), { signal });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${response.statusText}`);
  return response;
}

// `query` makes the address one for which no cache has the file of an older page.
async function download(name, report, signal, query = "") {
  const response = await fetched(name, signal, query);
  const chunks = [];
  let bytes = 0;
  for (const reader = response.body.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    bytes += value.length;
    report(name, bytes);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

// A model of other settings, as when a page was replaced just now, would give wrong labels.
async function checked(model, sha256) {
  if (!crypto.subtle) return model; // which only secure addresses have
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", model));
  const found = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (found === sha256) return model;
  throw new Error("model.onnx: not the model of this page: reload it in a few minutes");
}

// If the server declares the compression, the browser has unpacked the bytes.
async function unpacked(bytes) {
  if (!GZIP.every((byte, i) => bytes[i] === byte)) return bytes;
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
