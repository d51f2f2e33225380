// A map of dots on which the labels of a name glow.

const SVG = "http://www.w3.org/2000/svg";

export function drawLand(map, land) {
  map.setAttribute("viewBox", `-1 -1 ${land[0].length + 1} ${land.length + 1}`);
  const dots = land.flatMap((row, y) =>
    Array.from(row, (cell, x) => (cell === "#" ? `M${x} ${y}h0` : "")),
  );
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("class", "land");
  path.setAttribute("d", dots.join(""));
  const glow = document.createElementNS(SVG, "g");
  map.replaceChildren(path, glow);
}

export function showPlaces(map, ranked, homes) {
  const circles = ranked.toReversed().flatMap(({ label, probability }) =>
    homes[label].dots.flatMap(([x, y]) => [
      circle(x, y, 0.8 + 3 * Math.sqrt(probability), "halo"),
      circle(x, y, 0.5 + 0.9 * Math.sqrt(probability), "home"),
    ]),
  );
  map.lastChild.replaceChildren(...circles);
}

function circle(x, y, radius, className) {
  const made = document.createElementNS(SVG, "circle");
  for (const [name, value] of Object.entries({ cx: x, cy: y, r: radius, class: className })) {
    made.setAttribute(name, value);
  }
  return made;
}

// [region, probability], most probable first.
export function regionsOf(ranked, homes) {
  const sums = new Map();
  for (const { label, probability } of ranked) {
    const { region } = homes[label];
    sums.set(region, (sums.get(region) ?? 0) + probability);
  }
  return [...sums].sort((a, b) => b[1] - a[1]);
}
