// What test_page_answers.py runs in the browser; it posts what it found.

import { loadPredictor, loadSettings } from "./load.js";

async function everything() {
  const { names, explained, texts } = await (await fetch("work.json")).json();
  const settings = await loadSettings();
  const progress = [];
  const predictor = await loadPredictor(settings, (...bytes) => progress.push(bytes));
  const found = { predictions: await predictor.classify(names), explanations: [], progress };
  found.sets = found.predictions.map(({ probabilities }) =>
    probabilities ? predictor.setOf(probabilities) : [],
  );
  for (const name of explained) found.explanations.push(await predictor.explain(name));
  found.normalised = texts.map((text) => predictor.normalise(text));
  found.examples = settings.examples;
  return found;
}

const found = await everything().catch((error) => ({ error: String(error.stack ?? error) }));
await fetch("result", { method: "POST", body: JSON.stringify(found) });
