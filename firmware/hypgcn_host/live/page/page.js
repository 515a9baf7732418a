"use strict";
// Skeletons, answers and a time line of `hypgcn live`. Everything that is kept is bounded: people of the last frames,
// answers of the last minute.

const MINUTE = 60;
const FORGET = 2; // seconds after which somebody who is not in any frame leaves the picture
const MAX_ROWS = 8;

const { colour, fit, drawBody } = typeof module === "undefined" ? Skeleton : require("./skeleton.js");

/** State of the page: takes messages, knows what is to be drawn. */
class View {
  constructor() {
    this.start = { classes: [], bones: [], up: true, network: "" };
    this.frame = { time: 0, people: {}, labels: {} };
    this.answers = new Map(); // by person: the latest answer
    this.line = []; // {time, people, label, number}
    this.latency = null;
    this.error = "";
  }

  take(message) {
    if (message.kind === "start") {
      Object.assign(this, new View());
      this.start = message;
    } else if (message.kind === "frame") {
      if (message.time < this.frame.time - FORGET) this.restart();
      this.frame = message;
      for (const [person, answer] of this.answers) {
        if (message.time - answer.time > FORGET) this.answers.delete(person);
      }
      this.trim(message.time);
    } else if (message.error) {
      this.error = message.error;
    } else if (message.left) {
      for (const person of message.left) this.answers.delete(String(person));
    } else if (message.best) {
      this.latency = message.latency_ms;
      for (const person of message.people) this.answers.set(String(person), message);
      this.line.push({ time: message.time, people: message.people.map(String), label: message.label,
        number: message.class });
      this.trim(message.time);
    }
  }

  restart() {
    this.answers.clear();
    this.line = [];
  }

  trim(now) {
    let gone = 0;
    while (gone < this.line.length && now - this.line[gone].time > MINUTE) gone += 1;
    if (gone) this.line.splice(0, gone);
    if (this.line.length > 20000) this.line.splice(0, this.line.length - 20000);
  }

  /** People of the time line, those of the latest answers first. */
  rows() {
    const seen = new Set();
    for (let k = this.line.length - 1; k >= 0 && seen.size < MAX_ROWS; k -= 1) {
      for (const person of this.line[k].people) seen.add(person);
    }
    return [...seen].sort().slice(0, MAX_ROWS);
  }
}

function drawScene(view, canvas) {
  const pen = canvas.getContext("2d");
  pen.clearRect(0, 0, canvas.width, canvas.height);
  const place = fit(Object.values(view.frame.people), canvas.width, canvas.height, view.start.up);
  const count = view.start.classes.length;
  pen.font = "18px system-ui, sans-serif";
  for (const [person, body] of Object.entries(view.frame.people)) {
    const answer = view.answers.get(person);
    const ink = answer && answer.class !== null ? colour(answer.class, count) : "#888";
    const top = drawBody(pen, body, view.start.bones, place, { ink: () => ink });
    if (top) {
      const text = answer ? answer.label || "no action" : "";
      pen.fillStyle = ink;
      pen.fillText(`${person}  ${text}`, Math.min(top[0], canvas.width - 200), Math.max(20, top[1] - 12));
    }
  }
}

function drawLine(view, canvas) {
  const pen = canvas.getContext("2d");
  pen.clearRect(0, 0, canvas.width, canvas.height);
  const rows = view.rows();
  const now = Math.max(view.frame.time, view.line.length ? view.line[view.line.length - 1].time : 0);
  const height = Math.min(40, canvas.height / Math.max(1, rows.length));
  const x = (time) => canvas.width * (1 - (now - time) / MINUTE);
  const last = new Map();
  for (const entry of view.line) {
    for (const person of entry.people) {
      const row = rows.indexOf(person);
      if (row < 0) continue;
      const from = last.has(person) && entry.time - last.get(person) < 1 ? last.get(person) : entry.time - 0.03;
      last.set(person, entry.time);
      if (entry.number === null) continue;
      pen.fillStyle = colour(entry.number, view.start.classes.length);
      pen.fillRect(x(from), row * height + 2, Math.max(1, x(entry.time) - x(from) + 0.5), height - 4);
    }
  }
  pen.fillStyle = "#888";
  pen.font = "14px system-ui, sans-serif";
  rows.forEach((person, row) => pen.fillText(person, 4, row * height + height / 2 + 5));
}

function fillTable(view, body, page) {
  const rows = Object.keys(view.frame.people).map((person) => {
    const answer = view.answers.get(person);
    const row = page.createElement("tr");
    const next = answer && answer.best.length > 1 ? answer.best.find((entry) => entry[0] !== answer.label) : null;
    const cells = [person, answer ? answer.label || "no action" : "", answer ? `${Math.round(100 * answer.probability)} %` : "",
      next ? `${next[0]} ${Math.round(100 * next[1])} %` : "", view.frame.labels[person] || ""];
    for (const text of cells) {
      const cell = page.createElement("td");
      cell.textContent = text;
      row.append(cell);
    }
    return row;
  });
  body.replaceChildren(...rows);
}

function fillLegend(view, list, page) {
  list.replaceChildren(...view.start.classes.map((name, number) => {
    const item = page.createElement("li");
    item.textContent = name;
    item.style.setProperty("--colour", colour(number, view.start.classes.length));
    return item;
  }));
}

/** Connect the page; `host` gives what a browser has, so that a test can give something else. */
function run(host) {
  const page = host.document;
  const get = (name) => page.getElementById(name);
  const view = new View();
  let changed = true;

  function draw() {
    if (changed) {
      changed = false;
      drawScene(view, get("scene"));
      drawLine(view, get("line"));
      fillTable(view, get("people"), page);
      get("latency").textContent = view.latency === null ? "" :
        `${view.latency.toFixed(1)} ms from the last frame to the answer`;
      get("error").textContent = view.error;
    }
    host.requestAnimationFrame(draw);
  }

  function connect() {
    const socket = new host.WebSocket(`ws://${host.location.host}/socket`);
    socket.onopen = () => { get("state").textContent = "live"; };
    socket.onmessage = (event) => {
      const message = JSON.parse(event.data);
      view.take(message);
      changed = true;
      if (message.kind === "start") {
        get("network").textContent = message.network;
        fillLegend(view, get("legend"), page);
      }
    };
    socket.onclose = () => {
      get("state").textContent = "the stream has ended, or the connection is lost; trying again";
      host.setTimeout(connect, 2000);
    };
  }

  connect();
  draw();
  return view;
}

if (typeof module === "undefined") {
  run(window);
} else {
  module.exports = { View, run };
}
