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
  await fillWhileRunning(predictor, found);
  return found;
}

// Two calls at once, of which the second finds no room for its words.
async function fillWhileRunning(predictor, found) {
  await predictor.classify(["nowak"]);
  for (let i = predictor.evidence.size; i < 99_999; i += 1) predictor.evidence.set(`word ${i}`, []);
  const [first, second] = ["nowak abc", "abd abe"];
  const together = await Promise.all([predictor.classify([first]), predictor.classify([second])]);
  found.together = together.flat();
  found.apart = await predictor.classify([first, second]);
  found.kept = predictor.evidence.size;
}

const found = await everything().catch((error) => ({ error: String(error.stack ?? error) }));
await fetch("result", { method: "POST", body: JSON.stringify(found) });
