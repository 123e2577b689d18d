"use strict";
const MOST = 5; // classes in the bars
const form = document.getElementById("ask"), list = document.getElementById("answers"), input = form.querySelector("input");

function add(parent, name, text = "") {
  const made = parent.appendChild(document.createElement(name));
  made.textContent = text;
  return made;
}

function show(file, answer) {
  const item = add(list, "li"), picture = add(item, "img"), words = add(item, "div");
  picture.alt = "";
  picture.src = URL.createObjectURL(file);
  picture.onload = () => URL.revokeObjectURL(picture.src);
  picture.onerror = () => picture.removeAttribute("src"); // the browser does not show it, and the model may
  add(add(words, "div"), "small", file.name);
  if (answer.error) return add(words, "span", answer.error);
  const share = value => (100 * value).toFixed(1) + " %";
  add(words, "strong", answer.label + (answer.accepted ? "" : ` (${form.dataset.unsure})`));
  const ordered = Object.entries(answer.probabilities).sort((a, b) => b[1] - a[1]).slice(0, MOST);
  for (const [name, value] of ordered) {
    const bar = add(words, "div");
    bar.className = "bar";
    add(bar, "span", name);
    add(bar, "meter").value = value;
    bar.lastChild.ariaLabel = name;
    add(bar, "span", share(value));
  }
  for (const sentence of answer.unlike) add(words, "p", sentence);
}

form.onsubmit = event => event.preventDefault();
input.onchange = async () => {
  const files = [...input.files], body = new FormData();
  for (const file of files) body.append("files", file);
  list.replaceChildren();
  if (!files.length) return;
  try {
    const said = await (await fetch("/predict", {method: "POST", body})).json();
    if (said.error) add(list, "li", said.error);
    else said.answers.forEach((answer, place) => show(files[place], answer));
  } catch {
    add(list, "li", form.dataset.failed);
  }
};
