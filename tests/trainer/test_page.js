// What tests/trainer/test_page.py runs in the browser; it posts what it found.

import { loadPredictor } from "./classify.js";

async function page(tables) {  // through its own elements, as a person would
  const frame = document.createElement("iframe");
  frame.width = 360;
  frame.height = 800;
  frame.src = "index.html#Papadopoulos";
  document.body.append(frame);
  const at = (id) => frame.contentDocument?.getElementById(id);
  const until = async (ready) => {
    while (!ready()) await new Promise((later) => setTimeout(later, 20));
  };
  await until(() => at("bars")?.children.length);
  const seen = { answer: at("answer").textContent, letters: at("letters").innerText };
  seen.bars = Array.from(at("bars").children, (row) => row.innerText.split("\n"));
  const transfer = new frame.contentWindow.DataTransfer();
  transfer.items.add(new File([await (await fetch("input.txt")).arrayBuffer()], "input.txt"));
  at("file").files = transfer.files;
  at("file").dispatchEvent(new Event("change"));
  await until(() => !at("file-result").hidden);
  const fields = Array.from(frame.contentDocument.querySelectorAll("input, select, progress, .wide"));
  seen.unnamed = fields.filter((f) => !f.labels?.length && !f.ariaLabel).map((f) => f.id);
  seen.focus = frame.contentDocument.activeElement.id;
  seen.csv = await (await fetch(at("download").href)).text();
  seen.file = at("download").download;
  seen.status = at("file-status").textContent;
  const root = frame.contentDocument.documentElement;
  seen.overflow = root.scrollWidth - root.clientWidth;
  const dropped = new frame.contentWindow.DataTransfer();
  dropped.items.add(new File(["Nowak\n\n"], "dropped.lst"));
  const drop = new frame.contentWindow.DragEvent("drop", { dataTransfer: dropped, bubbles: true });
  at("drop").dispatchEvent(drop);
  await until(() => at("download").download.startsWith("dropped"));
  seen.dropped = at("file-status").textContent;
  seen.tables = {};
  for (const [name, { content, column }] of Object.entries(tables)) {
    const given = new frame.contentWindow.DataTransfer();
    given.items.add(new File([Uint8Array.from(content)], name));
    at("file-status").textContent = "";
    at("file").files = given.files;
    at("file").dispatchEvent(new Event("change"));
    await until(() => !/^$|^Reading|^Labelling/.test(at("file-status").textContent));
    const status = at("file-status").textContent;
    const isAsked = !at("columns").hidden;
    if (isAsked && column !== null) {
      at("column").value = column;
      at("column").dispatchEvent(new Event("change"));
      await until(() => !at("file-result").hidden);
    }
    seen.tables[name] = {
      status,
      columns: isAsked ? Array.from(at("column").options, (option) => option.textContent) : null,
      csv: at("file-result").hidden ? null : await (await fetch(at("download").href)).text(),
    };
  }
  at("name").value = "\u2603";
  at("name").dispatchEvent(new Event("input"));
  await until(() => at("explained").hidden);
  seen.refusal = at("answer").textContent;
  return seen;
}

async function everything() {
  const { names, explained, texts, tables } = await (await fetch("names.json")).json();
  const predictor = await loadPredictor();
  const found = { answers: await predictor.classify(names), explanations: [] };
  for (const name of explained) found.explanations.push(await predictor.explain(name));
  found.normalised = texts.map((text) => predictor.normalise(text));
  found.seen = await page(tables);
  return found;
}

const found = await everything().catch((error) => ({ error: String(error.stack ?? error) }));
await fetch("result", { method: "POST", body: JSON.stringify(found) });
